//! Viva: infrastructure.

pub mod providers;

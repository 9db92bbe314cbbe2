//! Viva: infrastructure.

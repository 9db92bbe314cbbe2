//! Viva: fakes.

//! Viva: e2e.

//! Viva: api.

//! Viva: frontend.

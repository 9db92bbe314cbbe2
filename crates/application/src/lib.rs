//! Viva: application.

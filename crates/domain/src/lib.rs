//! Viva: domain.

//! Viva: presentation.

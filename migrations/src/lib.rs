//! Viva: migrations.

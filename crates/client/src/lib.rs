//! Viva: client.

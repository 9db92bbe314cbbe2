//! Viva: protocol.

//! Viva: audio.

//! The cascade: speech to text, a language model, text to speech.

mod pieces;

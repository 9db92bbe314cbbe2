//! Cuts the text of a language model, as it streams in, into pieces for a voice.

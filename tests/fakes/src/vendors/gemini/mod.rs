//! Google Gemini.

pub mod live;

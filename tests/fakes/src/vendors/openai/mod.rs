//! OpenAI.

pub mod realtime;

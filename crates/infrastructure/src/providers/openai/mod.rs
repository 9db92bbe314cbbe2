//! OpenAI: one folder per role.

mod chat;

pub use chat::OpenAiLanguageModel;
//! OpenAI, and servers that speak as it does.

pub mod transcription;

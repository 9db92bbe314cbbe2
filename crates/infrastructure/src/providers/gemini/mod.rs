//! Gemini: one folder per role.

mod chat;

pub use chat::GeminiLanguageModel;

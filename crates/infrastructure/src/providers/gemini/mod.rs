//! Gemini: one folder per role.

mod address;
mod chat;
mod live;

pub use chat::GeminiLanguageModel;
pub use live::GeminiRealtimeVoice;

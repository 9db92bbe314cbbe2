//! OpenAI, and servers that speak as it does: one folder per role.

mod chat;
mod transcription;

pub use chat::OpenAiLanguageModel;
pub use transcription::OpenAiSpeechToText;

//! OpenAI: one folder per role.

mod chat;
mod speech;

pub use chat::OpenAiLanguageModel;
pub use speech::OpenAiTextToSpeech;

//! OpenAI, and servers that speak as it does: one folder per role.

mod chat;
pub mod realtime;
mod speech;
mod transcription;

pub use chat::OpenAiLanguageModel;
pub use speech::OpenAiTextToSpeech;
pub use transcription::OpenAiSpeechToText;

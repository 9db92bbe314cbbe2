//! OpenAI, and servers that speak as it does: one folder per role.

mod chat;
mod key_call;
pub mod realtime;
mod speech;
mod transcription;

pub use chat::OpenAiLanguageModel;
pub(super) use key_call::key_call;
pub use speech::OpenAiTextToSpeech;
pub use transcription::OpenAiSpeechToText;

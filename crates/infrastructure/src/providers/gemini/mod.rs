//! Gemini: one folder per role.

mod address;
mod chat;
mod key_call;
mod live;
mod voice;

use reqwest::header::HeaderName;

pub use chat::GeminiLanguageModel;
pub(super) use key_call::key_call;
pub use live::GeminiRealtimeVoice;
pub use voice::GeminiTextToSpeech;

/// In a header, never in the address: addresses are logged.
const KEY: HeaderName = HeaderName::from_static("x-goog-api-key");

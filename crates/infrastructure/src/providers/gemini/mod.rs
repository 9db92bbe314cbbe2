//! Gemini: one folder per role.

mod address;
mod chat;
mod key_call;
mod live;
mod voice;

use reqwest::header::HeaderName;

pub use chat::GeminiLanguageModel;
#[cfg(feature = "fuzzing")]
pub(super) use chat::fuzzed as fuzzed_chat;
pub(super) use key_call::key_call;
pub use live::GeminiRealtimeVoice;
#[cfg(feature = "fuzzing")]
pub(super) use live::fuzzed as fuzzed_live;
pub use voice::GeminiTextToSpeech;
#[cfg(feature = "fuzzing")]
pub(super) use voice::fuzzed as fuzzed_voice;

/// In a header, never in the address: addresses are logged.
const KEY: HeaderName = HeaderName::from_static("x-goog-api-key");

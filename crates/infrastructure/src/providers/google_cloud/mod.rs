//! Google Cloud's speech, over REST and with an API key.
//!
//! The base URL is the host of speech-to-text, `https://speech.googleapis.com`, or a regional one,
//! `https://eu-speech.googleapis.com`; `host.rs` says where that leads.

mod host;
mod key;
mod key_call;
mod recognize;
mod voice;

pub(super) use self::key_call::key_call;
pub use self::recognize::GoogleCloudSpeechToText;
#[cfg(feature = "fuzzing")]
pub(super) use self::recognize::fuzzed as fuzzed_transcript;
pub use self::voice::GoogleTextToSpeech;
#[cfg(feature = "fuzzing")]
pub(super) use self::voice::{fuzzed as fuzzed_speech, fuzzed_list};

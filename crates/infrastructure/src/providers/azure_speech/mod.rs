//! Azure's Speech service.
//!
//! The base URL is what the portal calls the endpoint: that of a region, `https://<region>.api.cognitive.microsoft.com`, of
//! a resource with a name of its own, `https://<resource>.cognitiveservices.azure.com`, or a container's. `host.rs` says
//! where that leads.

mod frame;
mod host;
mod key;
mod key_call;
mod recognition;
mod voice;

pub(super) use self::key_call::key_call;
pub use self::recognition::AzureSpeechToText;
#[cfg(feature = "fuzzing")]
pub(super) use self::recognition::fuzzed;
pub use self::voice::AzureTextToSpeech;
#[cfg(feature = "fuzzing")]
pub(super) use self::voice::fuzzed_list;

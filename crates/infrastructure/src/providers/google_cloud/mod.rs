//! Google Cloud's speech services, with an API key.
//!
//! The base URL is that of one of the services (`https://texttospeech.googleapis.com`), or of a region's; the other ones are
//! found by their names. Any other address is taken as it is.

mod key_call;
mod place;
mod voice;

use reqwest::header::HeaderName;

pub(super) use self::key_call::key_call;
pub use self::voice::GoogleTextToSpeech;

/// In a header, never in the address: addresses are logged.
const KEY: HeaderName = HeaderName::from_static("x-goog-api-key");
/// The vendor's own hosts, where nothing goes without a key.
const DOMAIN: &str = "googleapis.com";

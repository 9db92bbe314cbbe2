//! Azure's speech service.
//!
//! The base URL names the region, as the portal shows it (`https://<region>.api.cognitive.microsoft.com`), or the resource
//! (`https://<resource>.cognitiveservices.azure.com`). Any other address is taken as it is.

mod key_call;
mod place;
mod voice;

use reqwest::header::HeaderName;

pub(super) use self::key_call::key_call;
pub use self::voice::AzureTextToSpeech;

const KEY: HeaderName = HeaderName::from_static("ocp-apim-subscription-key");

//! The answer of `GET /cognitiveservices/voices/list`.

use serde::Deserialize;

use crate::providers::transport::lenient;

#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct VoiceList {
    #[serde(deserialize_with = "lenient::list")]
    pub(super) voices: Vec<ListedVoice>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListedVoice {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) short_name: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) display_name: Option<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) gender: Option<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) locale: Option<String>,
}

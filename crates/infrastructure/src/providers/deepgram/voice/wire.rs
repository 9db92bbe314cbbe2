//! The messages of `/v1/speak` and `/v2/speak`, and the answer of `/v1/models`.

use serde::{Deserialize, Serialize};

use crate::providers::transport::lenient;

/// `POST /v1/speak`.
#[derive(Debug, Serialize)]
pub(super) struct SpeakBody<'a> {
    pub(super) text: &'a str,
}

/// To `/v2/speak`.
#[derive(Debug, Serialize)]
#[serde(tag = "type")]
pub(super) enum Order<'a> {
    Speak { text: &'a str },
    Flush,
}

/// From `/v2/speak`, apart from audio.
#[derive(Debug, Deserialize)]
pub(super) struct Message {
    #[serde(default, rename = "type", deserialize_with = "lenient::or_default")]
    pub(super) kind: String,
    #[serde(default, deserialize_with = "lenient::code")]
    pub(super) code: Option<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) description: String,
}

/// What `GET /v1/models` answers, as far as it is about voices.
#[derive(Debug, Deserialize)]
pub(super) struct ModelList {
    #[serde(default, deserialize_with = "lenient::list")]
    pub(super) tts: Vec<ListedModel>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ListedModel {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) canonical_name: String,
    #[serde(default, deserialize_with = "lenient::list")]
    pub(super) languages: Vec<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) metadata: Metadata,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Metadata {
    #[serde(default, deserialize_with = "lenient::list")]
    pub(super) tags: Vec<String>,
}

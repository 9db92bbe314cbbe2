//! `POST /v1/text:synthesize`, and the answer of `GET /v1/voices`.

use serde::{Deserialize, Serialize};

use crate::providers::transport::lenient;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SynthesizeRequest<'a> {
    pub(super) input: Input<'a>,
    pub(super) voice: Voice<'a>,
    pub(super) audio_config: AudioConfig,
}

#[derive(Debug, Serialize)]
pub(super) struct Input<'a> {
    pub(super) text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) prompt: Option<&'a str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Voice<'a> {
    pub(super) language_code: &'a str,
    pub(super) name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) model_name: Option<&'a str>,
}

/// What is left out is as the voice is.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AudioConfig {
    pub(super) audio_encoding: &'static str,
    pub(super) sample_rate_hertz: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) speaking_rate: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pitch: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) volume_gain_db: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SynthesizeResponse {
    /// A WAV file in base64.
    #[serde(default)]
    pub(super) audio_content: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct VoiceList {
    #[serde(default, deserialize_with = "lenient::list")]
    pub(super) voices: Vec<ListedVoice>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListedVoice {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "lenient::list")]
    pub(super) language_codes: Vec<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) ssml_gender: Option<String>,
}

//! The vendor's messages.

use serde::Serialize;

/// `POST /v1/text-to-speech/{voice}/stream`.
#[derive(Serialize)]
pub(super) struct SpeechBody<'a> {
    pub(super) text: &'a str,
    pub(super) model_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) language_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) previous_text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) voice_settings: Option<VoiceSettings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seed: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) apply_text_normalization: Option<&'static str>,
}

/// What is left out is as the voice's owner set it.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub(super) struct VoiceSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stability: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) similarity_boost: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) style: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) use_speaker_boost: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) speed: Option<f64>,
}

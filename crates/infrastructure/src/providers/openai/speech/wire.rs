//! The vendor's messages.

use serde::Serialize;

/// `POST /v1/audio/speech`.
#[derive(Serialize)]
pub(super) struct SpeechBody<'a> {
    pub(super) model: &'a str,
    pub(super) input: &'a str,
    pub(super) voice: &'a str,
    pub(super) response_format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) instructions: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) speed: Option<f64>,
}

//! `POST /TTS/Speech`.

use serde::Serialize;

#[derive(Debug, Serialize)]
pub(super) struct SpeechBody<'a> {
    pub(super) version: &'a str,
    pub(super) text: &'a str,
    pub(super) speaker: &'a str,
    pub(super) style: &'a str,
    pub(super) speed: f64,
    pub(super) pitch_shift: i32,
    pub(super) style_weight: f64,
    pub(super) breath_pause: f64,
}

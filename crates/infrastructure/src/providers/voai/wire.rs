//! `POST /TTS/Speech`, and the answer of `GET /TTS/GetSpeaker`.

use serde::{Deserialize, Serialize};

use crate::providers::transport::lenient;

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

#[derive(Debug, Deserialize)]
pub(super) struct SpeakerList {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) data: Speakers,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Speakers {
    #[serde(default, deserialize_with = "lenient::list")]
    pub(super) models: Vec<Model>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Model {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) info: ModelInfo,
    #[serde(default, deserialize_with = "lenient::list")]
    pub(super) speakers: Vec<Speaker>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct ModelInfo {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) version: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Speaker {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) gender: String,
}

//! The vendor's messages.

use serde::{Deserialize, Serialize};

use crate::providers::transport::lenient;

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

/// To `wss://…/v1/text-to-speech/{voice}/multi-stream-input`, in this order: each text has a context of its own.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Order<'a> {
    Begin {
        /// A single space.
        text: &'static str,
        context_id: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        voice_settings: Option<VoiceSettings>,
    },
    Say {
        /// Ends with a space.
        text: String,
        context_id: &'a str,
        flush: bool,
    },
    /// What was flushed is spoken to its end.
    End {
        context_id: &'a str,
        close_context: bool,
    },
}

/// What the socket says.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ServerMessage {
    #[serde(deserialize_with = "lenient::or_default")]
    context_id: Option<String>,
    /// The same in the other spelling; both may be there.
    #[serde(rename = "context_id", deserialize_with = "lenient::or_default")]
    snake_context_id: Option<String>,
    /// In base64.
    #[serde(deserialize_with = "lenient::or_default")]
    pub(super) audio: Option<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub(super) is_final: bool,
    #[serde(deserialize_with = "lenient::or_default")]
    pub(super) alignment: Option<Alignment>,
    #[serde(deserialize_with = "lenient::code")]
    pub(super) error: Option<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub(super) message: String,
}

/// When which character is spoken, in milliseconds from the beginning of the piece.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Alignment {
    pub(super) chars: Vec<String>,
    pub(super) char_start_times_ms: Vec<f64>,
    pub(super) char_durations_ms: Vec<f64>,
}

/// What `GET /v1/voices` answers.
#[derive(Debug, Deserialize)]
pub(super) struct VoiceList {
    #[serde(default, deserialize_with = "lenient::list")]
    pub(super) voices: Vec<ListedVoice>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ListedVoice {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) voice_id: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) name: Option<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) labels: Labels,
}

/// What its owner says of a voice.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Labels {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) gender: Option<String>,
}

impl ServerMessage {
    /// Which context it is about.
    pub(super) fn context(&self) -> Option<&str> {
        self.context_id.as_deref().or(self.snake_context_id.as_deref())
    }
}

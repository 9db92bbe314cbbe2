//! The messages of `wss://api.cartesia.ai/tts/websocket`, and the answer of `GET /voices`.

use serde::{Deserialize, Serialize};

use crate::providers::transport::lenient;

/// A text that is to be spoken.
#[derive(Debug, Serialize)]
pub(super) struct SpeakOrder<'a> {
    pub(super) context_id: &'a str,
    pub(super) model_id: &'a str,
    pub(super) transcript: &'a str,
    pub(super) voice: Voice<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) language: Option<&'a str>,
    /// Nothing more follows in this context.
    #[serde(rename = "continue")]
    pub(super) goes_on: bool,
    pub(super) output_format: OutputFormat,
    pub(super) add_timestamps: bool,
    /// Whether words are named as they are spoken, with numbers written out, and not as they were sent.
    pub(super) use_normalized_timestamps: bool,
    /// How long the vendor waits for more of the text.
    pub(super) max_buffer_delay_ms: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) generation_config: Option<&'a GenerationConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pronunciation_dict_id: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub(super) struct Voice<'a> {
    pub(super) mode: &'static str,
    pub(super) id: &'a str,
}

#[derive(Debug, Serialize)]
pub(super) struct OutputFormat {
    pub(super) container: &'static str,
    pub(super) encoding: &'static str,
    pub(super) sample_rate: u32,
}

/// What is left out is as the voice is.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub(super) struct GenerationConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) speed: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) volume: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) emotion: Option<String>,
}

/// What the vendor says.
#[derive(Debug, Deserialize)]
pub(super) struct ServerMessage {
    #[serde(default, rename = "type", deserialize_with = "lenient::or_default")]
    pub(super) kind: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) context_id: Option<String>,
    /// Audio in base64.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) data: Option<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) word_timestamps: Option<WordTimestamps>,
    #[serde(default, deserialize_with = "lenient::count")]
    pub(super) status_code: Option<u64>,
    #[serde(default, deserialize_with = "lenient::code")]
    pub(super) error_code: Option<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) title: Option<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) message: Option<String>,
}

/// When which word is spoken, in seconds from the beginning of the context.
#[derive(Debug, Deserialize)]
pub(super) struct WordTimestamps {
    pub(super) words: Vec<String>,
    pub(super) start: Vec<f64>,
    pub(super) end: Vec<f64>,
}

/// What `GET /voices` answers.
#[derive(Debug, Deserialize)]
pub(super) struct VoicePage {
    #[serde(default, deserialize_with = "lenient::list")]
    pub(super) data: Vec<ListedVoice>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) has_more: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct ListedVoice {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) id: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) name: Option<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) language: Option<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) gender: Option<String>,
}

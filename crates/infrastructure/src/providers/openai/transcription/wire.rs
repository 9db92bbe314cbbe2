//! OpenAI's messages about transcripts. Fields that nobody needs are left out; unknown messages are read as such.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::providers::transport::lenient;

/// The answer about a file that is not streamed.
#[derive(Deserialize)]
pub(super) struct Transcription {
    /// Of what nobody understood some servers send none.
    pub(super) text: Option<String>,
}

/// An event of an answer that is streamed.
#[derive(Deserialize)]
#[serde(tag = "type")]
pub(super) enum FileEvent {
    #[serde(rename = "transcript.text.delta")]
    Delta { delta: String },
    #[serde(rename = "transcript.text.done")]
    Done { text: Option<String> },
    #[serde(other)]
    Unknown,
}

/// To a transcription session.
#[derive(Serialize)]
#[serde(tag = "type")]
pub(super) enum ClientEvent<'a> {
    #[serde(rename = "session.update")]
    Update { event_id: &'a str, session: Session<'a> },
    #[serde(rename = "input_audio_buffer.append")]
    Append { audio: String },
    #[serde(rename = "input_audio_buffer.commit")]
    Commit { event_id: String },
    #[serde(rename = "input_audio_buffer.clear")]
    Clear,
}

#[derive(Serialize)]
pub(super) struct Session<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) audio: SessionAudio<'a>,
}

#[derive(Serialize)]
pub(super) struct SessionAudio<'a> {
    pub(super) input: Input<'a>,
}

#[derive(Serialize)]
pub(super) struct Input<'a> {
    pub(super) format: Format,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) noise_reduction: Option<NoiseReduction>,
    pub(super) transcription: Model<'a>,
    /// `null` leaves ending utterances to us; without the field the server would do it.
    pub(super) turn_detection: Option<()>,
}

#[derive(Serialize)]
pub(super) struct Format {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) rate: u32,
}

#[derive(Serialize)]
pub(super) struct NoiseReduction {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
}

#[derive(Serialize)]
pub(super) struct Model<'a> {
    #[serde(rename = "model")]
    pub(super) id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) language: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) prompt: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub(super) keywords: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) delay: Option<&'static str>,
}

/// From a transcription session.
#[derive(Deserialize)]
#[serde(tag = "type")]
pub(super) enum ServerEvent {
    #[serde(rename = "session.created")]
    Created,
    #[serde(rename = "session.updated")]
    Updated,
    #[serde(rename = "input_audio_buffer.committed")]
    Committed { item_id: String },
    #[serde(rename = "conversation.item.input_audio_transcription.delta")]
    Delta {
        item_id: String,
        #[serde(default, deserialize_with = "lenient::or_default")]
        delta: Option<String>,
    },
    #[serde(rename = "conversation.item.input_audio_transcription.completed")]
    Completed {
        item_id: String,
        /// Of what nobody understood some servers send none.
        #[serde(default, deserialize_with = "lenient::or_default")]
        transcript: Option<String>,
    },
    #[serde(rename = "conversation.item.input_audio_transcription.failed")]
    Failed {
        item_id: String,
        #[serde(default)]
        error: Value,
    },
    #[serde(rename = "error")]
    Error {
        #[serde(default)]
        error: Value,
    },
    #[serde(other)]
    Unknown,
}

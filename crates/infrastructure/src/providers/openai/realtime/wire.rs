//! The messages of OpenAI's Realtime API (GA), as they are on the wire. One JSON object per text frame, both ways; audio is
//! base64 in them. What is not known here is ignored.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::providers::transport::lenient;

/// To the provider. An error that a message causes names its `event_id`.
#[derive(Clone, PartialEq, Serialize)]
pub(super) struct ClientEvent {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) event_id: Option<String>,
    #[serde(flatten)]
    pub(super) kind: ClientEventKind,
}

#[derive(Clone, PartialEq, Serialize)]
#[serde(tag = "type")]
pub(super) enum ClientEventKind {
    #[serde(rename = "session.update")]
    UpdateSession { session: Box<Session> },
    #[serde(rename = "input_audio_buffer.append")]
    AppendAudio { audio: String },
    #[serde(rename = "input_audio_buffer.commit")]
    CommitAudio,
    #[serde(rename = "conversation.item.create")]
    CreateItem {
        #[serde(skip_serializing_if = "Option::is_none")]
        previous_item_id: Option<String>,
        item: NewItem,
    },
    #[serde(rename = "conversation.item.truncate")]
    TruncateItem {
        item_id: String,
        content_index: u32,
        audio_end_ms: u64,
    },
    #[serde(rename = "conversation.item.delete")]
    DeleteItem { item_id: String },
    #[serde(rename = "response.create")]
    CreateResponse { response: NewResponse },
    #[serde(rename = "response.cancel")]
    CancelResponse {
        #[serde(skip_serializing_if = "Option::is_none")]
        response_id: Option<String>,
    },
}

#[derive(Clone, PartialEq, Serialize)]
pub(super) struct Session {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) instructions: String,
    pub(super) output_modalities: [&'static str; 1],
    pub(super) audio: SessionAudio,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reasoning: Option<Reasoning>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_output_tokens: Option<u32>,
}

#[derive(Clone, PartialEq, Serialize)]
pub(super) struct SessionAudio {
    pub(super) input: InputAudio,
    pub(super) output: OutputAudio,
}

/// `None` is sent as `null`, which turns the thing off.
#[derive(Clone, PartialEq, Serialize)]
pub(super) struct InputAudio {
    pub(super) format: AudioFormat,
    pub(super) noise_reduction: Option<NoiseReduction>,
    pub(super) transcription: Option<Transcription>,
    pub(super) turn_detection: Option<TurnDetection>,
}

#[derive(Clone, PartialEq, Serialize)]
pub(super) struct OutputAudio {
    pub(super) format: AudioFormat,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) voice: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) speed: Option<f64>,
}

#[derive(Clone, PartialEq, Serialize)]
pub(super) struct AudioFormat {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) rate: u32,
}

#[derive(Clone, PartialEq, Serialize)]
pub(super) struct NoiseReduction {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
}

#[derive(Clone, PartialEq, Serialize)]
pub(super) struct Transcription {
    pub(super) model: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) language: Option<String>,
}

#[derive(Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum TurnDetection {
    ServerVad {
        #[serde(skip_serializing_if = "Option::is_none")]
        threshold: Option<f64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        prefix_padding_ms: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        silence_duration_ms: Option<u32>,
        create_response: bool,
        interrupt_response: bool,
    },
    SemanticVad {
        #[serde(skip_serializing_if = "Option::is_none")]
        eagerness: Option<&'static str>,
        create_response: bool,
        interrupt_response: bool,
    },
}

#[derive(Clone, PartialEq, Serialize)]
pub(super) struct Reasoning {
    pub(super) effort: &'static str,
}

#[derive(Clone, PartialEq, Serialize)]
pub(super) struct NewItem {
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) role: &'static str,
    pub(super) content: [NewContent; 1],
}

#[derive(Clone, PartialEq, Serialize)]
pub(super) struct NewContent {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) text: String,
}

#[derive(Clone, PartialEq, Serialize)]
pub(super) struct NewResponse {
    pub(super) metadata: Metadata,
}

/// Comes back with the response that it was asked for with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Metadata {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) viva_request: Option<String>,
}

/// From the provider. Names of the beta dialect that self-hosted servers still use are understood too.
#[derive(Deserialize)]
#[serde(tag = "type")]
pub(super) enum ServerEvent {
    #[serde(rename = "session.created")]
    SessionCreated {
        #[serde(default, deserialize_with = "lenient::or_default")]
        session: ShownSession,
    },
    #[serde(rename = "session.updated")]
    SessionUpdated,
    #[serde(rename = "error")]
    Error { error: ErrorBody },
    #[serde(rename = "input_audio_buffer.speech_started")]
    SpeechStarted,
    #[serde(rename = "input_audio_buffer.speech_stopped")]
    SpeechStopped,
    #[serde(rename = "input_audio_buffer.committed")]
    Committed { item_id: String },
    #[serde(rename = "conversation.item.input_audio_transcription.delta")]
    TranscriptDelta {
        item_id: String,
        #[serde(default, deserialize_with = "lenient::or_default")]
        delta: Option<String>,
    },
    #[serde(rename = "conversation.item.input_audio_transcription.completed")]
    TranscriptCompleted {
        item_id: String,
        #[serde(default, deserialize_with = "lenient::or_default")]
        transcript: Option<String>,
    },
    #[serde(rename = "conversation.item.input_audio_transcription.failed")]
    TranscriptFailed {
        item_id: String,
        #[serde(default, deserialize_with = "lenient::or_default")]
        error: Option<ErrorBody>,
    },
    #[serde(rename = "response.created")]
    ResponseCreated { response: Response },
    #[serde(rename = "response.done")]
    ResponseDone { response: Response },
    #[serde(rename = "response.output_item.added")]
    ItemAdded { response_id: String, item: Item },
    #[serde(rename = "response.output_audio.delta", alias = "response.audio.delta")]
    AudioDelta(Delta),
    #[serde(
        rename = "response.output_audio_transcript.delta",
        alias = "response.audio_transcript.delta",
        alias = "response.output_text.delta",
        alias = "response.text.delta"
    )]
    TextDelta(Delta),
    #[serde(rename = "rate_limits.updated")]
    RateLimits { rate_limits: Vec<RateLimit> },
    #[serde(other)]
    Unknown,
}

/// What a server shows of a new session, as far as that tells its dialect.
#[derive(Default, Deserialize)]
pub(super) struct ShownSession {
    #[serde(rename = "type", default, deserialize_with = "lenient::or_default")]
    pub(super) kind: Option<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) audio: Option<Value>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) input_audio_format: Option<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) modalities: Option<Vec<String>>,
}

#[derive(Deserialize)]
pub(super) struct Delta {
    pub(super) response_id: String,
    pub(super) item_id: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) content_index: Option<u32>,
    #[serde(rename = "delta")]
    pub(super) content: String,
}

#[derive(Deserialize)]
pub(super) struct Item {
    pub(super) id: String,
    #[serde(rename = "type", default, deserialize_with = "lenient::or_default")]
    pub(super) kind: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Response {
    pub(super) id: Option<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) status: Option<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) status_details: Option<StatusDetails>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) usage: Option<ResponseUsage>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) metadata: Option<Metadata>,
}

impl Response {
    /// One that ended before it was complete.
    pub(super) fn cancelled(id: String) -> Self {
        Self {
            id: Some(id),
            status: Some("cancelled".to_owned()),
            status_details: None,
            usage: None,
            metadata: None,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct StatusDetails {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) reason: Option<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) error: Option<ErrorBody>,
}

#[derive(Deserialize)]
pub(super) struct ResponseUsage {
    #[serde(default, deserialize_with = "lenient::count")]
    pub(super) input_tokens: Option<u64>,
    #[serde(default, deserialize_with = "lenient::count")]
    pub(super) output_tokens: Option<u64>,
}

#[derive(Deserialize)]
pub(super) struct ErrorBody {
    #[serde(rename = "type", default, deserialize_with = "lenient::code")]
    pub(super) kind: Option<String>,
    #[serde(default, deserialize_with = "lenient::code")]
    pub(super) code: Option<String>,
    #[serde(default, deserialize_with = "lenient::code")]
    pub(super) message: Option<String>,
    #[serde(default, deserialize_with = "lenient::code")]
    pub(super) param: Option<String>,
    #[serde(default, deserialize_with = "lenient::code")]
    pub(super) event_id: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct RateLimit {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) remaining: Option<f64>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) reset_seconds: Option<f64>,
}

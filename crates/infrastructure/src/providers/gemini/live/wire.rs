//! Messages of the Live API (`BidiGenerateContent`), as far as they are used. Unknown fields are ignored.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::providers::transport::lenient;

/// To the server: an object with one key.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum ClientMessage {
    Setup(Box<Setup>),
    RealtimeInput(RealtimeInput),
    ClientContent(ClientContent),
}

/// The first message of a connection.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Setup {
    /// `models/<id>`.
    pub(super) model: String,
    pub(super) generation_config: GenerationConfig,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) system_instruction: Option<Content>,
    pub(super) realtime_input_config: RealtimeInputConfig,
    pub(super) input_audio_transcription: Empty,
    pub(super) output_audio_transcription: Empty,
    pub(super) session_resumption: SessionResumption,
    pub(super) context_window_compression: ContextWindowCompression,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) history_config: Option<HistoryConfig>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GenerationConfig {
    pub(super) response_modalities: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) speech_config: Option<SpeechConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) thinking_config: Option<ThinkingConfig>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SpeechConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) voice_config: Option<VoiceConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) language_code: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VoiceConfig {
    pub(super) prebuilt_voice_config: PrebuiltVoiceConfig,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PrebuiltVoiceConfig {
    pub(super) voice_name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ThinkingConfig {
    pub(super) thinking_level: &'static str,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RealtimeInputConfig {
    pub(super) automatic_activity_detection: AutomaticActivityDetection,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AutomaticActivityDetection {
    pub(super) disabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) start_of_speech_sensitivity: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end_of_speech_sensitivity: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) prefix_padding_ms: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) silence_duration_ms: Option<u32>,
}

#[derive(Clone, Default, PartialEq, Serialize)]
pub(super) struct SessionResumption {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) handle: Option<String>,
}

/// The oldest turns are forgotten when the context is full; the server's limits hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContextWindowCompression {
    pub(super) sliding_window: Empty,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HistoryConfig {
    pub(super) initial_history_in_client_content: bool,
}

/// `{}`: the field being there says it all.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Empty {}

/// What the user says, as it is said.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum RealtimeInput {
    Audio(Blob),
    Text(String),
    AudioStreamEnd(bool),
    ActivityStart(Empty),
    ActivityEnd(Empty),
}

#[derive(Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Blob {
    pub(super) mime_type: String,
    /// Base64.
    pub(super) data: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClientContent {
    pub(super) turns: Vec<Content>,
    pub(super) turn_complete: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Content {
    /// `user` or `model`; instructions have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) role: Option<&'static str>,
    pub(super) parts: [TextPart; 1],
}

#[derive(Clone, PartialEq, Serialize)]
pub(super) struct TextPart {
    pub(super) text: String,
}

/// From the server; several fields may come together.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ServerMessage {
    pub(super) setup_complete: Option<IgnoredAny>,
    pub(super) server_content: Option<ServerContent>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub(super) usage_metadata: Option<UsageMetadata>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub(super) go_away: Option<GoAway>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub(super) session_resumption_update: Option<SessionResumptionUpdate>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub(super) voice_activity: Option<VoiceActivity>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ServerContent {
    pub(super) model_turn: Option<ModelTurn>,
    pub(super) input_transcription: Option<Transcription>,
    pub(super) output_transcription: Option<Transcription>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub(super) interrupted: Option<bool>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub(super) generation_complete: Option<bool>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub(super) turn_complete: Option<bool>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub(super) turn_complete_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ModelTurn {
    pub(super) parts: Option<Vec<Part>>,
}

/// Text in a part is not spoken when audio is asked for, so it is left out here.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Part {
    pub(super) inline_data: Option<InlineData>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub(super) thought: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct InlineData {
    #[serde(deserialize_with = "lenient::or_default")]
    pub(super) mime_type: Option<String>,
    /// Base64.
    pub(super) data: Option<String>,
}

/// More text since the last one.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Transcription {
    pub(super) text: Option<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub(super) finished: Option<bool>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub(super) struct UsageMetadata {
    #[serde(rename = "promptTokenCount", deserialize_with = "lenient::count")]
    pub(super) prompt: Option<u64>,
    #[serde(rename = "responseTokenCount", deserialize_with = "lenient::count")]
    pub(super) response: Option<u64>,
    #[serde(rename = "thoughtsTokenCount", deserialize_with = "lenient::count")]
    pub(super) thoughts: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct GoAway {
    /// Seconds, as `"9.5s"`.
    #[serde(deserialize_with = "lenient::or_default")]
    pub(super) time_left: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct SessionResumptionUpdate {
    #[serde(deserialize_with = "lenient::or_default")]
    pub(super) new_handle: Option<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub(super) resumable: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct VoiceActivity {
    /// `ACTIVITY_START` or `ACTIVITY_END`.
    #[serde(deserialize_with = "lenient::or_default")]
    pub(super) voice_activity_type: Option<String>,
}

mod redacted {
    //! `Debug` without what was said and without handles: messages may be logged.

    use std::fmt;

    use super::{Blob, InlineData, SessionResumption, SessionResumptionUpdate, TextPart, Transcription};

    impl fmt::Debug for Blob {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "Blob({:?}, {} bytes)", self.mime_type, self.data.len())
        }
    }

    impl fmt::Debug for TextPart {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "TextPart({} bytes)", self.text.len())
        }
    }

    impl fmt::Debug for SessionResumption {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "SessionResumption(has a handle: {})", self.handle.is_some())
        }
    }

    impl fmt::Debug for InlineData {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let bytes = self.data.as_ref().map_or(0, String::len);
            write!(f, "InlineData({:?}, {bytes} bytes)", self.mime_type)
        }
    }

    impl fmt::Debug for Transcription {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let bytes = self.text.as_ref().map_or(0, String::len);
            write!(f, "Transcription({bytes} bytes, finished: {:?})", self.finished)
        }
    }

    impl fmt::Debug for SessionResumptionUpdate {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "SessionResumptionUpdate(resumable: {:?})", self.resumable)
        }
    }
}

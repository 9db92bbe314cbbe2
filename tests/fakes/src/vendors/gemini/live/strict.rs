//! The client's messages, as strictly as protobuf reads JSON: a field that does not exist is an error.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

/// Voices of the vendor's list.
const VOICES: [&str; 6] = ["Aoede", "Charon", "Fenrir", "Kore", "Puck", "Zephyr"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) enum ClientMessage {
    Setup(Box<Setup>),
    RealtimeInput(RealtimeInput),
    ClientContent(ClientContent),
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Setup {
    pub(super) model: String,
    generation_config: GenerationConfig,
    #[serde(default, rename = "systemInstruction")]
    _system_instruction: Option<Content>,
    #[serde(default)]
    pub(super) realtime_input_config: RealtimeInputConfig,
    #[serde(default)]
    pub(super) input_audio_transcription: Option<Empty>,
    #[serde(default)]
    pub(super) output_audio_transcription: Option<Empty>,
    #[serde(default)]
    pub(super) session_resumption: Option<SessionResumption>,
    #[serde(default, rename = "contextWindowCompression")]
    _context_window_compression: Option<Compression>,
    #[serde(default)]
    history_config: Option<HistoryConfig>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GenerationConfig {
    response_modalities: Vec<String>,
    #[serde(default)]
    temperature: Option<f64>,
    #[serde(default)]
    speech_config: Option<SpeechConfig>,
    #[serde(default)]
    thinking_config: Option<ThinkingConfig>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SpeechConfig {
    #[serde(default)]
    voice_config: Option<VoiceConfig>,
    #[serde(default)]
    language_code: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct VoiceConfig {
    prebuilt_voice_config: PrebuiltVoiceConfig,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PrebuiltVoiceConfig {
    voice_name: String,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ThinkingConfig {
    thinking_level: String,
}

#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct RealtimeInputConfig {
    pub(super) automatic_activity_detection: Detection,
}

#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Detection {
    pub(super) disabled: bool,
    start_of_speech_sensitivity: Option<String>,
    end_of_speech_sensitivity: Option<String>,
    #[serde(rename = "prefixPaddingMs")]
    _prefix_padding_ms: Option<u32>,
    pub(super) silence_duration_ms: Option<u64>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SessionResumption {
    #[serde(default)]
    pub(super) handle: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Compression {
    #[serde(rename = "slidingWindow")]
    _sliding_window: Empty,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct HistoryConfig {
    initial_history_in_client_content: bool,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Empty {}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) enum RealtimeInput {
    Audio(Blob),
    Text(String),
    AudioStreamEnd(bool),
    ActivityStart(Empty),
    ActivityEnd(Empty),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Blob {
    mime_type: String,
    data: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ClientContent {
    turns: Vec<Content>,
    pub(super) turn_complete: bool,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    #[serde(default)]
    role: Option<String>,
    /// Each `{"text": …}`.
    #[serde(rename = "parts")]
    _parts: Vec<BTreeMap<String, String>>,
}

/// Why a message is refused; the connection is closed with it.
pub(super) type Refused = String;

impl ClientMessage {
    /// Reads a message, which must have exactly one field.
    pub(super) fn read(json: &Value) -> Result<Self, Refused> {
        serde_json::from_value(json.clone()).map_err(|err| format!("Invalid JSON payload received: {err}"))
    }
}

impl Setup {
    pub(super) fn check(&self) -> Result<(), Refused> {
        let config = &self.generation_config;
        let voice = config
            .speech_config
            .as_ref()
            .and_then(|speech| speech.voice_config.as_ref());
        let voice = voice.map(|voice| voice.prebuilt_voice_config.voice_name.as_str());
        let language = config
            .speech_config
            .as_ref()
            .and_then(|speech| speech.language_code.as_ref());
        let detection = &self.realtime_input_config.automatic_activity_detection;
        let is_sensitivity = |value: &Option<String>, prefix: &str| {
            value
                .as_deref()
                .is_none_or(|value| value == format!("{prefix}_HIGH") || value == format!("{prefix}_LOW"))
        };
        require(self.model.starts_with("models/"), "model is not a resource name")?;
        require(
            config.response_modalities == ["AUDIO"],
            "modality is not supported by the model",
        )?;
        require(
            voice.is_none_or(|voice| VOICES.contains(&voice)),
            "voice is not available",
        )?;
        require(
            config
                .temperature
                .is_none_or(|value| (0.0..=2.0).contains(&value)),
            "temperature is out of range",
        )?;
        require(
            language.is_none() || !self.model.contains("native-audio"),
            "language code is not supported by the model",
        )?;
        require(
            config.thinking_config.is_none() || !self.model.ends_with("gemini-3.8-live"),
            "thinking level is not supported by the model",
        )?;
        let levels = ["MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH"];
        let level = config
            .thinking_config
            .as_ref()
            .map(|config| config.thinking_level.as_str());
        require(
            level.is_none_or(|level| levels.contains(&level)),
            "thinking level is unknown",
        )?;
        require(
            is_sensitivity(&detection.start_of_speech_sensitivity, "START_SENSITIVITY")
                && is_sensitivity(&detection.end_of_speech_sensitivity, "END_SENSITIVITY"),
            "sensitivity is unknown",
        )
    }

    /// Whether `clientContent` is for the history only.
    pub(super) fn is_of_new_generation(&self) -> bool {
        !self.model.contains("-2.")
    }

    pub(super) fn announces_history(&self) -> bool {
        self.history_config
            .as_ref()
            .is_some_and(|config| config.initial_history_in_client_content)
    }
}

impl ClientContent {
    pub(super) fn check(&self) -> Result<(), Refused> {
        let is_role = |turn: &Content| matches!(turn.role.as_deref(), Some("user" | "model"));
        require(
            self.turns.iter().all(is_role),
            "Please use a valid role: user, model.",
        )
    }
}

impl Blob {
    pub(super) fn samples(&self) -> Result<Vec<i16>, Refused> {
        require(
            self.mime_type == "audio/pcm;rate=16000",
            "mime type is not supported",
        )?;
        let bytes = STANDARD.decode(&self.data).map_err(|_| "data is not base64")?;
        let (samples, rest) = bytes.as_chunks::<2>();
        require(rest.is_empty() && !samples.is_empty(), "audio is incomplete")?;
        Ok(samples.iter().map(|pair| i16::from_le_bytes(*pair)).collect())
    }
}

pub(super) fn require(holds: bool, message: &str) -> Result<(), Refused> {
    if holds { Ok(()) } else { Err(message.to_owned()) }
}

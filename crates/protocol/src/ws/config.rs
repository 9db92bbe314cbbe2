use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

/// Which kind of stack answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// One provider hears and speaks.
    Realtime,
    /// Speech-to-text, language model, text-to-speech.
    Cascade,
    /// A mode that this version does not know; answered with `INVALID_MODE`.
    #[serde(other)]
    Unknown,
}

/// Configuration of a realtime session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RealtimeConfig {
    /// Id of the provider in the catalogue; `offline` when absent.
    #[serde(default = "offline")]
    pub realtime_provider: String,
    /// Model id; the catalogue's default when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub realtime_model: Option<String>,
    /// Voice id; the provider's default when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voice: Option<String>,
    /// BCP 47 language tag such as `en` or `zh-TW`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Provider-specific settings, checked by the provider.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub options: Map<String, Value>,
}

/// Configuration of a cascade session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CascadeConfig {
    /// Id of the speech-to-text provider.
    #[serde(default = "offline")]
    pub stt_provider: String,
    /// Speech-to-text model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stt_model: Option<String>,
    /// Language that is heard, where it is not `language`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stt_language: Option<String>,
    /// Id of the language-model provider.
    #[serde(default = "offline")]
    pub llm_provider: String,
    /// Language model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub llm_model: Option<String>,
    /// Id of the text-to-speech provider.
    #[serde(default = "offline")]
    pub tts_provider: String,
    /// Text-to-speech model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tts_model: Option<String>,
    /// Voice id of the text-to-speech provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tts_voice: Option<String>,
    /// Language that is spoken, where it is not `language`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tts_language: Option<String>,
    /// BCP 47 language tag such as `en` or `zh-TW`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Provider-specific settings, checked by the providers; each name begins with the stage that it belongs to: `stt_`,
    /// `llm_` or `tts_`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub options: Map<String, Value>,
}

fn offline() -> String {
    "offline".to_owned()
}

impl Default for RealtimeConfig {
    fn default() -> Self {
        Self {
            realtime_provider: offline(),
            realtime_model: None,
            voice: None,
            language: None,
            options: Map::new(),
        }
    }
}

impl Default for CascadeConfig {
    fn default() -> Self {
        Self {
            stt_provider: offline(),
            stt_model: None,
            stt_language: None,
            llm_provider: offline(),
            llm_model: None,
            tts_provider: offline(),
            tts_model: None,
            tts_voice: None,
            tts_language: None,
            language: None,
            options: Map::new(),
        }
    }
}

/// A mode with the configuration that belongs to it: the checked form of the fields `mode` and `config`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "mode", content = "config", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Interaction {
    /// One provider hears and speaks.
    Realtime(RealtimeConfig),
    /// Speech-to-text, language model, text-to-speech.
    Cascade(CascadeConfig),
}

/// Why `mode` and `config` do not make an [`Interaction`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidInteraction {
    /// Answered with `INVALID_MODE`.
    #[error("unknown mode; use \"realtime\" or \"cascade\"")]
    UnknownMode,
    /// Answered with `INVALID_CONFIG`.
    #[error("config does not fit the mode: {reason}")]
    Config {
        /// Which field is wrong and how.
        reason: String,
    },
}

impl Interaction {
    /// Checks that `config` is a configuration of `mode`. An absent `config` is the empty object.
    ///
    /// # Errors
    /// [`InvalidInteraction`] when the mode is unknown or a field has the wrong type.
    pub fn parse(mode: Mode, config: &Value) -> Result<Self, InvalidInteraction> {
        let empty = Value::Object(Map::new());
        let config = if config.is_null() { &empty } else { config };
        let invalid = |err: serde_json::Error| InvalidInteraction::Config {
            reason: err.to_string(),
        };
        match mode {
            Mode::Realtime => RealtimeConfig::deserialize(config)
                .map(Self::Realtime)
                .map_err(invalid),
            Mode::Cascade => CascadeConfig::deserialize(config)
                .map(Self::Cascade)
                .map_err(invalid),
            Mode::Unknown => Err(InvalidInteraction::UnknownMode),
        }
    }

    /// The mode's name.
    pub fn mode(&self) -> Mode {
        match self {
            Self::Realtime(_) => Mode::Realtime,
            Self::Cascade(_) => Mode::Cascade,
        }
    }

    /// The `config` object, as it goes into a message.
    #[expect(
        clippy::missing_panics_doc,
        reason = "strings and JSON objects always serialize"
    )]
    pub fn config(&self) -> Value {
        let config = match self {
            Self::Realtime(config) => serde_json::to_value(config),
            Self::Cascade(config) => serde_json::to_value(config),
        };
        config.expect("strings and JSON objects always serialize")
    }
}

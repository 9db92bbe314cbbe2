//! What is kept as JSON in a column.

use std::time::Duration;

use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};
use viva_domain::latency::{SessionTime, TurnMarks};
use viva_domain::sessions::{CascadeConfig, Interaction, ProviderOptions, RealtimeConfig};

use super::values::{optional_text, text};

/// The stack that a session was started with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub(crate) enum InteractionJson {
    Realtime {
        provider: String,
        model: Option<String>,
        voice: Option<String>,
        language: Option<String>,
        options: ProviderOptions,
    },
    Cascade {
        stt_provider: String,
        stt_model: Option<String>,
        llm_provider: String,
        llm_model: Option<String>,
        tts_provider: String,
        tts_model: Option<String>,
        tts_voice: Option<String>,
        language: Option<String>,
        options: ProviderOptions,
    },
}

/// Moments of a turn in microseconds on the session's clock; what is missing was not observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(default)]
#[expect(
    clippy::struct_field_names,
    reason = "JSON has no types that could carry the unit"
)]
pub(crate) struct MarksJson {
    user_audio_began_us: Option<u64>,
    speech_started_us: Option<u64>,
    speech_ended_us: Option<u64>,
    endpointed_us: Option<u64>,
    committed_us: Option<u64>,
    provider_first_audio_us: Option<u64>,
    first_audio_sent_us: Option<u64>,
    playback_started_us: Option<u64>,
    interrupted_us: Option<u64>,
    playback_stopped_us: Option<u64>,
}

impl From<&Interaction> for InteractionJson {
    fn from(interaction: &Interaction) -> Self {
        let optional = |raw: &Option<String>| optional_text(raw.as_deref());
        match interaction {
            Interaction::Realtime(config) => Self::Realtime {
                provider: text(&config.provider),
                model: optional(&config.model),
                voice: optional(&config.voice),
                language: optional(&config.language),
                options: options(&config.options),
            },
            Interaction::Cascade(config) => Self::Cascade {
                stt_provider: text(&config.stt_provider),
                stt_model: optional(&config.stt_model),
                llm_provider: text(&config.llm_provider),
                llm_model: optional(&config.llm_model),
                tts_provider: text(&config.tts_provider),
                tts_model: optional(&config.tts_model),
                tts_voice: optional(&config.tts_voice),
                language: optional(&config.language),
                options: options(&config.options),
            },
        }
    }
}

impl From<InteractionJson> for Interaction {
    fn from(json: InteractionJson) -> Self {
        match json {
            InteractionJson::Realtime {
                provider,
                model,
                voice,
                language,
                options,
            } => Self::Realtime(RealtimeConfig {
                provider,
                model,
                voice,
                language,
                options,
            }),
            InteractionJson::Cascade {
                stt_provider,
                stt_model,
                llm_provider,
                llm_model,
                tts_provider,
                tts_model,
                tts_voice,
                language,
                options,
            } => Self::Cascade(CascadeConfig {
                stt_provider,
                stt_model,
                llm_provider,
                llm_model,
                tts_provider,
                tts_model,
                tts_voice,
                language,
                options,
            }),
        }
    }
}

impl From<&TurnMarks> for MarksJson {
    fn from(marks: &TurnMarks) -> Self {
        Self {
            user_audio_began_us: written(marks.user_audio_began),
            speech_started_us: written(marks.speech_started),
            speech_ended_us: written(marks.speech_ended),
            endpointed_us: written(marks.endpointed),
            committed_us: written(marks.committed),
            provider_first_audio_us: written(marks.provider_first_audio),
            first_audio_sent_us: written(marks.first_audio_sent),
            playback_started_us: written(marks.playback_started),
            interrupted_us: written(marks.interrupted),
            playback_stopped_us: written(marks.playback_stopped),
        }
    }
}

impl From<MarksJson> for TurnMarks {
    fn from(json: MarksJson) -> Self {
        Self {
            user_audio_began: read(json.user_audio_began_us),
            speech_started: read(json.speech_started_us),
            speech_ended: read(json.speech_ended_us),
            endpointed: read(json.endpointed_us),
            committed: read(json.committed_us),
            provider_first_audio: read(json.provider_first_audio_us),
            first_audio_sent: read(json.first_audio_sent_us),
            playback_started: read(json.playback_started_us),
            interrupted: read(json.interrupted_us),
            playback_stopped: read(json.playback_stopped_us),
        }
    }
}

fn options(options: &ProviderOptions) -> ProviderOptions {
    options
        .iter()
        .map(|(name, value)| (text(name), text(value)))
        .collect()
}

fn written(time: Option<SessionTime>) -> Option<u64> {
    time.map(|time| u64::try_from(time.elapsed().as_micros()).unwrap_or(u64::MAX))
}

fn read(micros: Option<u64>) -> Option<SessionTime> {
    micros.map(Duration::from_micros).map(SessionTime::new)
}

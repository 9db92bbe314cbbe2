//! What is kept as JSON in a column.

use std::time::Duration;

use sea_orm::FromJsonQueryResult;
use serde::{Deserialize, Serialize};
use viva_domain::latency::{SessionTime, StageMarks, TurnMarks};
use viva_domain::sessions::{CascadeConfig, Interaction, ProviderConfig, ProviderOptions};
use viva_domain::turns::{Basis, InvalidPlacement, Piece, Placement};

use super::values::{optional_text, text};

/// The stack that a session was started with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub(crate) enum InteractionJson {
    Realtime(ProviderJson),
    Cascade(Box<CascadeJson>),
}

/// A provider per stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CascadeJson {
    stt: ProviderJson,
    llm: ProviderJson,
    tts: ProviderJson,
}

/// A provider in its role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProviderJson {
    provider: String,
    model: Option<String>,
    voice: Option<String>,
    language: Option<String>,
    options: ProviderOptions,
}

/// Moments of a turn in microseconds on the session's clock, but for `leading_silence_us`, which is a length; what is
/// missing was not observed.
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
    ai_was_done_us: Option<u64>,
    transcribed_us: Option<u64>,
    llm_requested_us: Option<u64>,
    llm_first_token_us: Option<u64>,
    llm_first_piece_us: Option<u64>,
    llm_done_us: Option<u64>,
    tts_requested_us: Option<u64>,
    provider_first_audio_us: Option<u64>,
    first_audio_sent_us: Option<u64>,
    playback_started_us: Option<u64>,
    leading_silence_us: Option<u64>,
    stalled_us: Option<u64>,
    interrupted_us: Option<u64>,
    playback_stopped_us: Option<u64>,
}

/// Where a recording lies in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub(crate) struct PlacementJson {
    /// Of each piece, its place in the recording and when that was on the session's clock, in microseconds.
    pieces_us: Vec<(u64, u64)>,
    is_estimated: bool,
}

impl From<&Interaction> for InteractionJson {
    fn from(interaction: &Interaction) -> Self {
        match interaction {
            Interaction::Realtime(config) => Self::Realtime(config.into()),
            Interaction::Cascade(config) => Self::Cascade(Box::new(CascadeJson {
                stt: (&config.stt).into(),
                llm: (&config.llm).into(),
                tts: (&config.tts).into(),
            })),
        }
    }
}

impl From<InteractionJson> for Interaction {
    fn from(json: InteractionJson) -> Self {
        match json {
            InteractionJson::Realtime(config) => Self::Realtime(config.into()),
            InteractionJson::Cascade(config) => Self::Cascade(Box::new(CascadeConfig {
                stt: config.stt.into(),
                llm: config.llm.into(),
                tts: config.tts.into(),
            })),
        }
    }
}

impl From<&ProviderConfig> for ProviderJson {
    fn from(config: &ProviderConfig) -> Self {
        let optional = |raw: &Option<String>| optional_text(raw.as_deref());
        Self {
            provider: text(&config.provider),
            model: optional(&config.model),
            voice: optional(&config.voice),
            language: optional(&config.language),
            options: options(&config.options),
        }
    }
}

impl From<ProviderJson> for ProviderConfig {
    fn from(json: ProviderJson) -> Self {
        Self {
            provider: json.provider,
            model: json.model,
            voice: json.voice,
            language: json.language,
            options: json.options,
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
            ai_was_done_us: written(marks.ai_was_done),
            transcribed_us: written(marks.stages.transcribed),
            llm_requested_us: written(marks.stages.llm_requested),
            llm_first_token_us: written(marks.stages.llm_first_token),
            llm_first_piece_us: written(marks.stages.llm_first_piece),
            llm_done_us: written(marks.stages.llm_done),
            tts_requested_us: written(marks.stages.tts_requested),
            provider_first_audio_us: written(marks.provider_first_audio),
            first_audio_sent_us: written(marks.first_audio_sent),
            playback_started_us: written(marks.playback_started),
            leading_silence_us: written(marks.leading_silence.map(SessionTime::new)),
            stalled_us: written(marks.stalled),
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
            ai_was_done: read(json.ai_was_done_us),
            stages: StageMarks {
                transcribed: read(json.transcribed_us),
                llm_requested: read(json.llm_requested_us),
                llm_first_token: read(json.llm_first_token_us),
                llm_first_piece: read(json.llm_first_piece_us),
                llm_done: read(json.llm_done_us),
                tts_requested: read(json.tts_requested_us),
            },
            provider_first_audio: read(json.provider_first_audio_us),
            first_audio_sent: read(json.first_audio_sent_us),
            playback_started: read(json.playback_started_us),
            leading_silence: json.leading_silence_us.map(Duration::from_micros),
            stalled: read(json.stalled_us),
            interrupted: read(json.interrupted_us),
            playback_stopped: read(json.playback_stopped_us),
        }
    }
}

impl From<&Placement> for PlacementJson {
    fn from(placement: &Placement) -> Self {
        let pieces = placement.pieces().iter();
        Self {
            pieces_us: pieces
                .map(|piece| (micros(piece.offset), micros(piece.at.elapsed())))
                .collect(),
            is_estimated: placement.basis == Basis::Estimated,
        }
    }
}

impl TryFrom<PlacementJson> for Placement {
    type Error = InvalidPlacement;

    fn try_from(json: PlacementJson) -> Result<Self, InvalidPlacement> {
        let piece = |(offset, at)| Piece {
            offset: Duration::from_micros(offset),
            at: SessionTime::new(Duration::from_micros(at)),
        };
        let basis = if json.is_estimated {
            Basis::Estimated
        } else {
            Basis::Measured
        };
        Self::new(json.pieces_us.into_iter().map(piece).collect(), basis)
    }
}

fn options(options: &ProviderOptions) -> ProviderOptions {
    options
        .iter()
        .map(|(name, value)| (text(name), text(value)))
        .collect()
}

fn written(time: Option<SessionTime>) -> Option<u64> {
    time.map(|time| micros(time.elapsed()))
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn read(micros: Option<u64>) -> Option<SessionTime> {
    micros.map(Duration::from_micros).map(SessionTime::new)
}

//! A turn is two rows: what was said, and how long it took.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use viva_domain::ids::{SessionId, TurnId};
use viva_domain::latency::{LatencyMetrics, TurnMarks};
use viva_domain::ports::BlobKey;
use viva_domain::turns::{HeardText, InterruptReason, Placement, Recording, Turn, TurnNumber, Usage};

use super::json::PlacementJson;
use super::values::{
    DamagedRow, count, damaged, micros, optional_text, read_count, read_micros, text, whole_micros,
};
use super::{conversation_turn, latency_metric};

/// The rows of one turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TurnRows {
    pub(crate) turn: conversation_turn::Model,
    pub(crate) latency: latency_metric::Model,
}

impl TurnRows {
    /// What a join returned; every turn has its latencies.
    pub(crate) fn joined(
        turn: conversation_turn::Model,
        latency: Option<latency_metric::Model>,
    ) -> Result<Self, DamagedRow> {
        let latency = latency.ok_or(damaged("turn_id"))?;
        Ok(Self { turn, latency })
    }
}

impl From<&Turn> for TurnRows {
    fn from(turn: &Turn) -> Self {
        let (user_audio, ai_audio) = (turn.user_audio.as_ref(), turn.ai_audio.as_ref());
        let usage = turn.usage.unwrap_or_default();
        let row = conversation_turn::Model {
            id: turn.id.as_uuid(),
            session_id: turn.session_id.as_uuid(),
            number: turn.number.get().into(),
            started_at: whole_micros(turn.started_at),
            ended_at: whole_micros(turn.ended_at),
            user_transcript: optional_text(turn.user_transcript.as_deref()),
            answer_heard: text(&turn.answer.heard),
            answer_unheard: text(&turn.answer.unheard),
            user_audio_key: user_audio.map(|audio| audio.key.to_string()),
            user_audio_samples: user_audio.map(|audio| count(audio.samples)),
            user_audio_rate: user_audio.map(|audio| audio.sample_rate.into()),
            user_audio_placement: user_audio.and_then(placement_json),
            user_audio_peaks: user_audio.and_then(peaks),
            ai_audio_key: ai_audio.map(|audio| audio.key.to_string()),
            ai_audio_samples: ai_audio.map(|audio| count(audio.samples)),
            ai_audio_rate: ai_audio.map(|audio| audio.sample_rate.into()),
            ai_audio_placement: ai_audio.and_then(placement_json),
            ai_audio_peaks: ai_audio.and_then(peaks),
            played_us: turn.played.map(micros),
            interruption: turn.interruption.map(|reason| reason.as_str().to_owned()),
            false_interruptions: turn.false_interruptions.into(),
            failure: optional_text(turn.failure.as_deref()),
            input_tokens: usage.input_tokens.map(count),
            output_tokens: usage.output_tokens.map(count),
            marks: (&turn.marks).into(),
        };
        Self {
            turn: row,
            latency: latency_metric::Model::of(turn.id, &turn.latency),
        }
    }
}

impl TryFrom<TurnRows> for Turn {
    type Error = DamagedRow;

    fn try_from(TurnRows { turn: row, latency }: TurnRows) -> Result<Self, DamagedRow> {
        let user_audio = RecordingColumns {
            key: row.user_audio_key,
            samples: row.user_audio_samples,
            rate: row.user_audio_rate,
            placement: row.user_audio_placement,
            peaks: row.user_audio_peaks,
        };
        let ai_audio = RecordingColumns {
            key: row.ai_audio_key,
            samples: row.ai_audio_samples,
            rate: row.ai_audio_rate,
            placement: row.ai_audio_placement,
            peaks: row.ai_audio_peaks,
        };
        let user_audio = user_audio.recording("user_audio_key", "user_audio_placement")?;
        let ai_audio = ai_audio.recording("ai_audio_key", "ai_audio_placement")?;
        Ok(Self {
            id: TurnId::from_uuid(row.id),
            session_id: SessionId::from_uuid(row.session_id),
            number: number(row.number)?,
            started_at: row.started_at,
            ended_at: row.ended_at,
            user_transcript: row.user_transcript,
            answer: HeardText {
                heard: row.answer_heard,
                unheard: row.answer_unheard,
            },
            user_audio,
            ai_audio,
            played: read_micros(row.played_us, "played_us")?,
            interruption: interruption(row.interruption.as_deref())?,
            false_interruptions: u32::try_from(row.false_interruptions)
                .map_err(|_| damaged("false_interruptions"))?,
            failure: row.failure,
            usage: usage(row.input_tokens, row.output_tokens)?,
            marks: TurnMarks::from(row.marks),
            latency: LatencyMetrics::try_from(latency)?,
        })
    }
}

fn number(value: i32) -> Result<TurnNumber, DamagedRow> {
    u16::try_from(value)
        .ok()
        .and_then(TurnNumber::new)
        .ok_or(damaged("number"))
}

/// What is kept of one recording.
struct RecordingColumns {
    key: Option<String>,
    samples: Option<i64>,
    rate: Option<i64>,
    placement: Option<PlacementJson>,
    peaks: Option<Vec<u8>>,
}

impl RecordingColumns {
    /// The recording, if there is one; the names of its columns say which one is damaged.
    fn recording(
        self,
        key_column: &'static str,
        placement_column: &'static str,
    ) -> Result<Option<Recording>, DamagedRow> {
        let (key, samples, rate) = match (self.key, self.samples, self.rate) {
            (None, None, None) => return Ok(None),
            (Some(key), Some(samples), Some(rate)) => (key, samples, rate),
            _ => return Err(damaged(key_column)),
        };
        let placement = self.placement.map(Placement::try_from).transpose();
        Ok(Some(Recording {
            key: BlobKey::parse(&key).map_err(|_| damaged(key_column))?,
            samples: read_count(samples, key_column)?,
            sample_rate: u32::try_from(rate).map_err(|_| damaged(key_column))?,
            placement: placement.map_err(|_| damaged(placement_column))?,
            peaks: self.peaks.map(Bytes::from),
        }))
    }
}

fn placement_json(recording: &Recording) -> Option<PlacementJson> {
    recording.placement.as_ref().map(PlacementJson::from)
}

fn peaks(recording: &Recording) -> Option<Vec<u8>> {
    recording.peaks.as_ref().map(|peaks| peaks.to_vec())
}

fn interruption(name: Option<&str>) -> Result<Option<InterruptReason>, DamagedRow> {
    let Some(name) = name else { return Ok(None) };
    [InterruptReason::Speech, InterruptReason::Client]
        .into_iter()
        .find(|reason| reason.as_str() == name)
        .map(Some)
        .ok_or(damaged("interruption"))
}

/// A provider that counted nothing and one that was not asked are the same.
fn usage(input: Option<i64>, output: Option<i64>) -> Result<Option<Usage>, DamagedRow> {
    let read = |value: Option<i64>, column| value.map(|value| read_count(value, column)).transpose();
    let usage = Usage {
        input_tokens: read(input, "input_tokens")?,
        output_tokens: read(output, "output_tokens")?,
    };
    Ok((usage != Usage::default()).then_some(usage))
}

//! What was recorded of a session, and where it lies in time.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{LatencyStats, Session, Turn};

/// The format of [`SessionExport`]. Its number rises when a reader of an older one would go wrong; additions do not.
pub const EXPORT_SCHEMA: &str = "viva.session/1";

/// Whose voice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum AudioSide {
    /// The person's.
    User,
    /// The AI's.
    Ai,
}

/// A part of a recording that sounded without a gap. What of a recording lies in no stretch was not heard.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AudioStretch {
    /// Where in the recording it begins, in ms.
    pub offset_ms: f64,
    /// When it began to sound, in ms since the session began.
    pub at_ms: f64,
    /// How long it sounded, in ms.
    pub length_ms: f64,
}

/// Body of `GET /interaction/sessions/{id}/peaks`: a session's waveforms in small.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionPeaks {
    /// How long a stretch of its recording each byte of `peaks` is of, in ms.
    pub window_ms: u32,
    /// From the session's beginning to the last sound of either side, in ms.
    pub length_ms: f64,
    /// All recordings, by turn, the user's first.
    pub recordings: Vec<RecordingPeaks>,
}

/// The waveform of one recording in small.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecordingPeaks {
    /// The turn.
    pub turn_id: Uuid,
    /// Its place in the session.
    pub turn_number: u16,
    /// Whose voice.
    #[serde(rename = "type")]
    pub side: AudioSide,
    /// Whether it can only be estimated where the recording lies.
    pub estimated: bool,
    /// Where it lies, in order; none of an answer that was not heard.
    pub stretches: Vec<AudioStretch>,
    /// Base64 of one byte for each window of the whole recording: 255 times the square root of its largest amplitude, so that
    /// 0 is silence and `(byte / 255)²` the amplitude. Absent when the recording is not stored (yet).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peaks: Option<String>,
}

/// Body of `GET /interaction/sessions/{id}/export?format=json`: all that is kept of a session, but for the sound.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionExport {
    /// The format, [`EXPORT_SCHEMA`].
    pub schema: String,
    /// The session.
    pub session: Session,
    /// What its providers were told, as the session says it.
    #[serde(default)]
    pub instructions: String,
    /// From the session's beginning to the last sound of either side, in ms: the length of the stereo recording.
    pub length_ms: f64,
    /// Statistics of its latencies.
    pub latency_stats: LatencyStats,
    /// Its turns, in order.
    pub turns: Vec<ExportedTurn>,
}

/// A turn with everything that is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedTurn {
    /// The turn.
    #[serde(flatten)]
    pub turn: Turn,
    /// What happened when.
    pub marks: TurnMarks,
    /// Its recordings, the user's first.
    pub recordings: Vec<ExportedRecording>,
}

/// A recording: WAV, PCM16 mono.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedRecording {
    /// Whose voice.
    #[serde(rename = "type")]
    pub side: AudioSide,
    /// Its place in the ZIP archive.
    pub file: String,
    /// Samples per second.
    pub sample_rate: u32,
    /// Its length in samples.
    pub samples: u64,
    /// Whether it can only be estimated where the recording lies.
    pub estimated: bool,
    /// Where it lies, in order.
    pub stretches: Vec<AudioStretch>,
}

/// Moments of a turn, in ms since the session began, but for `leading_silence_ms`, which is a length. What did not happen, or
/// was not observed, is absent.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct TurnMarks {
    /// First sample of the user's recording.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_audio_began_ms: Option<f64>,
    /// First voiced sample of the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speech_started_ms: Option<f64>,
    /// Last voiced sample of the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speech_ended_ms: Option<f64>,
    /// The audio arrived that decided that the turn is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpointed_ms: Option<f64>,
    /// The turn was handed to the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub committed_ms: Option<f64>,
    /// The AI finished what it had been saying when the turn was handed over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ai_was_done_ms: Option<f64>,
    /// What the user said was written down (cascade).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transcribed_ms: Option<f64>,
    /// The language model was asked (cascade).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub llm_requested_ms: Option<f64>,
    /// Its first words arrived (cascade).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub llm_first_token_ms: Option<f64>,
    /// As many of its words had arrived as are spoken at once (cascade).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub llm_first_piece_ms: Option<f64>,
    /// All of its words had arrived (cascade).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub llm_done_ms: Option<f64>,
    /// Those that are spoken at once were handed to the voice (cascade).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tts_requested_ms: Option<f64>,
    /// First audio of the answer came from the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_first_audio_ms: Option<f64>,
    /// First audio of the answer was written to the client's socket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_audio_sent_ms: Option<f64>,
    /// The client began to play the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub playback_started_ms: Option<f64>,
    /// Where in the answer its first audible sample lies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leading_silence_ms: Option<f64>,
    /// The AI was speaking, and there had been no audio of it for some time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stalled_ms: Option<f64>,
    /// The answer was cut: the first voiced sample of the interruption, or the client's request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interrupted_ms: Option<f64>,
    /// The last sample of the answer was audible, or playback was cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub playback_stopped_ms: Option<f64>,
}

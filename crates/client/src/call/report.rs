use std::fmt;

use serde::Serialize;
use uuid::Uuid;
use viva_protocol::ws::{ErrorMessage, Latency, Notice, SessionEndStatus, SessionSummary};

/// What a call was like.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CallReport {
    /// The session.
    pub session_id: Uuid,
    /// How the call ended.
    #[serde(serialize_with = "as_text")]
    pub outcome: Outcome,
    /// The turns, in order.
    pub turns: Vec<TurnReport>,
    /// How the server ended the session; `None` when it did not say.
    pub status: Option<SessionEndStatus>,
    /// The session in the server's figures; `None` when it did not say.
    pub summary: Option<SessionSummary>,
    /// What the server complained about.
    pub errors: Vec<ErrorMessage>,
    /// What the server found worth knowing.
    pub notices: Vec<Notice>,
    /// Frames of user audio that were sent.
    pub frames_sent: u64,
    /// Frames of user audio that were lost, because the network did not keep up or was away.
    pub frames_lost: u64,
    /// How often the connection broke and the session was resumed.
    pub resumed: u32,
    /// How long the call took, in ms.
    pub duration_ms: f64,
}

impl CallReport {
    /// Whether the call went as planned: no error, every question answered.
    pub fn is_success(&self) -> bool {
        self.outcome == Outcome::Completed && self.errors.is_empty()
    }

    /// The latencies of the turns that were answered and not interrupted.
    pub fn latencies(&self) -> Vec<Latency> {
        let counted = self.turns.iter().filter(|turn| !turn.interrupted);
        counted.filter_map(|turn| turn.latency).collect()
    }
}

/// One turn of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Default)]
pub struct TurnReport {
    /// From 1.
    pub turn_number: u16,
    /// What the user said, when somebody wrote it down.
    pub user_transcript: Option<String>,
    /// What the AI said; of an answer that was cut, what was heard.
    pub ai_transcript: String,
    /// Whether the answer is over: heard to its end, or cut.
    pub is_over: bool,
    /// Whether the answer was cut; not counted when the caller cut it by hanging up.
    pub interrupted: bool,
    /// The latencies, as far as the server told.
    pub latency: Option<Latency>,
    /// End of speech in the clip to the first audible sample of the answer, in ms: what this client measured by itself.
    /// `None` for clips with noise.
    pub heard_ms: Option<f64>,
    /// Samples of the answer that arrived.
    pub ai_samples: u64,
    /// Level of the answer; `None` without any audio.
    pub ai_rms_dbfs: Option<f32>,
    /// How much of the answer was audible, in ms.
    pub played_ms: f64,
    /// How often the answer stopped in the middle because its audio came too late.
    pub underruns: usize,
    /// The answer's audio, when the call was told to keep it.
    #[serde(skip)]
    pub ai_audio: Vec<i16>,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Everything was said and answered.
    Completed,
    /// The AI did not answer, or not everything.
    NoAnswer,
    /// The server failed for good.
    Failed {
        /// What it said about it.
        message: String,
    },
    /// The server ended the session by itself.
    EndedByServer(SessionEndStatus),
    /// The connection broke and the session could not be resumed.
    Lost {
        /// What is known about it.
        reason: String,
    },
    /// The call took longer than it may.
    TooLong,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Completed => f.write_str("completed"),
            Self::NoAnswer => f.write_str("the AI did not answer"),
            Self::Failed { message } => write!(f, "the session failed: {message}"),
            Self::EndedByServer(status) => {
                let status = match status {
                    SessionEndStatus::Completed => "completed",
                    SessionEndStatus::Disconnected => "disconnected",
                    SessionEndStatus::Error => "error",
                    SessionEndStatus::Superseded => "superseded by another session",
                };
                write!(f, "the server ended the session: {status}")
            }
            Self::Lost { reason } => write!(f, "the connection was lost: {reason}"),
            Self::TooLong => f.write_str("the call took too long"),
        }
    }
}

fn as_text<S: serde::Serializer>(outcome: &Outcome, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(outcome)
}

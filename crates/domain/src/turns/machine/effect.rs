use std::time::Duration;

use super::input::SessionFailure;
use crate::latency::{LatencyMetrics, SessionTime, Statistics, TurnMarks};
use crate::ports::Heard;
use crate::sessions::EndStatus;
use crate::turns::{Generation, HeardText, InterruptReason, Placement, TurnNumber, Usage};

/// What the driver must do, in this order.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Tell the client.
    Emit(Event),
    /// Tell the mode.
    Order(ModeOrder),
    /// Record the user from this moment on (less the prefix that the recorder keeps).
    TurnOpened {
        /// The turn.
        turn: TurnNumber,
        /// The first voiced sample; `None` for a turn that the AI begins.
        speech_started: Option<SessionTime>,
    },
    /// The user's side of the turn is recorded.
    UserAudioComplete {
        /// The turn.
        turn: TurnNumber,
    },
    /// The mode has not heard the turn that is open: give it what is recorded of it, and tell [`super::Input::Replayed`].
    /// What follows it hears live.
    Replay,
    /// The mode failed: find another one.
    ModeLost(SessionFailure),
    /// The conversation is over: close the mode, and store what was said.
    CloseMode,
    /// Save the turn.
    TurnFinished(Box<FinishedTurn>),
    /// What the user said in a turn that is saved became known.
    TranscriptAmended(AmendedTranscript),
}

/// What the mode is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModeOrder {
    /// The user began to speak (where the session finds turns).
    SpeechBegan {
        /// How long ago the first voiced sample was.
        ago: Duration,
    },
    /// The user may be done: make the answer ready, but say nothing of it yet. [`Self::Commit`] or [`Self::GoOn`] follows.
    Prepare,
    /// The user's turn is over: answer, in this generation. A provider that finds turns is told so after
    /// [`Self::Interrupt`], when the next turn was over by then. The driver answers with [`super::Input::Committed`].
    Commit(Generation),
    /// The user says that they are done (where the provider finds turns).
    EndTurn,
    /// The user goes on with the same turn after all: nothing that was committed or prepared is answered yet.
    GoOn {
        /// The generation from now on.
        generation: Generation,
    },
    /// Speak first, in this generation.
    Greet(Generation),
    /// Stop.
    Interrupt {
        /// The generation from now on.
        generation: Generation,
        /// How much of the answer had been heard; `None` when nothing was being said.
        heard: Option<Heard>,
    },
    /// The answer before the one that the mode was asked for last was cut, which was complete as far as the mode knows: so
    /// much of it was heard.
    CutBefore(Heard),
    /// How much was heard of the answer that [`Self::Interrupt`] or [`Self::CutBefore`] cut last, which the client told
    /// later; as long as they cut none, of the last answer that the mode was told of when it began.
    Heard(Heard),
}

/// What the client is told.
#[derive(Clone, PartialEq)]
pub enum Event {
    /// The user began to speak.
    SpeechStarted {
        /// The first voiced sample.
        at: SessionTime,
    },
    /// The user stopped speaking.
    SpeechEnded {
        /// The last voiced sample.
        at: SessionTime,
        /// First to last voiced sample.
        duration: Duration,
    },
    /// What the user said.
    UserTranscript {
        /// The turn.
        turn: TurnNumber,
        /// The whole text so far.
        text: String,
        /// Whether it can still change.
        is_final: bool,
    },
    /// What the AI said and the user heard, when the answer is over.
    AiTranscript {
        /// The turn.
        turn: TurnNumber,
        /// What was heard.
        text: String,
    },
    /// The AI begins to answer.
    ResponseStarted {
        /// The turn.
        turn: TurnNumber,
        /// When.
        at: SessionTime,
    },
    /// More text of the answer.
    TextDelta {
        /// The turn.
        turn: TurnNumber,
        /// The new piece.
        delta: String,
    },
    /// More audio of the answer, PCM16 mono at the session's output rate.
    Audio {
        /// The turn.
        turn: TurnNumber,
        /// Offset of the first sample in the answer.
        position: u64,
        /// The samples; empty when only the end is announced.
        samples: Vec<i16>,
        /// Whether the answer's audio ends here.
        is_last: bool,
    },
    /// Stop playing this turn at once.
    Interrupted {
        /// The turn.
        turn: TurnNumber,
        /// When.
        at: SessionTime,
        /// What stopped it.
        reason: InterruptReason,
    },
    /// The answer is over: heard to its end, or cut.
    ResponseEnded {
        /// The turn.
        turn: TurnNumber,
        /// What cut it.
        interruption: Option<InterruptReason>,
        /// Nothing of it was heard, and the same turn is answered again.
        repeats: bool,
        /// How often playback paused for what was no speech.
        false_interruptions: u32,
        /// What is known so far.
        latency: Box<LatencyMetrics>,
        /// What the provider counted.
        usage: Option<Usage>,
    },
    /// The parts of a turn's latency that are known, each time that one comes in before anything is heard.
    LatencyProgress {
        /// The turn.
        turn: TurnNumber,
        /// What is known so far; it has no total.
        latency: Box<LatencyMetrics>,
    },
    /// The turn's latency, after the client reported playback.
    TurnLatency {
        /// The turn.
        turn: TurnNumber,
        /// Everything that is known.
        latency: Box<LatencyMetrics>,
    },
    /// Something worth knowing; the session goes on.
    Notice(NoticeCode),
    /// An answer failed, and the session goes on; or the mode failed, and the session ends next.
    Failure {
        /// Why.
        failure: SessionFailure,
        /// Whether the session goes on.
        recoverable: bool,
    },
    /// The session is over; nothing follows.
    SessionEnded {
        /// How it ended.
        status: EndStatus,
        /// What it was like.
        summary: Summary,
    },
}

impl std::fmt::Debug for Event {
    /// Without what was said: events may be logged.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::SpeechStarted { at } => f.debug_struct("SpeechStarted").field("at", at).finish(),
            Self::SpeechEnded { at, duration } => f
                .debug_struct("SpeechEnded")
                .field("at", at)
                .field("duration", duration)
                .finish(),
            Self::UserTranscript { turn, is_final, .. } => {
                write!(f, "UserTranscript({turn}, is_final: {is_final})")
            }
            Self::AiTranscript { turn, .. } => write!(f, "AiTranscript({turn})"),
            Self::ResponseStarted { turn, at } => write!(f, "ResponseStarted({turn}, {at:?})"),
            Self::TextDelta { turn, delta } => write!(f, "TextDelta({turn}, {} bytes)", delta.len()),
            Self::Audio {
                turn,
                position,
                samples,
                is_last,
            } => {
                write!(
                    f,
                    "Audio({turn}, {} samples at {position}, is_last: {is_last})",
                    samples.len()
                )
            }
            Self::Interrupted { turn, at, reason } => write!(f, "Interrupted({turn}, {at:?}, {reason:?})"),
            Self::ResponseEnded {
                turn, interruption, ..
            } => write!(f, "ResponseEnded({turn}, {interruption:?})"),
            Self::LatencyProgress { turn, latency } => write!(f, "LatencyProgress({turn}, {latency:?})"),
            Self::TurnLatency { turn, latency } => write!(f, "TurnLatency({turn}, {latency:?})"),
            Self::Notice(code) => f.debug_tuple("Notice").field(code).finish(),
            Self::Failure { failure, recoverable } => f
                .debug_struct("Failure")
                .field("failure", failure)
                .field("recoverable", recoverable)
                .finish(),
            Self::SessionEnded { status, .. } => write!(f, "SessionEnded({status:?})"),
        }
    }
}

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoticeCode {
    /// The utterance reaches its limit soon.
    UtteranceLimitNear,
    /// The utterance reached its limit; the turn was ended.
    UtteranceLimitReached,
    /// The session ends soon because nothing happens.
    IdleLimitNear,
    /// The user's speech is too quiet to be understood well.
    MicrophoneQuiet,
    /// Audio came faster than it can be spoken and was dropped.
    AudioDropped,
    /// The audio of this turn could not be stored.
    RecordingFailed,
    /// A finished turn is not stored yet; it is kept and tried again.
    StorageDelayed,
    /// The AI is speaking, but no audio of it comes.
    AnswerStalled,
    /// After a resume: some of what was sent meanwhile is lost.
    ResumeIncomplete,
    /// A model was to be switched off by its provider before today.
    ModelRetired,
}

/// A turn as the machine knows it; the driver adds ids, wall-clock times and recordings.
#[derive(Clone, PartialEq)]
pub struct FinishedTurn {
    /// Its place in the session.
    pub number: TurnNumber,
    /// When it began.
    pub began: SessionTime,
    /// When it ended.
    pub ended: SessionTime,
    /// What the user said.
    pub user_transcript: Option<String>,
    /// What the AI said.
    pub answer: HeardText,
    /// How much of the answer's audio was heard; `None` when there was none.
    pub played: Option<Duration>,
    /// When the answer's audio was heard; `None` when there was none.
    pub placement: Option<Placement>,
    /// What cut the answer.
    pub interruption: Option<InterruptReason>,
    /// How often playback paused for what was no speech.
    pub false_interruptions: u32,
    /// Why there is no answer, or only part of one.
    pub failure: Option<SessionFailure>,
    /// What the provider counted.
    pub usage: Option<Usage>,
    /// Moments.
    pub marks: TurnMarks,
    /// Latencies.
    pub latency: LatencyMetrics,
}

impl std::fmt::Debug for FinishedTurn {
    /// Without what was said: effects may be logged.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FinishedTurn")
            .field("number", &self.number)
            .field("began", &self.began)
            .field("ended", &self.ended)
            .field("played", &self.played)
            .field("interruption", &self.interruption)
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}

/// What the user said in a turn, written down after the turn was saved.
#[derive(Clone, PartialEq, Eq)]
pub struct AmendedTranscript {
    /// The turn.
    pub turn: TurnNumber,
    /// The whole text.
    pub text: String,
}

impl std::fmt::Debug for AmendedTranscript {
    /// Without what was said: effects may be logged.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AmendedTranscript({}, {} bytes)", self.turn, self.text.len())
    }
}

/// A session in figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Number of turns.
    pub turns: u32,
    /// Start to end.
    pub duration: Duration,
    /// Turns whose answer was cut; they are not in `latency`.
    pub interrupted: u32,
    /// Statistics of the total latency; `None` when no turn has one.
    pub latency: Option<Statistics>,
}

use std::time::Duration;

use crate::latency::{ClientTime, SessionTime, Stage};
use crate::ports::SpeechMark;
use crate::sessions::EndStatus;
use crate::turns::{Generation, TurnNumber, Usage};

/// What the machine is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// The mode is open: the conversation can begin.
    Opened,
    /// Another mode is wanted in place of this one, which goes on until [`Self::ModeReplaced`] but shall not speak now. If
    /// it fails meanwhile, the other one is waited for, whatever [`OnModeFailure`] says.
    ModeLeaves,
    /// The mode that was wanted in place of this one cannot be opened: this one stays.
    ModeStays,
    /// Another mode is open in place of one that failed, left, or could not be opened at all. It counts generations from
    /// [`Generation::FIRST`]. [`Self::Replayed`] follows at once: whether it was given the audio of the turn that is open.
    ModeReplaced {
        /// Who decides with it that the user's turn is over.
        turn_taking: TurnTaking,
        /// What happens when it fails.
        on_mode_failure: OnModeFailure,
    },
    /// The client can play audio.
    ClientReady,
    /// Enough speech was heard to be sure that the user speaks. Before [`Self::Opened`] nobody listens: the driver feeds
    /// its detector from then on.
    SpeechStarted {
        /// The first voiced sample.
        at: SessionTime,
        /// The same on the client's clock, when the client stamps its audio.
        captured: Option<ClientTime>,
    },
    /// Enough silence was heard to be sure that the user's turn is over.
    SpeechEnded {
        /// The last voiced sample.
        at: SessionTime,
        /// The same on the client's clock, when the client stamps its audio.
        captured: Option<ClientTime>,
        /// When the audio (or the provider's event) arrived that decided it.
        decided: SessionTime,
    },
    /// The user is silent: the turn may be over soon. Only told when an eager mode makes its answer ready then.
    SpeechPaused,
    /// The user goes on after [`Self::SpeechPaused`].
    SpeechResumed,
    /// The turn was handed to the provider ([`super::ModeOrder::Commit`] was carried out).
    Committed,
    /// The mode was given the turn that it had not heard, or why it was not: told as soon as [`super::Effect::Replay`] was
    /// carried out, and after [`Self::ModeReplaced`].
    Replayed(Result<(), SessionFailure>),
    /// The client asks to stop the AI.
    Interrupt {
        /// How much of the answer had been heard, if the client knows.
        played: Option<Duration>,
    },
    /// Barge-in is switched on or off.
    SetBargeIn(BargeIn),
    /// The mode says something.
    Mode {
        /// The generation that it was said in.
        generation: Generation,
        /// When it arrived from the provider.
        at: SessionTime,
        /// What it says.
        what: ModeInput,
    },
    /// The first audio of a turn's answer was written to the client's socket.
    FirstAudioSent {
        /// The turn.
        turn: TurnNumber,
    },
    /// The client tells what it played.
    Playback(Playback),
    /// The client's connection is lost.
    ClientLost,
    /// The client came back.
    ClientBack,
    /// A deadline of [`super::TurnMachine::deadline`] may have passed.
    Tick,
    /// The session shall end.
    End(EndStatus),
    /// Everything that was ordered before the end is done: turns are saved, the mode is closed.
    Drained,
}

/// What the mode says.
#[derive(Clone, PartialEq)]
pub enum ModeInput {
    /// What the user said.
    UserTranscript {
        /// The whole text so far.
        text: String,
        /// Whether it can still change.
        is_final: bool,
    },
    /// The answer has come so far.
    Reached(Stage),
    /// The answer begins. A mode that was told to answer may leave it out; one that decides itself may not.
    ResponseStarted,
    /// More text of the answer.
    TextDelta(String),
    /// More audio of the answer, PCM16 mono at the session's output rate.
    Audio(Vec<i16>),
    /// How far the answer's text is spoken at a moment of its audio.
    Mark(SpeechMark),
    /// The answer is complete.
    ResponseDone(Option<Usage>),
    /// This answer failed; the conversation goes on.
    ResponseFailed(SessionFailure),
    /// The conversation cannot go on.
    Failed(SessionFailure),
}

impl std::fmt::Debug for ModeInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UserTranscript { is_final, .. } => write!(f, "UserTranscript(is_final: {is_final})"),
            Self::Reached(stage) => f.debug_tuple("Reached").field(stage).finish(),
            Self::ResponseStarted => f.write_str("ResponseStarted"),
            Self::TextDelta(delta) => write!(f, "TextDelta({} bytes)", delta.len()),
            Self::Audio(samples) => write!(f, "Audio({} samples)", samples.len()),
            Self::Mark(mark) => f.debug_tuple("Mark").field(mark).finish(),
            Self::ResponseDone(usage) => f.debug_tuple("ResponseDone").field(usage).finish(),
            Self::ResponseFailed(failure) => f.debug_tuple("ResponseFailed").field(failure).finish(),
            Self::Failed(failure) => f.debug_tuple("Failed").field(failure).finish(),
        }
    }
}

/// Why an answer or a conversation failed: for the client and the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionFailure {
    /// What kind of failure it was.
    pub kind: crate::ports::ProviderErrorKind,
    /// The id of the provider that failed; `None` when it was not one.
    pub provider: Option<String>,
    /// What happened, for people.
    pub message: String,
    /// When to try again.
    pub retry_after: Option<Duration>,
}

/// What a client tells about its playback of one answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Playback {
    /// The turn whose answer it is.
    pub turn: TurnNumber,
    /// What happened.
    pub event: PlaybackEvent,
    /// How much of the answer has been audible.
    pub played: Duration,
    /// When it happened, on the clock that stamps the user's audio.
    pub at: ClientTime,
    /// The same on the session's clock, when it can be mapped.
    pub session_at: Option<SessionTime>,
}

/// What happened to an answer's playback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaybackEvent {
    /// The answer is being heard; what was played before was silence.
    Started,
    /// A report while it plays.
    Progress,
    /// Playback stands still: the client hears what may be speech, and waits until that is known.
    Paused,
    /// It was no speech: playback goes on where it paused.
    Resumed,
    /// Playback was cut.
    Stopped,
    /// The last sample was audible.
    Finished,
}

/// Whether the user's speech stops the AI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BargeIn {
    /// It does.
    Enabled,
    /// The AI finishes; an explicit interrupt works all the same.
    Disabled,
}

/// Who decides that the user's turn is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnTaking {
    /// The session's own detector; the mode is told to answer.
    Session,
    /// The provider; it answers by itself.
    Provider,
}

/// What happens when the mode fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnModeFailure {
    /// The session ends.
    EndSession,
    /// It waits for [`Input::ModeReplaced`], and keeps the turn that is open.
    WaitForAnother,
}

/// What a session may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest utterance; the turn ends there and is answered, also when the user speaks on. The driver lets its detector
    /// begin anew then: who still speaks when the answer was heard gets the next turn.
    pub utterance: Duration,
    /// How long before that the user is warned.
    pub utterance_warning: Duration,
    /// Time without anything happening after which the session ends.
    pub idle: Duration,
    /// How long before that the user is warned.
    pub idle_warning: Duration,
    /// How long a session waits for a lost client.
    pub resume: Duration,
    /// How long the provider may take from the end of the turn to the beginning of its answer.
    pub response: Duration,
    /// How long the AI may be speaking without audio before that is told.
    pub stall: Duration,
    /// How long the AI may say nothing more of its answer, once all audio of it was played, before it is given up.
    pub gap: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            utterance: Duration::from_mins(1),
            utterance_warning: Duration::from_secs(10),
            idle: Duration::from_mins(30),
            idle_warning: Duration::from_mins(1),
            resume: Duration::from_secs(30),
            response: Duration::from_secs(30),
            stall: Duration::from_secs(2),
            gap: Duration::from_secs(10),
        }
    }
}

/// What a machine is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MachineSettings {
    /// Whether the user's speech stops the AI.
    pub barge_in: BargeIn,
    /// Who decides that the user's turn is over.
    pub turn_taking: TurnTaking,
    /// What happens when the mode fails.
    pub on_mode_failure: OnModeFailure,
    /// Whether the AI speaks first.
    pub greeting: Greeting,
    /// What the session may do.
    pub limits: Limits,
    /// Sample rate of the answers' audio in Hz.
    pub output_rate: u32,
    /// The magnitude of a sample from which on it can be heard.
    pub audible: u16,
}

/// Whether the AI speaks first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Greeting {
    /// The user begins.
    None,
    /// The AI begins, as soon as the client can play.
    WhenReady,
}

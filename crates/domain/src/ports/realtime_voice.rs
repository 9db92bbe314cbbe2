use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_channel::mpsc;

use super::{Message, ProviderError};
use crate::sessions::ProviderConfig;
use crate::turns::{Generation, Usage};

/// A provider that hears and speaks by itself. Every adapter passes `contract::realtime_voice`.
#[async_trait]
pub trait RealtimeVoice: Send + Sync {
    /// What the provider can do when it is configured so; the same for the same configuration.
    fn capabilities(&self, config: &ProviderConfig) -> RealtimeCapabilities;

    /// The configuration with defaults filled in.
    ///
    /// # Errors
    /// [`super::ProviderErrorKind::InvalidConfig`] names the field that is wrong.
    fn resolve(&self, config: &ProviderConfig) -> Result<ProviderConfig, ProviderError>;

    /// Opens a conversation. Dropping both channels closes it and leaves nothing running.
    ///
    /// # Errors
    /// [`ProviderError`] when the provider refuses or cannot be reached.
    async fn connect(&self, request: RealtimeRequest) -> Result<RealtimeSession, ProviderError>;
}

/// What a realtime provider can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RealtimeCapabilities {
    /// It finds the user's turns itself and sends [`RealtimeEventKind::SpeechStarted`] and
    /// [`RealtimeEventKind::SpeechEnded`]; otherwise the session does, with its own detector, and sends
    /// [`RealtimeCommand::Commit`].
    pub detects_turns: bool,
    /// It takes [`RealtimeCommand::Greet`].
    pub greets: bool,
    /// Sample rate of the audio that it takes, in Hz.
    pub input_rate: u32,
    /// Sample rate of the audio that it sends, in Hz.
    pub output_rate: u32,
}

/// What a conversation is opened with.
#[derive(Debug, Clone)]
pub struct RealtimeRequest {
    /// Provider, model, voice, language, options, as [`RealtimeVoice::resolve`] returned it.
    pub config: ProviderConfig,
    /// Instructions for the AI; empty when there are none.
    pub instructions: String,
    /// Which role the AI plays, for providers that answer from a script.
    pub ai_role: Option<String>,
    /// What was said before in another mode or with another provider, oldest first: the conversation goes on from there.
    pub history: Vec<Message>,
}

/// An open conversation. Both channels are bounded: a full `commands` (of [`super::WAITING_COMMANDS`]) drops user audio
/// (counted by the caller) and waits for anything else; a full `events` makes the provider wait.
#[derive(Debug)]
pub struct RealtimeSession {
    /// To the provider.
    pub commands: mpsc::Sender<RealtimeCommand>,
    /// From the provider; it ends when the provider closed the conversation.
    pub events: mpsc::Receiver<RealtimeEvent>,
}

/// To the provider.
#[derive(Clone, PartialEq)]
pub enum RealtimeCommand {
    /// User audio, PCM16 mono at the provider's input rate.
    Audio(Arc<[i16]>),
    /// The user began to speak: the first voiced sample came so long before the end of the audio sent so far. For
    /// providers that leave finding turns to the session.
    SpeechBegan {
        /// How long ago, in audio.
        ago: Duration,
    },
    /// The user's turn is over: answer. Events of the answer carry this generation. A provider that detects turns is told
    /// so only after [`Self::Interrupt`], when the turn that it found last was over by then: that one is to be answered.
    Commit(Generation),
    /// The user says that they are done, without waiting for silence. For providers that detect turns: if they heard
    /// something, they end the turn and answer it as always.
    EndTurn,
    /// Say something first, without the user having spoken.
    Greet(Generation),
    /// Stop answering. Events of what was being said carry an older generation and are dropped.
    Interrupt {
        /// From now on.
        generation: Generation,
        /// How much of the answer had been heard; `None` when nothing was being said.
        heard: Option<Heard>,
        /// How many of the conversation's events the session had taken by then. What was told later it did not know: an
        /// answer that began since is not the one that was heard, and a turn that was found since is answered all the
        /// same, in the new generation.
        taken: u64,
    },
    /// The answer to the turn before the last one was cut after it was complete: so much of it was heard. For providers
    /// that detect turns and were at the next one already; one that cannot correct what it remembers leaves it.
    CutBefore(Heard),
    /// How much was heard of the answer that [`Self::Interrupt`] or [`Self::CutBefore`] cut last, which became known later;
    /// as long as they cut none, of the last answer in the history. A provider that cannot correct what it remembers leaves
    /// it.
    Heard(Heard),
}

/// How much of an answer was heard before it was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// Length of the audio that was played.
    pub audio: Duration,
    /// Number of characters (`char`s) of the answer's text that were spoken by then, from its first that is no blank: so
    /// an answer is told to who goes on from it.
    pub chars: usize,
}

/// From the provider.
#[derive(Debug, Clone, PartialEq)]
pub struct RealtimeEvent {
    /// The generation of the newest command ([`RealtimeCommand::Commit`], `Greet`, `Interrupt`) that the provider had
    /// taken when this was said; [`Generation::FIRST`] before the first one. Words of the user that come late carry the one in
    /// which their turn was taken, so that they find it.
    pub generation: Generation,
    /// When it arrived from the provider, taken as near to the wire as possible.
    pub at: Instant,
    /// What happened.
    pub kind: RealtimeEventKind,
}

/// What a provider says.
#[derive(Clone, PartialEq)]
pub enum RealtimeEventKind {
    /// The user began to speak (providers that detect turns).
    SpeechStarted,
    /// The user's turn is over (providers that detect turns).
    SpeechEnded,
    /// What the user said.
    UserTranscript {
        /// The whole text of the turn so far: who was not answered yet goes on with the same turn.
        text: String,
        /// Whether it can still change.
        is_final: bool,
    },
    /// The answer begins.
    ResponseStarted,
    /// More text of the answer.
    TextDelta(String),
    /// More audio of the answer, PCM16 mono at the provider's output rate.
    Audio(Vec<i16>),
    /// The answer is complete.
    ResponseDone {
        /// What the provider counted.
        usage: Option<Usage>,
    },
    /// This answer failed; the conversation goes on.
    ResponseFailed(Arc<ProviderError>),
    /// The conversation cannot go on; nothing follows.
    Failed(Arc<ProviderError>),
}

impl fmt::Debug for RealtimeCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Audio(samples) => write!(f, "Audio({} samples)", samples.len()),
            Self::SpeechBegan { ago } => write!(f, "SpeechBegan({ago:?} ago)"),
            Self::EndTurn => f.write_str("EndTurn"),
            Self::Commit(generation) => f.debug_tuple("Commit").field(generation).finish(),
            Self::Greet(generation) => f.debug_tuple("Greet").field(generation).finish(),
            Self::Interrupt {
                generation,
                heard,
                taken,
            } => f
                .debug_struct("Interrupt")
                .field("generation", generation)
                .field("heard", heard)
                .field("taken", taken)
                .finish(),
            Self::CutBefore(heard) => f.debug_tuple("CutBefore").field(heard).finish(),
            Self::Heard(heard) => f.debug_tuple("Heard").field(heard).finish(),
        }
    }
}

impl fmt::Debug for RealtimeEventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SpeechStarted => f.write_str("SpeechStarted"),
            Self::SpeechEnded => f.write_str("SpeechEnded"),
            Self::UserTranscript { is_final, .. } => write!(f, "UserTranscript(is_final: {is_final})"),
            Self::ResponseStarted => f.write_str("ResponseStarted"),
            Self::TextDelta(delta) => write!(f, "TextDelta({} bytes)", delta.len()),
            Self::Audio(samples) => write!(f, "Audio({} samples)", samples.len()),
            Self::ResponseDone { usage } => f.debug_struct("ResponseDone").field("usage", usage).finish(),
            Self::ResponseFailed(err) => f.debug_tuple("ResponseFailed").field(err).finish(),
            Self::Failed(err) => f.debug_tuple("Failed").field(err).finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_not_logged() {
        let kinds = [
            RealtimeEventKind::UserTranscript {
                text: "secret".to_owned(),
                is_final: true,
            },
            RealtimeEventKind::TextDelta("secret".to_owned()),
            RealtimeEventKind::Audio(vec![4_321; 3]),
        ];
        assert_eq!(
            kinds.map(|kind| format!("{kind:?}")),
            [
                "UserTranscript(is_final: true)",
                "TextDelta(6 bytes)",
                "Audio(3 samples)"
            ]
        );
        let command = RealtimeCommand::Audio([4_321; 3].into());
        assert_eq!(format!("{command:?}"), "Audio(3 samples)");
    }
}

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_channel::mpsc;

use super::ProviderError;
use crate::sessions::ProviderConfig;

/// A provider that writes down what it hears. Every adapter passes `contract::speech_to_text`.
#[async_trait]
pub trait SpeechToText: Send + Sync {
    /// What the provider can do when it is configured so; the same for the same configuration.
    fn capabilities(&self, config: &ProviderConfig) -> SpeechToTextCapabilities;

    /// The configuration with defaults filled in.
    ///
    /// # Errors
    /// [`super::ProviderErrorKind::InvalidConfig`] names the field that is wrong.
    fn resolve(&self, config: &ProviderConfig) -> Result<ProviderConfig, ProviderError>;

    /// Opens the ears for a whole conversation, with a configuration that [`SpeechToText::resolve`] returned. Dropping
    /// both channels closes the connection and leaves nothing running.
    ///
    /// # Errors
    /// [`ProviderError`] when the provider refuses or cannot be reached.
    async fn connect(&self, config: ProviderConfig) -> Result<SpeechToTextSession, ProviderError>;
}

/// What a speech-to-text provider can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpeechToTextCapabilities {
    /// It finds the user's turns itself: it sends [`SpeechToTextEventKind::SpeechStarted`], and each
    /// [`SpeechToTextEventKind::Final`] ends a turn. Otherwise the session finds them and sends
    /// [`SpeechToTextCommand::Finalize`].
    pub detects_turns: bool,
    /// It hears while the user speaks; otherwise it is sent whole utterances.
    pub streams: bool,
    /// Sample rate of the audio that it takes, in Hz.
    pub input_rate: u32,
    /// How long a [`SpeechToTextCommand::Finalize`] may take to be answered. Whoever waits longer waits in vain. It is less
    /// than [`crate::turns::Limits::response`], in which the user's turn must be answered.
    pub answers_within: Duration,
}

/// An open pair of ears. Both channels are bounded: a full `commands` (of [`super::WAITING_COMMANDS`]) drops user audio
/// (counted by the caller) and waits for anything else; a full `events` makes the provider wait.
#[derive(Debug)]
pub struct SpeechToTextSession {
    /// To the provider.
    pub commands: mpsc::Sender<SpeechToTextCommand>,
    /// From the provider; it ends when the provider closed the connection.
    pub events: mpsc::Receiver<SpeechToTextEvent>,
}

/// To the provider.
#[derive(Clone, PartialEq)]
pub enum SpeechToTextCommand {
    /// User audio, PCM16 mono at the provider's input rate: everything that the microphone hears, also silence.
    Audio(Arc<[i16]>),
    /// The user began to speak: the first voiced sample came so long before the end of the audio sent so far. What was
    /// sent before is no speech; a provider that is sent whole utterances need not keep it (but for a short run-up).
    SpeechBegan {
        /// How long ago, in audio.
        ago: Duration,
    },
    /// Write down what was heard, without waiting for more. Each one is answered by exactly one
    /// [`SpeechToTextEventKind::Final`] or [`SpeechToTextEventKind::FinalFailed`] with its number, in order. A provider
    /// that detects turns ends the turn that runs, if there is one.
    Finalize {
        /// Higher than that of any order before.
        number: u64,
    },
}

/// From the provider.
#[derive(Debug, Clone, PartialEq)]
pub struct SpeechToTextEvent {
    /// When it arrived from the provider, taken as near to the wire as possible.
    pub at: Instant,
    /// The number of the [`SpeechToTextCommand::Finalize`] that this answers; `None` when it answers none.
    pub answers: Option<u64>,
    /// What happened.
    pub kind: SpeechToTextEventKind,
}

/// What a provider says. Texts hold everything that was said since the last `Final`, trimmed.
#[derive(Clone, PartialEq)]
pub enum SpeechToTextEventKind {
    /// The user began to speak (providers that detect turns).
    SpeechStarted,
    /// What is understood so far; it can still change.
    Partial(String),
    /// The user may be done (providers that detect turns); [`Self::Final`] or [`Self::SpeechResumed`] follows.
    EagerFinal(String),
    /// The user goes on after all (providers that detect turns).
    SpeechResumed,
    /// What was said; empty when there was nothing to understand.
    Final(String),
    /// What was said could not be written down; the conversation goes on.
    FinalFailed(Arc<ProviderError>),
    /// The conversation cannot go on; nothing follows.
    Failed(Arc<ProviderError>),
}

impl fmt::Debug for SpeechToTextCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Audio(samples) => write!(f, "Audio({} samples)", samples.len()),
            Self::SpeechBegan { ago } => write!(f, "SpeechBegan({ago:?} ago)"),
            Self::Finalize { number } => write!(f, "Finalize({number})"),
        }
    }
}

impl fmt::Debug for SpeechToTextEventKind {
    /// Without what was said: events may be logged.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SpeechStarted => f.write_str("SpeechStarted"),
            Self::Partial(text) => write!(f, "Partial({} bytes)", text.len()),
            Self::EagerFinal(text) => write!(f, "EagerFinal({} bytes)", text.len()),
            Self::SpeechResumed => f.write_str("SpeechResumed"),
            Self::Final(text) => write!(f, "Final({} bytes)", text.len()),
            Self::FinalFailed(err) => f.debug_tuple("FinalFailed").field(err).finish(),
            Self::Failed(err) => f.debug_tuple("Failed").field(err).finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_not_logged() {
        let text = || "secret".to_owned();
        let kinds = [
            SpeechToTextEventKind::Partial(text()),
            SpeechToTextEventKind::EagerFinal(text()),
            SpeechToTextEventKind::Final(text()),
        ];
        assert_eq!(
            kinds.map(|kind| format!("{kind:?}")),
            ["Partial(6 bytes)", "EagerFinal(6 bytes)", "Final(6 bytes)"]
        );
        let command = SpeechToTextCommand::Audio([4_321; 3].into());
        assert_eq!(format!("{command:?}"), "Audio(3 samples)");
    }
}

//! The two ways to answer. Both look the same to a session: [`InteractionMode`].

mod cascade;
mod conversation;
mod factory;
mod realtime;
mod uplink;

use std::sync::Arc;
use std::time::Instant;

use futures_util::Stream;
use tracing::warn;
use viva_domain::ports::ProviderError;
use viva_domain::turns::{Generation, ModeInput, ModeOrder, SessionFailure, TurnTaking};

#[cfg(feature = "fuzzing")]
pub use cascade::pieces_of;
pub(crate) use conversation::{Conversation, kept};
pub use factory::{ModeFactory, OpenMode, OpenModeError};

use crate::meters::error_kind;

/// An open conversation with a stack. As a stream it says what happens; it ends when the stack closed the conversation.
/// Dropping it closes the conversation and leaves nothing running.
pub trait InteractionMode: Stream<Item = ModeEvent> + Send + Unpin {
    /// Who decides that the user's turn is over.
    fn turn_taking(&self) -> TurnTaking;

    /// Takes user audio, PCM16 mono at the session's input rate. Never waits: a stack that does not keep up loses the
    /// newest audio. Answers how many samples of the stack's input were lost.
    fn push_audio(&mut self, samples: &Arc<[i16]>) -> usize;

    /// Takes an order; none is ever lost.
    fn order(&mut self, order: ModeOrder);
}

/// What a stack says.
#[derive(Debug, Clone, PartialEq)]
pub struct ModeEvent {
    /// The generation that it was said in.
    pub generation: Generation,
    /// When it arrived from the provider.
    pub at: Instant,
    /// What it says.
    pub what: ModeSaid,
}

/// What a stack says: about the user's voice, or in the conversation.
#[derive(Debug, Clone, PartialEq)]
pub enum ModeSaid {
    /// The user began to speak ([`TurnTaking::Provider`]).
    SpeechStarted,
    /// The user's turn is over ([`TurnTaking::Provider`]).
    SpeechEnded,
    /// Anything else; audio is at the session's output rate.
    Said(ModeInput),
}

/// A provider's failure as the session is told of it. What caused it is for the log, and nobody knows it any more after this.
pub(crate) fn failure(err: &ProviderError) -> SessionFailure {
    warn!(
        event = "provider.failed",
        provider.name = err.provider,
        error.kind = error_kind(&err.kind),
        error = err as &dyn std::error::Error,
        "A provider failed"
    );
    SessionFailure {
        kind: err.kind.clone(),
        provider: Some(err.provider.clone()),
        message: err.to_string(),
        retry_after: err.retry_after,
    }
}

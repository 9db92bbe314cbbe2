//! Speech-to-text over a WebSocket that stays open for a conversation: what the adapters share.
//!
//! A [`Dialect`] knows what a vendor says and takes; it does no I/O and waits for nothing. A `Listening` owns the connection:
//! it keeps it alive, opens it again when it breaks, and sees to it that every order is answered once. A [`Dialing`] is the
//! way to the vendor. A [`Dictation`] is most of a dialect of a vendor that is sent speech only and answers in order,
//! [`FoundTurns`] of one of a vendor that finds turns.
//!
//! A connection that breaks between utterances is opened again without a word, and what is heard meanwhile is kept. One
//! that breaks in an utterance fails that utterance. Refusals that another try does not change end the conversation.
//! Where a vendor lets no connection live for long, a new one is opened in time, and takes over between two utterances.
//!
//! Vendors without a socket get whole utterances: a [`FileDesk`] sends one, and [`listen_to_files`] does the rest.

#[cfg(test)]
pub(super) mod cases;
mod dialing;
mod dictation;
mod files;
mod held;
mod line;
mod listening;
#[cfg(test)]
pub(super) mod rig;
mod speech;
#[cfg(test)]
pub(super) mod talk;
mod text;
mod turns;
mod utterance;

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use viva_domain::ports::{ProviderError, SpeechToTextEventKind};

use super::transport::socket::Socket;
use super::transport::{Account, pcm};

pub(super) use self::dialing::{Beginning, Dialing};
pub(super) use self::dictation::{Dictation, Glue};
pub(super) use self::files::{FILE_RATE, FileDesk, FileLimits, listen_to_files};
pub(super) use self::listening::{KEEP_ALIVE, listen};
pub(super) use self::speech::SpeechOnly;
pub(super) use self::text::{join, push_within};
pub(super) use self::turns::{FoundTurns, HURRY};
pub(super) use self::utterance::Utterance;

/// How long an order may take to be answered: it may have to wait for a connection, and the vendor for a while after that.
pub(super) const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
/// Events that wait. When it is full the provider is not read any further.
pub(super) const EVENTS: usize = 32;

/// How a vendor speaks.
pub(super) trait Dialect: Send + Sync + 'static {
    /// Whether the vendor finds turns itself.
    const DETECTS_TURNS: bool;
    /// Sample rate of the audio that it takes, in Hz.
    const RATE: u32;
    /// Whether what is said about an order that was given up can be told apart from what is said about the next one.
    /// Otherwise the connection is given up with the order.
    const TELLS_ORDERS_APART: bool = true;

    /// Who we are to the vendor.
    fn account(&self) -> &Account;

    /// Opens a connection that takes audio.
    fn connect(&self) -> BoxFuture<'static, Result<Socket, ProviderError>>;

    /// The age from which on a connection should be replaced by another one; `None` where it may live for ever.
    fn longest_age(&self) -> Option<Duration> {
        None
    }

    /// The connection is gone, and with it everything that was not answered.
    fn forget(&mut self);

    /// What to send first on a connection that takes over from another one, after [`Self::forget`]: what the old one may have
    /// heard of a turn that it has not found yet.
    fn take_over(&mut self) -> Vec<Message> {
        Vec::new()
    }

    /// What to send for user audio, if it is sent now.
    fn audio(&mut self, samples: &[i16]) -> Vec<Message>;

    /// What to send as the user began to speak so long ago.
    fn began(&mut self, ago: Duration) -> Vec<Message>;

    /// What to send for an order to write down.
    fn finalize(&mut self, said: &mut Said) -> Order;

    /// The vendor took too long to answer the oldest order, or to end the turn that runs: tells what is known. What the vendor
    /// still says about it is ignored.
    fn give_up(&mut self, said: &mut Said);

    /// Takes what the vendor says.
    fn hear(&mut self, text: &str, said: &mut Said);

    /// What it means that the vendor closed the connection with a code of its own; `None` for those that mean the same
    /// everywhere.
    fn closed(_code: u16, _reason: &str, _account: &Account) -> Option<ProviderError> {
        None
    }

    /// What tells the vendor that we are still there, while it gets nothing else.
    fn keep_alive(&self) -> Option<Message>;

    /// Whether a turn runs that the vendor found.
    fn is_in_turn(&self) -> bool;
}

/// To a vendor.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Message {
    Text(String),
    Binary(Bytes),
    /// Of the WebSocket itself, for vendors that have no message to say that somebody is there.
    Ping,
}

/// What follows from an order to write down.
pub(super) struct Order {
    /// To the vendor; none when there is nothing to ask.
    pub(super) messages: Vec<Message>,
    /// How long it may take to answer.
    pub(super) wait: Duration,
}

/// What came of a vendor's message.
#[derive(Default)]
pub(super) struct Said {
    /// To the session. A final text or its failure answers the oldest order.
    pub(super) events: Vec<SpeechToTextEventKind>,
    /// Back to the vendor.
    pub(super) messages: Vec<Message>,
    /// The turn that runs has ended in this time, if only with what is known of it.
    pub(super) ends_within: Option<Duration>,
    /// Why the connection is of no use any more; whether another one is worth while follows from the kind.
    pub(super) lost: Option<ProviderError>,
}

impl Said {
    pub(super) fn event(&mut self, kind: SpeechToTextEventKind) {
        self.events.push(kind);
    }

    pub(super) fn loses(&mut self, err: ProviderError) {
        self.lost.get_or_insert(err);
    }
}

impl Message {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// PCM16, little-endian.
    pub(super) fn pcm(samples: &[i16]) -> Self {
        Self::Binary(pcm::encode(samples).into())
    }
}

/// A turn may come in one piece, which vendors get in smaller ones: of a second at 16 kHz.
pub(super) fn pieces(samples: &[i16]) -> impl Iterator<Item = &[i16]> {
    samples.chunks(16_000)
}

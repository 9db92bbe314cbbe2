//! The session finds the turns and commits them.

use std::time::Duration;

use futures_util::future::BoxFuture;
use viva_domain::ports::ProviderError;

use super::RATE;
use super::wire::{After, ServerMessage, chunk};
use crate::providers::ears::{Beginning, Dialect, Dialing, Dictation, Glue, Message, Order, Said, pieces};
use crate::providers::transport::socket::Socket;
use crate::providers::transport::{Account, errors};

/// Less is not committed, in samples, but ends the session: 300 ms. The rest is silence.
const LEAST: usize = RATE as usize * 3 / 10;

/// What was sent, and what was understood of it.
pub(super) struct Scribe {
    dialing: Dialing,
    /// How long an utterance may take to be written down.
    patience: Duration,
    dictation: Dictation,
}

impl Scribe {
    pub(super) fn new(dialing: Dialing, patience: Duration) -> Self {
        Self {
            dialing,
            patience,
            dictation: Dictation::new(RATE, Glue::ByScript),
        }
    }
}

fn send(samples: &[i16]) -> Vec<Message> {
    pieces(samples)
        .map(|piece| Message::text(chunk(piece, After::Nothing)))
        .collect()
}

impl Dialect for Scribe {
    const DETECTS_TURNS: bool = false;
    const RATE: u32 = RATE;
    const TELLS_ORDERS_APART: bool = false;

    fn account(&self) -> &Account {
        &self.dialing.account
    }

    fn connect(&self) -> BoxFuture<'static, Result<Socket, ProviderError>> {
        let dialing = self.dialing.clone();
        Box::pin(async move { dialing.greet::<Self>(None, begins).await })
    }

    fn forget(&mut self) {
        self.dictation.forget();
    }

    fn audio(&mut self, samples: &[i16]) -> Vec<Message> {
        send(self.dictation.hear(samples))
    }

    fn began(&mut self, ago: Duration) -> Vec<Message> {
        send(&self.dictation.begin(ago))
    }

    fn finalize(&mut self, said: &mut Said) -> Order {
        let sent = self.dictation.end(said);
        let commit = || {
            let silence = vec![0; LEAST.saturating_sub(sent)];
            Message::text(chunk(&silence, After::Commit))
        };
        Order {
            messages: (sent > 0).then(commit).into_iter().collect(),
            wait: self.patience,
        }
    }

    fn give_up(&mut self, said: &mut Said) {
        self.dictation.give_up(&self.dialing.account, said);
    }

    fn hear(&mut self, text: &str, said: &mut Said) {
        let message: ServerMessage = match serde_json::from_str(text) {
            Ok(message) => message,
            Err(err) => return errors::ignore(&self.account().provider, &err),
        };
        match message.kind.as_str() {
            "partial_transcript" => self.dictation.set_open(&message.text, said),
            "committed_transcript" => {
                self.dictation.add(&message.text, said);
                self.dictation.answer(said);
            }
            // There was nothing to write down.
            "insufficient_audio_activity" => self.dictation.answer(said),
            _ => {
                if let Some(err) = message.error(self.account()) {
                    said.loses(err);
                }
            }
        }
    }

    /// A chunk without audio; the WebSocket's own signs of life are not enough.
    fn keep_alive(&self) -> Option<Message> {
        Some(Message::text(chunk(&[], After::Nothing)))
    }

    fn is_in_turn(&self) -> bool {
        false
    }
}

fn begins(text: &str, account: &Account) -> Result<Beginning, ProviderError> {
    let Ok(message) = serde_json::from_str::<ServerMessage>(text) else {
        return Ok(Beginning::Waits);
    };
    match message.error(account) {
        Some(err) => Err(err),
        None if message.kind == "session_started" => Ok(Beginning::Ready),
        None => Ok(Beginning::Waits),
    }
}

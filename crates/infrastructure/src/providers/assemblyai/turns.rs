//! The vendor finds the turns.

use std::time::Duration;

use futures_util::future::BoxFuture;
use viva_domain::ports::{ProviderError, SpeechToTextEventKind};

use super::RATE;
use super::pieces::Pieces;
use super::wire::{self, FORCE_ENDPOINT, KEEP_ALIVE, ServerMessage};
use crate::providers::ears::{Beginning, Dialect, Dialing, Greeting, Message, Order, Said};
use crate::providers::transport::socket::Socket;
use crate::providers::transport::{Account, errors};

/// Where no turn runs there is no answer, and it gets so many times less; so does a better text of a turn that is over.
const HURRY: u32 = 6;
/// The vendor ends a session after three hours.
const AGE: Duration = Duration::from_mins(150);
const GREETING: Greeting = Greeting {
    begins,
    closed: wire::closed,
};

/// What was sent, and what was understood of it.
pub(super) struct Turns {
    dialing: Dialing,
    /// Whether a turn is told to be over twice, and is over the second time.
    ends_twice: bool,
    /// How long the vendor may take to end the turn that runs.
    patience: Duration,
    pieces: Pieces,
    turn: Option<Turn>,
    /// Turns up to this one are over for the session, whatever is still said about them.
    over: Option<u64>,
}

struct Turn {
    order: u64,
    text: String,
    /// It may be over; how it is written best is still to come.
    is_eager: bool,
}

impl Turns {
    pub(super) fn new(dialing: Dialing, ends_twice: bool, patience: Duration) -> Self {
        Self {
            dialing,
            ends_twice,
            patience,
            pieces: Pieces::default(),
            turn: None,
            over: None,
        }
    }

    fn on_turn(&mut self, told: &wire::TurnInfo, said: &mut Said) {
        let order = told.turn_order;
        if self.over.is_some_and(|over| order <= over) {
            return;
        }
        // The end of the one before was never told.
        if self.turn.as_ref().is_some_and(|turn| turn.order < order) {
            self.end(said);
        }
        let text = told.text();
        if self.turn.is_none() {
            // Before its first word it is none.
            if text.is_empty() {
                return;
            }
            said.event(SpeechToTextEventKind::SpeechStarted);
        }
        let turn = self.turn.get_or_insert(Turn {
            order,
            text: String::new(),
            is_eager: false,
        });
        let is_news = turn.text != text;
        turn.text.clone_from(&text);
        if !told.end_of_turn {
            if is_news && !text.is_empty() {
                said.event(SpeechToTextEventKind::Partial(text));
            }
        } else if !self.ends_twice || told.turn_is_formatted {
            self.end(said);
        } else if !std::mem::replace(&mut turn.is_eager, true) {
            said.event(SpeechToTextEventKind::EagerFinal(text));
            said.ends_within = Some(self.patience / HURRY);
        }
    }

    fn end(&mut self, said: &mut Said) {
        if let Some(turn) = self.turn.take() {
            self.over = Some(turn.order);
            said.event(SpeechToTextEventKind::Final(turn.text));
        }
    }
}

impl Dialect for Turns {
    const DETECTS_TURNS: bool = true;
    const RATE: u32 = RATE;

    fn account(&self) -> &Account {
        &self.dialing.account
    }

    fn connect(&self) -> BoxFuture<'static, Result<Socket, ProviderError>> {
        let dialing = self.dialing.clone();
        Box::pin(async move { dialing.greet(None, GREETING).await })
    }

    fn longest_age(&self) -> Option<Duration> {
        Some(AGE)
    }

    fn forget(&mut self) {
        *self = Self::new(self.dialing.clone(), self.ends_twice, self.patience);
    }

    fn audio(&mut self, samples: &[i16]) -> Vec<Message> {
        let pieces = self.pieces.push(samples);
        pieces.iter().map(|piece| Message::pcm(piece)).collect()
    }

    fn began(&mut self, _ago: Duration) -> Vec<Message> {
        Vec::new()
    }

    fn finalize(&mut self, _said: &mut Said) -> Order {
        let rest = self.pieces.flush().map(|rest| Message::pcm(&rest));
        Order {
            messages: rest.into_iter().chain([Message::text(FORCE_ENDPOINT)]).collect(),
            wait: if self.turn.is_some() {
                self.patience
            } else {
                // One may just be beginning, and if none is, there is no answer.
                self.patience / HURRY
            },
        }
    }

    fn give_up(&mut self, said: &mut Said) {
        let Some(Turn { order, text, .. }) = self.turn.take() else {
            return said.event(SpeechToTextEventKind::Final(String::new()));
        };
        self.over = Some(order);
        if text.is_empty() {
            let err = errors::unavailable(&self.account().provider, "no transcript in time");
            return said.event(SpeechToTextEventKind::FinalFailed(err.into()));
        }
        said.event(SpeechToTextEventKind::Final(text));
    }

    fn hear(&mut self, text: &str, said: &mut Said) {
        match serde_json::from_str(text) {
            Ok(ServerMessage::Turn(turn)) => self.on_turn(&turn, said),
            Ok(ServerMessage::Error(failure)) => said.loses(failure.into_error(self.account())),
            Ok(ServerMessage::Begin | ServerMessage::Unknown) => {}
            Err(err) => errors::ignore(&self.account().provider, &err),
        }
    }

    fn closed(&self, code: u16, reason: &str) -> Option<ProviderError> {
        wire::closed(code, reason, self.account())
    }

    fn keep_alive(&self) -> Option<Message> {
        Some(Message::text(KEEP_ALIVE))
    }

    fn is_in_turn(&self) -> bool {
        self.turn.is_some()
    }
}

fn begins(text: &str, account: &Account) -> Result<Beginning, ProviderError> {
    match serde_json::from_str(text) {
        Ok(ServerMessage::Begin) => Ok(Beginning::Ready),
        Ok(ServerMessage::Error(failure)) => Err(failure.into_error(account)),
        _ => Ok(Beginning::Waits),
    }
}

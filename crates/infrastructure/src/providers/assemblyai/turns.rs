//! The vendor finds the turns.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::future::BoxFuture;
use viva_domain::ports::{ProviderError, SpeechToTextEventKind};

use super::RATE;
use super::pieces::Pieces;
use super::wire::{self, FORCE_ENDPOINT, KEEP_ALIVE, ServerMessage};
use crate::providers::ears::{Beginning, Dialect, Dialing, FoundTurns, HURRY, Message, Order, Said};
use crate::providers::transport::socket::Socket;
use crate::providers::transport::{Account, errors};

/// The vendor ends a session after three hours.
const AGE: Duration = Duration::from_mins(150);

/// Of a turn that begins so much may be heard before its first word is understood, in samples: a second.
const LATEST: usize = RATE as usize;

/// What was sent, and what was understood of it.
pub(super) struct Turns {
    dialing: Dialing,
    /// Whether a turn is told to be over twice, and is over the second time.
    ends_twice: bool,
    /// How long the vendor may take to end the turn that runs.
    patience: Duration,
    pieces: Pieces,
    /// The latest audio of no turn that was found.
    latest: VecDeque<i16>,
    found: FoundTurns,
    /// A turn that is over but for how it is written best.
    prepared: Option<u64>,
}

impl Turns {
    pub(super) fn new(dialing: Dialing, ends_twice: bool, patience: Duration) -> Self {
        Self {
            dialing,
            ends_twice,
            patience,
            pieces: Pieces::default(),
            latest: VecDeque::new(),
            found: FoundTurns::default(),
            prepared: None,
        }
    }

    fn on_turn(&mut self, told: &wire::TurnInfo, said: &mut Said) {
        let order = told.turn_order;
        if self.found.is_over(order) {
            return;
        }
        // The end of the one before was never told.
        if self.found.running().is_some_and(|running| running < order) {
            self.end(said);
        }
        let text = told.text();
        // Before its first word it is none.
        if self.found.running().is_none() && text.is_empty() {
            return;
        }
        let is_news = self.found.hear(order, &text, said);
        if !told.end_of_turn {
            if is_news && !text.is_empty() {
                said.event(SpeechToTextEventKind::Partial(text));
            }
        } else if !self.ends_twice || told.turn_is_formatted || text.is_empty() {
            // Of nothing there is nothing to be written better.
            self.end(said);
        } else if self.prepared.replace(order) != Some(order) {
            said.event(SpeechToTextEventKind::EagerFinal(text));
            said.ends_within = Some(self.patience / HURRY);
        }
    }

    fn end(&mut self, said: &mut Said) {
        self.found.end(said);
        self.latest.clear();
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
        Box::pin(async move { dialing.greet::<Self>(None, begins).await })
    }

    fn longest_age(&self) -> Option<Duration> {
        Some(AGE)
    }

    fn forget(&mut self) {
        let new = Self::new(self.dialing.clone(), self.ends_twice, self.patience);
        let old = std::mem::replace(self, new);
        self.latest = old.latest;
    }

    fn take_over(&mut self) -> Vec<Message> {
        let latest = std::mem::take(&mut self.latest);
        self.audio(&Vec::from(latest))
    }

    fn audio(&mut self, samples: &[i16]) -> Vec<Message> {
        self.latest.extend(samples);
        let surplus = self.latest.len().saturating_sub(LATEST);
        self.latest.drain(..surplus);
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
            wait: self.found.wait(self.patience),
        }
    }

    fn give_up(&mut self, said: &mut Said) {
        self.found.give_up(&self.dialing.account, said);
        self.latest.clear();
    }

    fn hear(&mut self, text: &str, said: &mut Said) {
        match serde_json::from_str(text) {
            Ok(ServerMessage::Turn(turn)) => self.on_turn(&turn, said),
            Ok(ServerMessage::Error(failure)) => said.loses(failure.into_error(self.account())),
            Ok(ServerMessage::Begin | ServerMessage::Unknown) => {}
            Err(err) => errors::ignore(&self.account().provider, &err),
        }
    }

    fn closed(code: u16, reason: &str, account: &Account) -> Option<ProviderError> {
        wire::closed(code, reason, account)
    }

    fn keep_alive(&self) -> Option<Message> {
        Some(Message::text(KEEP_ALIVE))
    }

    fn is_in_turn(&self) -> bool {
        self.found.running().is_some()
    }
}

fn begins(text: &str, account: &Account) -> Result<Beginning, ProviderError> {
    match serde_json::from_str(text) {
        Ok(ServerMessage::Begin) => Ok(Beginning::Ready),
        Ok(ServerMessage::Error(failure)) => Err(failure.into_error(account)),
        _ => Ok(Beginning::Waits),
    }
}

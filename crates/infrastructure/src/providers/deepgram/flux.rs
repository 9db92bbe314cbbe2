//! `/v2/listen`: the vendor finds the turns.

use std::time::Duration;

use futures_util::future::BoxFuture;
use viva_domain::ports::{ProviderError, SpeechToTextEventKind};

use super::RATE;
use super::wire::{FORCE_END_TURN, FluxMessage, TurnEvent, TurnInfo};
use crate::providers::ears::{Dialect, Dialing, FoundTurns, Message, Order, Said};
use crate::providers::transport::socket::Socket;
use crate::providers::transport::{Account, errors};

/// The turns so far.
pub(super) struct Flux {
    dialing: Dialing,
    /// How long the vendor may take to end the turn that runs.
    patience: Duration,
    turns: FoundTurns,
}

impl Flux {
    pub(super) fn new(dialing: Dialing, patience: Duration) -> Self {
        Self {
            dialing,
            patience,
            turns: FoundTurns::default(),
        }
    }

    fn on_turn(&mut self, info: TurnInfo, said: &mut Said) {
        let TurnInfo {
            event,
            turn_index: index,
            transcript,
        } = info;
        if self.turns.is_over(index) || event == TurnEvent::Unknown {
            return;
        }
        // Between turns it tells that nothing happens.
        if self.turns.running().is_none() && event != TurnEvent::StartOfTurn {
            return;
        }
        let text = transcript.trim().to_owned();
        let is_news = self.turns.hear(index, &text, said);
        match event {
            TurnEvent::StartOfTurn | TurnEvent::Update | TurnEvent::Unknown if is_news => {
                said.event(SpeechToTextEventKind::Partial(text));
            }
            TurnEvent::StartOfTurn | TurnEvent::Update | TurnEvent::Unknown => {}
            TurnEvent::EagerEndOfTurn => said.event(SpeechToTextEventKind::EagerFinal(text)),
            TurnEvent::TurnResumed => said.event(SpeechToTextEventKind::SpeechResumed),
            TurnEvent::EndOfTurn => self.turns.end(said),
        }
    }
}

impl Dialect for Flux {
    const DETECTS_TURNS: bool = true;
    const RATE: u32 = RATE;

    fn account(&self) -> &Account {
        &self.dialing.account
    }

    fn connect(&self) -> BoxFuture<'static, Result<Socket, ProviderError>> {
        let dialing = self.dialing.clone();
        Box::pin(async move { dialing.open().await })
    }

    fn forget(&mut self) {
        *self = Self::new(self.dialing.clone(), self.patience);
    }

    fn audio(&mut self, samples: &[i16]) -> Vec<Message> {
        let is_audio = !samples.is_empty();
        is_audio.then(|| Message::pcm(samples)).into_iter().collect()
    }

    fn began(&mut self, _ago: Duration) -> Vec<Message> {
        Vec::new()
    }

    fn finalize(&mut self, _said: &mut Said) -> Order {
        Order {
            messages: vec![Message::text(FORCE_END_TURN)],
            wait: self.turns.wait(self.patience),
        }
    }

    fn give_up(&mut self, said: &mut Said) {
        self.turns.give_up(&self.dialing.account, said);
    }

    fn hear(&mut self, text: &str, said: &mut Said) {
        match serde_json::from_str(text) {
            Ok(FluxMessage::TurnInfo(info)) => self.on_turn(info, said),
            Ok(FluxMessage::Error(failure)) => said.loses(failure.into_error(self.account())),
            Ok(FluxMessage::Unknown) => {}
            Err(err) => errors::ignore(&self.account().provider, &err),
        }
    }

    /// There is no such message; a connection that ends in silence is opened again with the next audio.
    fn keep_alive(&self) -> Option<Message> {
        None
    }

    fn is_in_turn(&self) -> bool {
        self.turns.running().is_some()
    }
}

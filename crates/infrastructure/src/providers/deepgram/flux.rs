//! `/v2/listen`: the vendor finds the turns.

use std::time::Duration;

use futures_util::future::BoxFuture;
use viva_domain::ports::{ProviderError, SpeechToTextEventKind};

use super::wire::{FORCE_END_TURN, FluxMessage, TurnEvent, TurnInfo};
use super::{HURRY, RATE};
use crate::providers::ears::{Dialect, Dialing, Message, Order, Said};
use crate::providers::transport::socket::Socket;
use crate::providers::transport::{Account, errors};

/// The turn that runs.
pub(super) struct Flux {
    dialing: Dialing,
    /// How long the vendor may take to end the turn that runs.
    patience: Duration,
    turn: Option<Turn>,
    /// Turns up to this one are over for the session, whatever is still said about them.
    over: Option<u64>,
}

struct Turn {
    index: u64,
    text: String,
}

impl Flux {
    pub(super) fn new(dialing: Dialing, patience: Duration) -> Self {
        Self {
            dialing,
            patience,
            turn: None,
            over: None,
        }
    }

    fn on_turn(&mut self, info: TurnInfo, said: &mut Said) {
        let TurnInfo {
            event,
            turn_index: index,
            transcript,
        } = info;
        if self.over.is_some_and(|over| index <= over) || event == TurnEvent::Unknown {
            return;
        }
        let text = transcript.trim().to_owned();
        let is_news = match (&mut self.turn, event) {
            (None, TurnEvent::StartOfTurn) => {
                self.turn = Some(Turn {
                    index,
                    text: text.clone(),
                });
                said.event(SpeechToTextEventKind::SpeechStarted);
                !text.is_empty()
            }
            // Between turns it tells that nothing happens.
            (None, _) => return,
            (Some(turn), _) => {
                let is_news = turn.text != text;
                turn.text.clone_from(&text);
                is_news
            }
        };
        match event {
            TurnEvent::StartOfTurn | TurnEvent::Update | TurnEvent::Unknown if is_news => {
                said.event(SpeechToTextEventKind::Partial(text));
            }
            TurnEvent::StartOfTurn | TurnEvent::Update | TurnEvent::Unknown => {}
            TurnEvent::EagerEndOfTurn => said.event(SpeechToTextEventKind::EagerFinal(text)),
            TurnEvent::TurnResumed => said.event(SpeechToTextEventKind::SpeechResumed),
            TurnEvent::EndOfTurn => {
                self.turn = None;
                self.over = Some(index);
                said.event(SpeechToTextEventKind::Final(text));
            }
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
            wait: if self.turn.is_some() {
                self.patience
            } else {
                // One may just be beginning, and if none is, there is no answer.
                self.patience / HURRY
            },
        }
    }

    fn give_up(&mut self, said: &mut Said) {
        let Some(Turn { index, text }) = self.turn.take() else {
            return said.event(SpeechToTextEventKind::Final(String::new()));
        };
        self.over = Some(index);
        if text.is_empty() {
            let err = errors::unavailable(&self.account().provider, "no transcript in time");
            return said.event(SpeechToTextEventKind::FinalFailed(err.into()));
        }
        said.event(SpeechToTextEventKind::Final(text));
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
        self.turn.is_some()
    }
}

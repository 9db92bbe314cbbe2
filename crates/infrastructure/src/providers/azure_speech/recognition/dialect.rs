//! Turns of the service, one for each utterance, and one at a time.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::header::{HeaderName, HeaderValue};
use serde::de::DeserializeOwned;
use viva_audio::WavHeader;
use viva_domain::ports::{Clock, ProviderError};

use super::RATE;
use super::kept::Kept;
use super::wire::{self, CONFIG, Hypothesis, Phrase};
use crate::providers::azure_speech::frame::{Headers, Received};
use crate::providers::ears::{Dialect, Dialing, Dictation, Glue, Message, Order, Said, pieces};
use crate::providers::transport::socket::Socket;
use crate::providers::transport::{Account, errors, pcm};

const CONNECTION: HeaderName = HeaderName::from_static("x-connectionid");
const JSON: &str = "application/json";
/// So often the service may end a turn before the utterance is over.
const MOST_ENDS: u32 = 20;

/// What was sent, and what was understood of it.
pub(super) struct Recognition {
    dialing: Dialing,
    clock: Arc<dyn Clock>,
    /// What every turn begins with.
    context: String,
    /// How long an utterance may take to be written down.
    patience: Duration,
    dictation: Dictation,
    /// Whether this connection was told who speaks.
    is_configured: bool,
    turn: Option<Turn>,
    /// What waits until the turn is over: there is one at a time.
    waiting: VecDeque<Piece>,
    /// Turns of this utterance that the service ended.
    ends: u32,
}

/// A turn of the service.
struct Turn {
    id: String,
    /// All of its audio was sent.
    is_over: bool,
    kept: Kept,
}

/// A part of an utterance.
enum Piece {
    Audio(Vec<i16>),
    End,
}

impl Recognition {
    pub(super) fn new(dialing: Dialing, clock: Arc<dyn Clock>, context: String, patience: Duration) -> Self {
        Self {
            dialing,
            clock,
            context,
            patience,
            dictation: Dictation::new(RATE.hz(), Glue::ByScript),
            is_configured: false,
            turn: None,
            waiting: VecDeque::new(),
            ends: 0,
        }
    }

    /// Whether nothing can be sent before the turn is over.
    fn must_wait(&self) -> bool {
        !self.waiting.is_empty() || self.turn.as_ref().is_some_and(|turn| turn.is_over)
    }

    fn audio_of(&mut self, samples: &[i16]) -> Vec<Message> {
        if samples.is_empty() {
            return Vec::new();
        }
        if self.must_wait() {
            self.waiting.push_back(Piece::Audio(samples.to_vec()));
            return Vec::new();
        }
        self.send(samples)
    }

    /// Sends audio of the turn that runs, or begins one with it.
    fn send(&mut self, samples: &[i16]) -> Vec<Message> {
        let mut messages = Vec::new();
        let turn = self.turn.get_or_insert_with(|| {
            let id = new_id();
            let at = self.clock.now();
            let json = |path, body: &str| {
                let headers = Headers {
                    path,
                    request: &id,
                    at,
                    content_type: Some(JSON),
                };
                Message::text(headers.text(body))
            };
            if !std::mem::replace(&mut self.is_configured, true) {
                messages.push(json("speech.config", CONFIG));
            }
            messages.push(json("speech.context", &self.context));
            let header = WavHeader::new(RATE, 1).encode();
            messages.push(audio(&id, &*self.clock, Some("audio/x-wav"), &header));
            Turn {
                id,
                is_over: false,
                kept: Kept::default(),
            }
        });
        turn.kept.push(samples);
        let sent = pieces(samples).map(|piece| audio(&turn.id, &*self.clock, None, &pcm::encode(piece)));
        messages.extend(sent);
        messages
    }

    /// Ends the turn that runs. Where none does, everything is written down.
    fn end(&mut self, said: &mut Said) -> Option<Message> {
        let Some(turn) = &mut self.turn else {
            self.dictation.answer(said);
            return None;
        };
        turn.is_over = true;
        Some(audio(&turn.id, &*self.clock, None, &[]))
    }

    fn on_phrase(&mut self, phrase: &Phrase, said: &mut Said) {
        if let Some(err) = phrase.failure(&self.dialing.account) {
            return said.loses(err);
        }
        if let Some(turn) = &mut self.turn {
            turn.kept.settle(phrase.end());
        }
        self.dictation.add(phrase.text(), said);
    }

    fn on_turn_end(&mut self, said: &mut Said) {
        let Some(turn) = self.turn.take() else {
            return;
        };
        if !turn.is_over {
            return self.go_on(turn, said);
        }
        self.dictation.answer(said);
        while self.turn.as_ref().is_none_or(|turn| !turn.is_over) {
            match self.waiting.pop_front() {
                Some(Piece::Audio(samples)) => {
                    let messages = self.send(&samples);
                    said.messages.extend(messages);
                }
                Some(Piece::End) => {
                    let message = self.end(said);
                    said.messages.extend(message);
                }
                None => return,
            }
        }
    }

    /// The service ended a turn whose utterance goes on.
    fn go_on(&mut self, turn: Turn, said: &mut Said) {
        self.ends += 1;
        if self.ends > MOST_ENDS {
            let provider = &self.dialing.account.provider;
            return said.loses(errors::unavailable(provider, "it ends every turn"));
        }
        let rest = turn.kept.rest();
        if !rest.is_empty() {
            let messages = self.send(&rest);
            said.messages.extend(messages);
        }
    }

    /// The body of a message, where it is of use.
    fn body<T: DeserializeOwned>(&self, received: &Received<'_>) -> Option<T> {
        serde_json::from_str(received.body)
            .inspect_err(|err| errors::ignore(&self.dialing.account.provider, err))
            .ok()
    }
}

impl Dialect for Recognition {
    const DETECTS_TURNS: bool = false;
    const RATE: u32 = RATE.hz();
    const TELLS_ORDERS_APART: bool = false;

    fn account(&self) -> &Account {
        &self.dialing.account
    }

    fn connect(&self) -> BoxFuture<'static, Result<Socket, ProviderError>> {
        let id = HeaderValue::try_from(new_id()).ok();
        let dialing = self.dialing.clone().with(CONNECTION, id);
        Box::pin(async move { dialing.open().await })
    }

    fn forget(&mut self) {
        self.dictation.forget();
        self.is_configured = false;
        self.turn = None;
        self.waiting.clear();
        self.ends = 0;
    }

    fn audio(&mut self, samples: &[i16]) -> Vec<Message> {
        let samples = self.dictation.hear(samples);
        self.audio_of(samples)
    }

    fn began(&mut self, ago: Duration) -> Vec<Message> {
        self.ends = 0;
        let samples = self.dictation.begin(ago);
        self.audio_of(&samples)
    }

    fn finalize(&mut self, said: &mut Said) -> Order {
        let message = if self.dictation.end(said) == 0 {
            None
        } else if self.must_wait() {
            self.waiting.push_back(Piece::End);
            None
        } else {
            self.end(said)
        };
        Order {
            messages: message.into_iter().collect(),
            wait: self.patience,
        }
    }

    fn give_up(&mut self, said: &mut Said) {
        self.dictation.give_up(&self.dialing.account, said);
    }

    fn hear(&mut self, text: &str, said: &mut Said) {
        let Some(received) = Received::of(text) else {
            return;
        };
        // What is said about a turn that is over is nobody's.
        if self.turn.as_ref().is_none_or(|turn| turn.id != received.request) {
            return;
        }
        match received.path.as_str() {
            "speech.hypothesis" | "speech.fragment" => {
                if let Some(Hypothesis { text }) = self.body(&received) {
                    self.dictation.set_open(&text, said);
                }
            }
            "speech.phrase" => {
                if let Some(phrase) = self.body(&received) {
                    self.on_phrase(&phrase, said);
                }
            }
            "turn.end" => self.on_turn_end(said),
            _ => {}
        }
    }

    fn closed(code: u16, reason: &str, account: &Account) -> Option<ProviderError> {
        wire::closed(code, reason, account)
    }

    /// There is none; a connection that ends in silence is opened again with the next audio.
    fn keep_alive(&self) -> Option<Message> {
        None
    }

    fn is_in_turn(&self) -> bool {
        false
    }
}

fn audio(request: &str, clock: &dyn Clock, content_type: Option<&'static str>, body: &[u8]) -> Message {
    let headers = Headers {
        path: "audio",
        request,
        at: clock.now(),
        content_type,
    };
    Message::Binary(headers.bytes(body))
}

/// 32 hexadecimal digits.
fn new_id() -> String {
    format!("{:032x}", rand::random::<u128>())
}

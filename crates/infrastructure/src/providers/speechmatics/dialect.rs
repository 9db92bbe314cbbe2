//! The session finds the turns and orders their transcripts.

use std::time::Duration;

use futures_util::future::BoxFuture;
use viva_domain::ports::ProviderError;

use super::RATE;
use super::wire::{ForceEnd, ServerMessage, Start};
use crate::providers::ears::{Beginning, Dialect, Dialing, Dictation, Glue, Message, Order, Said, pieces};
use crate::providers::transport::socket::Socket;
use crate::providers::transport::{Account, errors};

/// What was sent, and what was understood of it.
pub(super) struct Recognition {
    dialing: Dialing,
    /// The first message of every connection.
    start: String,
    /// How long an utterance may take to be written down.
    patience: Duration,
    dictation: Dictation,
    /// Samples that this connection was sent.
    sent: usize,
}

impl Recognition {
    pub(super) fn new(dialing: Dialing, start: &Start<'_>, patience: Duration) -> Self {
        Self {
            dialing,
            start: start.json(),
            patience,
            dictation: Dictation::new(RATE, Glue::Verbatim),
            sent: 0,
        }
    }

    fn send(&mut self, samples: &[i16]) -> Vec<Message> {
        self.sent += samples.len();
        pieces(samples).map(Message::pcm).collect()
    }

    /// What this connection was sent, in seconds.
    fn seconds(&self) -> f64 {
        let ms = self.sent as u64 * 1_000 / u64::from(RATE);
        Duration::from_millis(ms).as_secs_f64()
    }
}

impl Dialect for Recognition {
    const DETECTS_TURNS: bool = false;
    const RATE: u32 = RATE;
    const TELLS_ORDERS_APART: bool = false;

    fn account(&self) -> &Account {
        &self.dialing.account
    }

    fn connect(&self) -> BoxFuture<'static, Result<Socket, ProviderError>> {
        let (dialing, start) = (self.dialing.clone(), self.start.clone());
        Box::pin(async move { dialing.introduce::<Self>(start, begins).await })
    }

    fn forget(&mut self) {
        self.dictation.forget();
        self.sent = 0;
    }

    fn audio(&mut self, samples: &[i16]) -> Vec<Message> {
        let samples = self.dictation.hear(samples);
        self.send(samples)
    }

    fn began(&mut self, ago: Duration) -> Vec<Message> {
        let samples = self.dictation.begin(ago);
        self.send(&samples)
    }

    fn finalize(&mut self, said: &mut Said) -> Order {
        let sent = self.dictation.end(said);
        let timestamp = self.seconds();
        let message = (sent > 0).then(|| Message::text(ForceEnd { timestamp }.json()));
        Order {
            messages: message.into_iter().collect(),
            wait: self.patience,
        }
    }

    fn give_up(&mut self, said: &mut Said) {
        self.dictation.give_up(&self.dialing.account, said);
    }

    fn hear(&mut self, text: &str, said: &mut Said) {
        match serde_json::from_str(text) {
            Ok(ServerMessage::AddPartialTranscript(transcript)) => {
                self.dictation.set_open(transcript.text(), said);
            }
            Ok(ServerMessage::AddTranscript(transcript)) => self.dictation.add(transcript.text(), said),
            Ok(ServerMessage::EndOfUtterance(end)) if end.is_asked_for() => self.dictation.answer(said),
            Ok(ServerMessage::Error(failure)) => said.loses(failure.into_error(self.account())),
            Ok(
                ServerMessage::RecognitionStarted | ServerMessage::EndOfUtterance(_) | ServerMessage::Unknown,
            ) => {}
            Err(err) => errors::ignore(&self.account().provider, &err),
        }
    }

    /// The protocol has no such message; the vendor looks for the WebSocket's own.
    fn keep_alive(&self) -> Option<Message> {
        Some(Message::Ping)
    }

    fn is_in_turn(&self) -> bool {
        false
    }
}

fn begins(text: &str, account: &Account) -> Result<Beginning, ProviderError> {
    match serde_json::from_str(text) {
        Ok(ServerMessage::RecognitionStarted) => Ok(Beginning::Ready),
        Ok(ServerMessage::Error(failure)) => Err(failure.into_error(account)),
        _ => Ok(Beginning::Waits),
    }
}

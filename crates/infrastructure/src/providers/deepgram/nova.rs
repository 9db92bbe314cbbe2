//! `/v1/listen`: the session finds the turns and orders their transcripts.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::future::BoxFuture;
use viva_domain::ports::{ProviderError, SpeechToTextEventKind};

use super::connection::Connection;
use super::wire::{FINALIZE, KEEP_ALIVE, NovaMessage, Results};
use super::{RATE, VENDOR};
use crate::providers::ears::{Dialect, Message, Order, Said, Transcript};
use crate::providers::transport::socket::Socket;
use crate::providers::transport::{Account, errors};

/// How long an order may take to be answered.
const WAIT: Duration = Duration::from_secs(3);
/// The same where hardly any audio is left to write down: then the vendor may not answer at all.
const SHORT_WAIT: Duration = Duration::from_millis(500);
/// So little audio, in samples, is hardly any: 100 ms.
const HARDLY_ANY: u64 = RATE as u64 / 10;

/// What was sent, and what was understood of it.
pub(super) struct Nova {
    connection: Connection,
    transcript: Transcript,
    /// Samples that this connection was sent.
    sent: u64,
    /// Samples whose transcript is final.
    settled: u64,
    orders: VecDeque<Asked>,
    /// Where the audio ends of orders that were given up; their answers may still come.
    given_up: VecDeque<u64>,
}

/// An order that waits.
struct Asked {
    /// Where its audio ends, in samples.
    until: u64,
    /// Whether there is so little left that no answer is no failure.
    may_be_ignored: bool,
}

impl Nova {
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            connection,
            transcript: Transcript::default(),
            sent: 0,
            settled: 0,
            orders: VecDeque::new(),
            given_up: VecDeque::new(),
        }
    }

    fn on_results(&mut self, results: &Results, said: &mut Said) {
        if !results.is_final {
            self.transcript.set_interim(results.transcript());
            return self.tell_partial(results, said);
        }
        let until = samples(results.start + results.duration);
        self.settled = self.settled.max(until);
        if results.from_finalize && self.is_late(until) {
            return;
        }
        self.transcript.push(results.transcript());
        if results.from_finalize && self.orders.pop_front().is_some() {
            said.event(SpeechToTextEventKind::Final(self.transcript.take()));
        } else {
            self.tell_partial(results, said);
        }
    }

    /// Whether it answers an order that was given up. It ends where that order's audio ended, and so before that of any
    /// order that still waits.
    fn is_late(&mut self, until: u64) -> bool {
        let Some(given_up) = self.given_up.front() else {
            return false;
        };
        let is_late = self.orders.is_empty() || until <= given_up + HARDLY_ANY;
        self.given_up.pop_front();
        is_late
    }

    fn tell_partial(&self, results: &Results, said: &mut Said) {
        if !results.transcript().trim().is_empty() {
            said.event(SpeechToTextEventKind::Partial(self.transcript.text()));
        }
    }
}

impl Dialect for Nova {
    const VENDOR: &'static str = VENDOR;
    const DETECTS_TURNS: bool = false;
    const RATE: u32 = RATE;

    fn account(&self) -> &Account {
        &self.connection.account
    }

    fn connect(&self) -> BoxFuture<'static, Result<Socket, ProviderError>> {
        self.connection.open()
    }

    fn forget(&mut self) {
        *self = Self::new(self.connection.clone());
    }

    fn audio(&mut self, samples: &[i16]) -> Option<Message> {
        // An empty message would end the stream.
        (!samples.is_empty()).then(|| {
            self.sent += samples.len() as u64;
            Message::pcm(samples)
        })
    }

    fn began(&mut self, _ago: Duration) -> Option<Message> {
        None
    }

    fn finalize(&mut self, said: &mut Said) -> Order {
        let asked = self
            .orders
            .back()
            .map_or(self.settled, |asked| asked.until.max(self.settled));
        let left = self.sent.saturating_sub(asked);
        if left == 0 && self.orders.is_empty() {
            said.event(SpeechToTextEventKind::Final(self.transcript.take()));
            return Order {
                message: None,
                wait: WAIT,
            };
        }
        let may_be_ignored = left <= HARDLY_ANY;
        self.orders.push_back(Asked {
            until: self.sent,
            may_be_ignored,
        });
        Order {
            message: Some(Message::text(FINALIZE)),
            wait: if may_be_ignored { SHORT_WAIT } else { WAIT },
        }
    }

    fn give_up(&mut self) -> SpeechToTextEventKind {
        let asked = self.orders.pop_front();
        let may_be_ignored = asked.as_ref().is_none_or(|asked| asked.may_be_ignored);
        if let Some(asked) = asked {
            self.given_up.push_back(asked.until);
        }
        let text = self.transcript.take();
        if text.is_empty() && !may_be_ignored {
            let err = errors::unavailable(VENDOR, "no transcript in time");
            return SpeechToTextEventKind::FinalFailed(err.into());
        }
        SpeechToTextEventKind::Final(text)
    }

    fn hear(&mut self, text: &str, said: &mut Said) {
        match serde_json::from_str(text) {
            Ok(NovaMessage::Results(results)) => self.on_results(&results, said),
            Ok(NovaMessage::Error { code, description }) => {
                let complaint = errors::Complaint::new(code, description);
                let err = complaint.into_error(VENDOR, self.account(), None);
                said.event(SpeechToTextEventKind::Failed(err.into()));
            }
            Ok(NovaMessage::Unknown) => {}
            Err(err) => {
                let err = errors::malformed(VENDOR, &err);
                tracing::debug!(provider.name = VENDOR, "Ignored a message: {err}");
            }
        }
    }

    fn keep_alive(&self) -> Option<Message> {
        Some(Message::text(KEEP_ALIVE))
    }

    fn is_in_turn(&self) -> bool {
        false
    }
}

/// Seconds as samples.
fn samples(seconds: f64) -> u64 {
    let time = Duration::try_from_secs_f64(seconds).unwrap_or_default();
    // Rounded to the nearest: seconds come with few digits.
    let samples = (time.as_micros() * u128::from(RATE) + 500_000) / 1_000_000;
    u64::try_from(samples).unwrap_or(u64::MAX)
}

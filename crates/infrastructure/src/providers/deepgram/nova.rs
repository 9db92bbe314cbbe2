//! `/v1/listen`: the session finds the turns and orders their transcripts.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::future::BoxFuture;
use viva_domain::ports::{ProviderError, RUN_UP, SpeechToTextEventKind};

use super::RATE;
use super::transcript::{Segment, Transcript};
use super::wire::{FINALIZE, KEEP_ALIVE, NovaMessage, Results, Word};
use crate::providers::ears::{Dialect, Dialing, HURRY, Message, Order, Said};
use crate::providers::transport::socket::Socket;
use crate::providers::transport::{Account, errors};

/// So little audio, in samples, is hardly any to write down, and the vendor may not answer at all: 100 ms.
const HARDLY_ANY: u64 = RATE as u64 / 10;

/// What was sent, and what was understood of it.
pub(super) struct Nova {
    dialing: Dialing,
    /// How long an order may take to be answered.
    patience: Duration,
    /// Everything that was understood, also of what is said or heard between the utterances.
    transcript: Transcript,
    /// Where the utterance that runs begins, in samples.
    began: Option<u64>,
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
    /// Where its utterance begins, in samples; `None` when nobody spoke.
    began: Option<u64>,
    /// Where its audio ends, in samples.
    until: u64,
    /// Whether there is so little left that no answer is no failure.
    may_be_ignored: bool,
}

impl Nova {
    pub(super) fn new(dialing: Dialing, patience: Duration) -> Self {
        Self {
            dialing,
            patience,
            transcript: Transcript::default(),
            began: None,
            sent: 0,
            settled: 0,
            orders: VecDeque::new(),
            given_up: VecDeque::new(),
        }
    }

    fn on_results(&mut self, results: &Results, said: &mut Said) {
        let segment = segment(results);
        // Orders are answered in order: what comes before the answer belongs to the oldest one.
        let began = self.orders.front().map_or(self.began, |asked| asked.began);
        let is_news = began.is_some_and(|began| !segment.since(began).is_empty());
        if results.is_final {
            let until = segment.end;
            self.settled = self.settled.max(until);
            if results.from_finalize && self.is_late(until) {
                return;
            }
            self.transcript.push(segment);
            if results.from_finalize
                && let Some(asked) = self.orders.pop_front()
            {
                let text = self.take(&asked);
                return said.event(SpeechToTextEventKind::Final(text));
            }
        } else {
            self.transcript.set_interim(segment);
        }
        if let (true, Some(began)) = (is_news, began) {
            said.event(SpeechToTextEventKind::Partial(self.transcript.since(began)));
        }
    }

    /// What was said in the utterance of an order. What was heard before is no speech to us.
    fn take(&mut self, asked: &Asked) -> String {
        let began = asked.began.unwrap_or(asked.until);
        self.transcript.take(began, asked.until)
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
}

impl Dialect for Nova {
    const DETECTS_TURNS: bool = false;
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
        // An empty message would end the stream.
        if samples.is_empty() {
            return Vec::new();
        }
        self.sent += samples.len() as u64;
        vec![Message::pcm(samples)]
    }

    fn began(&mut self, ago: Duration) -> Vec<Message> {
        let ago = samples_of(ago.saturating_add(RUN_UP));
        self.began.get_or_insert(self.sent.saturating_sub(ago));
        Vec::new()
    }

    fn finalize(&mut self, said: &mut Said) -> Order {
        let asked = self
            .orders
            .back()
            .map_or(self.settled, |asked| asked.until.max(self.settled));
        let left = self.sent.saturating_sub(asked);
        let asked = Asked {
            began: self.began.take(),
            until: self.sent,
            may_be_ignored: left <= HARDLY_ANY,
        };
        if self.orders.is_empty() && (left == 0 || asked.began.is_none()) {
            let text = self.take(&asked);
            said.event(SpeechToTextEventKind::Final(text));
            return Order {
                messages: Vec::new(),
                wait: self.patience,
            };
        }
        let hurry = if asked.may_be_ignored { HURRY } else { 1 };
        self.orders.push_back(asked);
        Order {
            messages: vec![Message::text(FINALIZE)],
            wait: self.patience / hurry,
        }
    }

    fn give_up(&mut self, said: &mut Said) {
        let Some(asked) = self.orders.pop_front() else {
            return said.event(SpeechToTextEventKind::Final(String::new()));
        };
        self.given_up.push_back(asked.until);
        let text = self.take(&asked);
        if text.is_empty() && asked.began.is_some() && !asked.may_be_ignored {
            let err = errors::unavailable(&self.account().provider, "no transcript in time");
            return said.event(SpeechToTextEventKind::FinalFailed(err.into()));
        }
        said.event(SpeechToTextEventKind::Final(text));
    }

    fn hear(&mut self, text: &str, said: &mut Said) {
        match serde_json::from_str(text) {
            Ok(NovaMessage::Results(results)) => self.on_results(&results, said),
            Ok(NovaMessage::Error(failure)) => said.loses(failure.into_error(self.account())),
            Ok(NovaMessage::Unknown) => {}
            Err(err) => errors::ignore(&self.account().provider, &err),
        }
    }

    fn keep_alive(&self) -> Option<Message> {
        Some(Message::text(KEEP_ALIVE))
    }

    fn is_in_turn(&self) -> bool {
        false
    }
}

fn segment(results: &Results) -> Segment {
    let start = samples(results.start);
    let word = |word: &Word| {
        // A word does not end before its segment begins, whatever the vendor says.
        let end = samples(word.end?).max(start);
        Some((end, word.text().to_owned()))
    };
    Segment {
        start,
        end: samples(results.start + results.duration),
        text: results.transcript().to_owned(),
        words: results
            .words()
            .iter()
            .map(word)
            .collect::<Option<_>>()
            .unwrap_or_default(),
    }
}

/// Seconds as samples.
fn samples(seconds: f64) -> u64 {
    samples_of(Duration::try_from_secs_f64(seconds).unwrap_or_default())
}

fn samples_of(time: Duration) -> u64 {
    // Rounded to the nearest: seconds come with few digits.
    let samples = (time.as_micros() * u128::from(RATE) + 500_000) / 1_000_000;
    u64::try_from(samples).unwrap_or(u64::MAX)
}

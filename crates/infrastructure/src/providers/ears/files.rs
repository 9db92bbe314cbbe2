//! Whole utterances: kept while they are spoken, sent when they are over, answered in order.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use futures_channel::mpsc;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;
use viva_audio::SampleRate;
use viva_domain::ports::{
    ProviderErrorKind, SpeechToTextCommand, SpeechToTextEvent, SpeechToTextEventKind, SpeechToTextSession,
    WAITING_COMMANDS,
};

use super::{EVENTS, Utterance};
use crate::providers::transport::channel::{Closed, room};
use crate::providers::transport::{alarm, errors};

/// Sample rate of what is sent.
pub(in crate::providers) const FILE_RATE: SampleRate = SampleRate::HZ_16K;
/// A little more than the longest utterance; 2 MiB.
const MOST: Duration = Duration::from_secs(65);
/// Utterances that are not written down yet. A further one fails: its answer would come far too late.
const MOST_ORDERS: usize = 5;
/// As much of them is kept, all together; 4 MiB.
const MOST_KEPT: Duration = Duration::from_secs(130);
/// Utterances that are sent at the same time: the next is not held up by one that takes for ever.
const MOST_AT_ONCE: usize = 2;

/// Where utterances are sent.
pub(in crate::providers) trait FileDesk: Send + 'static {
    /// The provider's id.
    fn provider(&self) -> &str;

    /// Sends an utterance; nothing happens before the stream is asked. It tells what is understood so far, and a final text
    /// or its failure at last. Dropping it closes its connection.
    fn send(&self, samples: Vec<i16>) -> BoxStream<'static, SpeechToTextEventKind>;
}

/// How long a file may take to be written down.
#[derive(Debug, Clone, Copy)]
pub(in crate::providers) struct FileLimits {
    /// By itself.
    pub(in crate::providers) answer: Duration,
    /// When what was said after it is written down already.
    pub(in crate::providers) overtaken: Duration,
}

/// The state of a conversation's ears, owned by their task.
struct Files<D> {
    desk: D,
    limits: FileLimits,
    commands: mpsc::Receiver<SpeechToTextCommand>,
    events: mpsc::Sender<SpeechToTextEvent>,
    utterance: Utterance,
    /// Orders that are not answered, oldest first.
    orders: VecDeque<Order>,
    /// What waits for room in `events`. While there is any, the vendor is not read.
    outbox: VecDeque<SpeechToTextEvent>,
}

/// An utterance that is to be written down.
struct Order {
    number: u64,
    state: State,
}

/// What becomes of an order.
enum State {
    /// It waits until it can be sent.
    Waiting(Vec<i16>),
    Sent(Sent),
    /// It waits for those before it.
    Answered(SpeechToTextEventKind),
}

struct Sent {
    upload: BoxStream<'static, SpeechToTextEventKind>,
    samples: usize,
    until: Instant,
}

/// Listens in a task of `tasks` until either channel is closed.
pub(in crate::providers) fn listen_to_files(
    desk: impl FileDesk,
    limits: FileLimits,
    tasks: &TaskTracker,
) -> SpeechToTextSession {
    let (commands, from_session) = mpsc::channel(WAITING_COMMANDS);
    let (to_session, events) = mpsc::channel(EVENTS);
    let files = Files {
        desk,
        limits,
        commands: from_session,
        events: to_session,
        utterance: Utterance::new(FILE_RATE.hz(), MOST),
        orders: VecDeque::new(),
        outbox: VecDeque::new(),
    };
    tasks.spawn(files.run().in_current_span());
    SpeechToTextSession { commands, events }
}

impl<D: FileDesk> Files<D> {
    async fn run(mut self) {
        loop {
            let due = self.due();
            let going_on = tokio::select! {
                biased;
                room = room(&mut self.events), if !self.outbox.is_empty() => room.and_then(|()| self.deliver()),
                command = self.commands.next() => command.ok_or(Closed).map(|command| self.on_command(command)),
                (place, kind) = next(&mut self.orders), if self.outbox.is_empty() => {
                    self.on_event(place, kind.unwrap_or_else(|| self.broken_off()));
                    Ok(())
                }
                () = alarm(due) => {
                    self.on_timer();
                    Ok(())
                }
            };
            if going_on.is_err() || self.events.is_closed() {
                return;
            }
        }
    }

    fn on_command(&mut self, command: SpeechToTextCommand) {
        match command {
            SpeechToTextCommand::Audio(samples) => self.utterance.push(&samples),
            SpeechToTextCommand::SpeechBegan { ago } => self.utterance.begin(ago),
            SpeechToTextCommand::Finalize { number } => {
                let state = match self.utterance.finish() {
                    Some(samples) if self.has_room_for(samples.len()) => State::Waiting(samples),
                    Some(_) => {
                        let err = errors::error(self.desk.provider(), ProviderErrorKind::Unavailable);
                        State::Answered(SpeechToTextEventKind::FinalFailed(err.into()))
                    }
                    None => State::Answered(SpeechToTextEventKind::Final(String::new())),
                };
                self.orders.push_back(Order { number, state });
                self.go_on();
            }
        }
    }

    fn has_room_for(&self, samples: usize) -> bool {
        let kept: Vec<usize> = self.orders.iter().filter_map(Order::samples).collect();
        let most = FILE_RATE.samples_in(MOST_KEPT);
        kept.len() < MOST_ORDERS && (kept.iter().sum::<usize>() + samples) as u64 <= most
    }

    fn on_event(&mut self, place: usize, kind: SpeechToTextEventKind) {
        match kind {
            // Of a later one it would be taken for more of the one before.
            SpeechToTextEventKind::Partial(_) if place > 0 => {}
            SpeechToTextEventKind::Partial(_) => self.say(None, kind),
            _ => {
                self.orders[place].state = State::Answered(kind);
                self.go_on();
            }
        }
    }

    /// Where a desk forgets to say how an answer ends.
    fn broken_off(&self) -> SpeechToTextEventKind {
        let err = errors::unavailable(self.desk.provider(), "the transcript broke off");
        SpeechToTextEventKind::FinalFailed(err.into())
    }

    /// When an order has waited long enough.
    fn due(&self) -> Option<Instant> {
        let sent = self.orders.iter().filter_map(Order::sent);
        sent.map(|sent| sent.until).min()
    }

    fn on_timer(&mut self) {
        let now = Instant::now();
        for order in &mut self.orders {
            if order.sent().is_some_and(|sent| sent.until <= now) {
                let err = errors::unavailable(self.desk.provider(), "no transcript in time");
                order.state = State::Answered(SpeechToTextEventKind::FinalFailed(err.into()));
            }
        }
        self.go_on();
    }

    /// Tells what can be told, and sends what can be sent.
    fn go_on(&mut self) {
        while let Some(Order { number, state }) = self.orders.pop_front_if(|order| order.is_answered()) {
            if let State::Answered(kind) = state {
                self.say(Some(number), kind);
            }
        }
        let now = Instant::now();
        let is_overtaken = self.orders.iter().any(Order::is_answered);
        if is_overtaken
            && let Some(oldest) = self.orders.front_mut()
            && let State::Sent(oldest) = &mut oldest.state
        {
            oldest.until = oldest.until.min(now + self.limits.overtaken);
        }
        let mut under_way = self.orders.iter().filter_map(Order::sent).count();
        for order in &mut self.orders {
            if let State::Waiting(samples) = &mut order.state
                && under_way < MOST_AT_ONCE
            {
                under_way += 1;
                let samples = std::mem::take(samples);
                order.state = State::Sent(Sent {
                    samples: samples.len(),
                    upload: self.desk.send(samples),
                    until: now + self.limits.answer,
                });
            }
        }
    }

    fn say(&mut self, answers: Option<u64>, kind: SpeechToTextEventKind) {
        let at = Instant::now().into_std();
        self.outbox.push_back(SpeechToTextEvent { at, answers, kind });
    }

    /// Sends an event; there is room.
    fn deliver(&mut self) -> Result<(), Closed> {
        let event = self.outbox.pop_front();
        event.map_or(Ok(()), |event| self.events.start_send(event).map_err(|_| Closed))
    }
}

impl Order {
    fn sent(&self) -> Option<&Sent> {
        match &self.state {
            State::Sent(sent) => Some(sent),
            State::Waiting(_) | State::Answered(_) => None,
        }
    }

    fn is_answered(&self) -> bool {
        matches!(self.state, State::Answered(_))
    }

    /// How much is kept for it.
    fn samples(&self) -> Option<usize> {
        match &self.state {
            State::Waiting(samples) => Some(samples.len()),
            State::Sent(sent) => Some(sent.samples),
            State::Answered(_) => None,
        }
    }
}

/// What is said about any of the orders, and which. Dropping the future loses nothing.
async fn next(orders: &mut VecDeque<Order>) -> (usize, Option<SpeechToTextEventKind>) {
    poll_fn(|cx| {
        for (place, order) in orders.iter_mut().enumerate() {
            if let State::Sent(sent) = &mut order.state
                && let Poll::Ready(kind) = sent.upload.poll_next_unpin(cx)
            {
                return Poll::Ready((place, kind));
            }
        }
        Poll::Pending
    })
    .await
}

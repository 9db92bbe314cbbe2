//! One conversation's ears: takes commands, tells what was said.

mod connections;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_channel::mpsc;
use futures_util::StreamExt;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;
use viva_domain::ports::{
    ProviderError, SpeechToTextCommand, SpeechToTextEvent, SpeechToTextEventKind, SpeechToTextSession,
    WAITING_COMMANDS,
};

use super::held::Held;
use super::line::{Line, Loss, Ring, Tries};
use super::{Dialect, EVENTS, Message, Order, Said};
use crate::providers::transport::channel::{Closed, room};
use crate::providers::transport::spare::Spare;
use crate::providers::transport::{alarm, errors, socket};

/// After so long without anything sent, the vendor is told that we are still there.
pub(in crate::providers) const KEEP_ALIVE: Duration = Duration::from_secs(4);
/// A connection that lived this long was of use.
const USEFUL: Duration = Duration::from_secs(10);

/// The state of a conversation's ears, owned by their task.
struct Listening<D> {
    dialect: D,
    commands: mpsc::Receiver<SpeechToTextCommand>,
    events: mpsc::Sender<SpeechToTextEvent>,
    line: Line,
    spare: Spare,
    opened: Instant,
    tries: Tries,
    held: Held,
    /// Orders that the vendor was given and did not answer, oldest first.
    orders: VecDeque<Ordered>,
    /// When the turn that the vendor found has ended.
    ending: Option<Instant>,
    /// What waits for room in `events`. While there is any, the vendor is not read.
    outbox: VecDeque<SpeechToTextEvent>,
    /// The user speaks, and the vendor heard some of it.
    is_in_utterance: bool,
    /// Why the utterance that still runs is lost.
    broken: Option<Arc<ProviderError>>,
    sent: Instant,
    keep_alive: Duration,
    has_failed: bool,
}

/// An order that waits for its answer.
struct Ordered {
    number: u64,
    /// When it must be answered.
    deadline: Instant,
}

/// Opens a connection and listens, in a task of `tasks`, until either channel is closed or the conversation fails.
///
/// # Errors
/// [`ProviderError`] when the vendor refuses or cannot be reached.
pub(in crate::providers) async fn listen<D: Dialect>(
    dialect: D,
    tasks: &TaskTracker,
    keep_alive: Duration,
) -> Result<SpeechToTextSession, ProviderError> {
    let socket = socket::begin(dialect.account(), || dialect.connect()).await?;
    let (commands, from_session) = mpsc::channel(WAITING_COMMANDS);
    let (to_session, events) = mpsc::channel(EVENTS);
    let spare = Spare::after(dialect.longest_age());
    let listening = Listening {
        dialect,
        commands: from_session,
        events: to_session,
        line: Line::Open(Box::new(socket)),
        spare,
        opened: Instant::now(),
        tries: Tries::default(),
        held: Held::default(),
        orders: VecDeque::new(),
        ending: None,
        outbox: VecDeque::new(),
        is_in_utterance: false,
        broken: None,
        sent: Instant::now(),
        keep_alive,
        has_failed: false,
    };
    tasks.spawn(listening.run().in_current_span());
    Ok(SpeechToTextSession { commands, events })
}

impl<D: Dialect> Listening<D> {
    async fn run(mut self) {
        loop {
            self.renew().await;
            let timer = self.timer();
            let going_on = tokio::select! {
                biased;
                room = room(&mut self.events), if !self.outbox.is_empty() => room.and_then(|()| self.deliver()),
                command = self.commands.next() => match command {
                    Some(command) => {
                        self.on_command(command).await;
                        Ok(())
                    }
                    None => Err(Closed),
                },
                ring = self.line.next(&self.dialect.account().provider), if self.outbox.is_empty() => {
                    self.on_ring(ring).await;
                    Ok(())
                }
                () = self.spare.change(self.dialect.account()) => Ok(()),
                () = alarm(timer) => {
                    self.on_timer().await;
                    Ok(())
                }
            };
            if going_on.is_err() || self.events.is_closed() {
                return self.hang_up().await;
            }
        }
    }

    fn provider(&self) -> &str {
        &self.dialect.account().provider
    }

    async fn on_command(&mut self, command: SpeechToTextCommand) {
        if self.has_failed {
            return;
        }
        match self.line {
            Line::Open(_) => self.obey(command).await,
            Line::Asleep => {
                self.on_held(command);
                self.line = Line::Waiting(Instant::now());
            }
            Line::Waiting(_) | Line::Calling(_) => self.on_held(command),
        }
    }

    /// Keeps a command for the next connection, unless it is about an utterance that is lost anyway.
    fn on_held(&mut self, command: SpeechToTextCommand) {
        match (&command, self.broken.take()) {
            (SpeechToTextCommand::Finalize { number }, Some(err)) => self.refuse(*number, err),
            (_, Some(err)) => self.broken = Some(err),
            (_, None) => self.held.push(command, D::RATE),
        }
    }

    async fn obey(&mut self, command: SpeechToTextCommand) {
        if let Some(err) = self.broken.take() {
            // The rest of an utterance whose beginning is lost would only spoil the next one.
            if let SpeechToTextCommand::Finalize { number } = command {
                self.refuse(number, err);
            } else {
                self.broken = Some(err);
            }
            return;
        }
        match command {
            SpeechToTextCommand::Audio(samples) => {
                let messages = self.dialect.audio(&samples);
                self.send(messages).await;
            }
            SpeechToTextCommand::SpeechBegan { ago } => {
                self.is_in_utterance = !D::DETECTS_TURNS;
                let messages = self.dialect.began(ago);
                self.send(messages).await;
            }
            SpeechToTextCommand::Finalize { number } => self.finalize(number).await,
        }
    }

    async fn finalize(&mut self, number: u64) {
        let now = Instant::now();
        let mut said = Said::default();
        let Order { messages, wait } = self.dialect.finalize(&mut said);
        self.is_in_utterance = false;
        let deadline = now + wait;
        self.orders.push_back(Ordered { number, deadline });
        self.send(messages).await;
        self.tell(now, said);
    }

    /// The turn that shall end is only found now; the vendor may not have known what to end.
    async fn order_again(&mut self, now: Instant) {
        let Order { messages, wait } = self.dialect.finalize(&mut Said::default());
        if let Some(order) = self.orders.front_mut() {
            order.deadline = now + wait;
        }
        self.send(messages).await;
    }

    async fn on_ring(&mut self, ring: Ring) {
        let now = Instant::now();
        match ring {
            Ring::Due => self.line = Line::Calling(self.dialect.connect()),
            Ring::Answered(Ok(socket)) => self.on_open(socket).await,
            Ring::Answered(Err(err)) => self.lose(err.into()),
            Ring::Closed { code, reason } => {
                let loss = Loss::closed::<D>(self.dialect.account(), code, &reason);
                self.lose(loss);
            }
            Ring::Lost(loss) => self.lose(loss),
            Ring::Said(text) => {
                let mut said = Said::default();
                self.dialect.hear(&text, &mut said);
                let lost = said.lost.take();
                let messages = std::mem::take(&mut said.messages);
                let begins = said.events.contains(&SpeechToTextEventKind::SpeechStarted);
                let ending = said.ends_within.map(|time| now + time);
                self.tell(now, said);
                self.ending = ending.or(self.ending);
                self.send(messages).await;
                if begins && !self.orders.is_empty() {
                    self.order_again(now).await;
                }
                if let Some(err) = lost {
                    self.lose(err.into());
                }
            }
        }
    }

    async fn on_timer(&mut self) {
        let now = Instant::now();
        let is_due = |moment: Option<Instant>| moment.is_some_and(|moment| moment <= now);
        if is_due(self.order_deadline()) || is_due(self.ending) {
            let mut said = Said::default();
            self.dialect.give_up(&mut said);
            self.tell(now, said);
            if !D::TELLS_ORDERS_APART {
                self.lose(errors::unavailable(self.provider(), "no transcript in time").into());
            }
        }
        if is_due(self.held_deadline())
            && let Some(number) = self.held.drop_order()
        {
            let err = errors::unavailable(self.provider(), "no connection in time");
            self.refuse(number, err.into());
        }
        if is_due(self.spare.due()) {
            self.spare = Spare::Calling(self.dialect.connect());
        }
        if is_due(self.keep_alive_due()) {
            let message = self.dialect.keep_alive();
            self.send(message.into_iter().collect()).await;
        }
    }

    /// When something is due that does not depend on anybody else.
    fn timer(&self) -> Option<Instant> {
        [
            self.order_deadline(),
            self.ending,
            self.held_deadline(),
            self.spare.due(),
            self.keep_alive_due(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn order_deadline(&self) -> Option<Instant> {
        Some(self.orders.front()?.deadline)
    }

    fn held_deadline(&self) -> Option<Instant> {
        self.held.deadline()
    }

    fn keep_alive_due(&self) -> Option<Instant> {
        let is_needed = matches!(self.line, Line::Open(_)) && self.dialect.keep_alive().is_some();
        is_needed.then(|| self.sent + self.keep_alive)
    }

    async fn send(&mut self, messages: Vec<Message>) {
        for message in messages {
            self.sent = Instant::now();
            if let Err(err) = self.line.send(message).await {
                return self.lose(err.into());
            }
        }
    }

    fn tell(&mut self, now: Instant, said: Said) {
        for kind in said.events {
            self.say(now, kind);
        }
    }

    fn say(&mut self, now: Instant, kind: SpeechToTextEventKind) {
        if self.has_failed {
            return;
        }
        let answered = match &kind {
            SpeechToTextEventKind::Final(text) => {
                if !text.is_empty() {
                    self.tries.forget();
                }
                self.answered()
            }
            SpeechToTextEventKind::FinalFailed(_) => self.answered(),
            SpeechToTextEventKind::Failed(_) => {
                self.fail();
                None
            }
            _ => None,
        };
        self.outbox.push_back(SpeechToTextEvent {
            at: now.into_std(),
            answers: answered.map(|order| order.number),
            kind,
        });
    }

    /// The oldest order has its answer, if there is one, and the turn its end.
    fn answered(&mut self) -> Option<Ordered> {
        self.ending = None;
        self.orders.pop_front()
    }

    /// Answers an order that the vendor was not given.
    fn refuse(&mut self, number: u64, err: Arc<ProviderError>) {
        self.outbox.push_back(SpeechToTextEvent {
            at: Instant::now().into_std(),
            answers: Some(number),
            kind: SpeechToTextEventKind::FinalFailed(err),
        });
    }

    /// Nothing follows.
    fn fail(&mut self) {
        self.has_failed = true;
        self.line = Line::Asleep;
        self.orders.clear();
        self.ending = None;
        self.held = Held::default();
    }

    /// Sends an event; there is room.
    fn deliver(&mut self) -> Result<(), Closed> {
        if let Some(event) = self.outbox.pop_front() {
            self.events.start_send(event).map_err(|_| Closed)?;
        }
        if self.has_failed && self.outbox.is_empty() {
            return Err(Closed);
        }
        Ok(())
    }

    async fn hang_up(self) {
        if let Line::Open(socket) = self.line {
            socket.close().await;
        }
    }
}

//! Whole utterances: kept while they are spoken, sent when they are over, answered in order.

use std::collections::VecDeque;
use std::future::{pending, poll_fn};
use std::time::Duration;

use futures_channel::mpsc;
use futures_util::StreamExt;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use viva_domain::ports::{
    ProviderErrorKind, SpeechToTextCommand, SpeechToTextEvent, SpeechToTextEventKind, SpeechToTextSession,
};

use super::config::Api;
use super::upload::{Desk, Upload};
use crate::providers::ears::{COMMANDS, EVENTS, Utterance};
use crate::providers::transport::errors;

/// A little more than the longest utterance; 2 MiB.
const MOST: Duration = Duration::from_secs(65);
/// Utterances that wait for the one before. A further one fails: its answer would come far too late.
const MOST_WAITING: usize = 4;

/// The state of a conversation's ears, owned by their task.
struct Files {
    desk: Desk,
    commands: mpsc::Receiver<SpeechToTextCommand>,
    events: mpsc::Sender<SpeechToTextEvent>,
    utterance: Utterance,
    /// What each order that waits gets.
    waiting: VecDeque<Job>,
    upload: Option<Box<Upload>>,
    /// What waits for room in `events`. While there is any, the vendor is not read.
    outbox: VecDeque<SpeechToTextEvent>,
}

enum Job {
    Send(Vec<i16>),
    Say(SpeechToTextEventKind),
}

/// Nobody listens any more.
struct Closed;

/// Listens in a task of `tasks` until either channel is closed.
pub(super) fn open(desk: Desk, tasks: &TaskTracker) -> SpeechToTextSession {
    let (commands, from_session) = mpsc::channel(COMMANDS);
    let (to_session, events) = mpsc::channel(EVENTS);
    let files = Files {
        desk,
        commands: from_session,
        events: to_session,
        utterance: Utterance::new(Api::Files.rate().hz(), MOST),
        waiting: VecDeque::new(),
        upload: None,
        outbox: VecDeque::new(),
    };
    tasks.spawn(files.run());
    SpeechToTextSession { commands, events }
}

impl Files {
    async fn run(mut self) {
        loop {
            let going_on = tokio::select! {
                biased;
                room = room(&mut self.events), if !self.outbox.is_empty() => room.and_then(|()| self.deliver()),
                command = self.commands.next() => command.ok_or(Closed).map(|command| self.on_command(command)),
                kind = next(self.upload.as_mut()), if self.outbox.is_empty() => {
                    self.on_event(kind);
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
            SpeechToTextCommand::Finalize => {
                let job = match self.utterance.finish() {
                    Some(samples) if self.waiting.len() < MOST_WAITING => Job::Send(samples),
                    Some(_) => {
                        let err = errors::error(self.desk.provider(), ProviderErrorKind::Unavailable);
                        Job::Say(SpeechToTextEventKind::FinalFailed(err.into()))
                    }
                    None => Job::Say(SpeechToTextEventKind::Final(String::new())),
                };
                self.waiting.push_back(job);
                self.go_on();
            }
        }
    }

    fn on_event(&mut self, kind: SpeechToTextEventKind) {
        let is_last = !matches!(kind, SpeechToTextEventKind::Partial(_));
        self.say(kind);
        if is_last {
            self.upload = None;
            self.go_on();
        }
    }

    /// Begins with what waits, unless something is under way.
    fn go_on(&mut self) {
        while self.upload.is_none() {
            match self.waiting.pop_front() {
                Some(Job::Send(samples)) => self.upload = Some(Box::new(self.desk.send(samples))),
                Some(Job::Say(kind)) => self.say(kind),
                None => return,
            }
        }
    }

    fn say(&mut self, kind: SpeechToTextEventKind) {
        let at = Instant::now().into_std();
        self.outbox.push_back(SpeechToTextEvent { at, kind });
    }

    /// Sends an event; there is room.
    fn deliver(&mut self) -> Result<(), Closed> {
        let event = self.outbox.pop_front();
        event.map_or(Ok(()), |event| self.events.start_send(event).map_err(|_| Closed))
    }
}

async fn next(upload: Option<&mut Box<Upload>>) -> SpeechToTextEventKind {
    match upload {
        Some(upload) => upload.next().await,
        None => pending().await,
    }
}

/// Waits until the channel takes another event.
async fn room(events: &mut mpsc::Sender<SpeechToTextEvent>) -> Result<(), Closed> {
    poll_fn(|cx| events.poll_ready(cx)).await.map_err(|_| Closed)
}

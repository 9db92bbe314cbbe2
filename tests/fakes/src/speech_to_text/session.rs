use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;

use futures_channel::mpsc;
use futures_util::{SinkExt, StreamExt};
use tokio::sync::broadcast;
use tokio::time::{Instant, Sleep};
use viva_domain::ports::{SpeechToTextCommand, SpeechToTextEvent, SpeechToTextEventKind};

use super::ears::Script;
use super::transcript::{Step, Transcript};

/// One open pair of ears: a task of its own.
pub(super) struct Session {
    script: Arc<Script>,
    events: mpsc::Sender<SpeechToTextEvent>,
    unprompted: broadcast::Receiver<SpeechToTextEventKind>,
    detects_turns: bool,
    /// Something was said that is not written down yet.
    is_speech: bool,
    /// What is to be done, and for which order.
    steps: VecDeque<(u64, Step)>,
    timer: Pin<Box<Sleep>>,
}

/// The caller is gone, or the script says to hang up.
struct Closed;

impl Session {
    pub(super) fn new(
        script: Arc<Script>,
        events: mpsc::Sender<SpeechToTextEvent>,
        detects_turns: bool,
    ) -> Self {
        Self {
            unprompted: script.unprompted.subscribe(),
            script,
            events,
            detects_turns,
            is_speech: false,
            steps: VecDeque::new(),
            timer: Box::pin(tokio::time::sleep_until(Instant::now())),
        }
    }

    pub(super) async fn run(mut self, mut commands: mpsc::Receiver<SpeechToTextCommand>) {
        loop {
            let is_answering = !self.steps.is_empty();
            let open = tokio::select! {
                biased;
                command = commands.next() => match command {
                    Some(command) => self.on_command(command).await,
                    None => Err(Closed),
                },
                Ok(kind) = self.unprompted.recv() => self.send(None, kind).await,
                () = &mut self.timer, if is_answering => self.on_timer().await,
            };
            if open.is_err() {
                return;
            }
        }
    }

    fn next_transcript(&self) -> Transcript {
        let otherwise = || Transcript::of(if self.is_speech { "Hello." } else { "" });
        self.script.next().unwrap_or_else(otherwise)
    }

    async fn on_command(&mut self, command: SpeechToTextCommand) -> Result<(), Closed> {
        let starts = match &command {
            SpeechToTextCommand::Audio(samples) => {
                self.detects_turns && samples.iter().any(|sample| *sample != 0)
            }
            SpeechToTextCommand::SpeechBegan { .. } => !self.detects_turns,
            SpeechToTextCommand::Finalize { number } => {
                if self.steps.is_empty() {
                    self.timer.as_mut().reset(Instant::now());
                }
                let steps = self.next_transcript().steps.into_iter();
                self.steps.extend(steps.map(|step| (*number, step)));
                self.is_speech = false;
                false
            }
        };
        self.script.told(command);
        if starts && !self.is_speech {
            self.is_speech = true;
            if self.detects_turns {
                return self.send(None, SpeechToTextEventKind::SpeechStarted).await;
            }
        }
        Ok(())
    }

    async fn on_timer(&mut self) -> Result<(), Closed> {
        match self.steps.pop_front() {
            None => Ok(()),
            Some((_, Step::Wait(time))) => {
                self.timer.as_mut().reset(Instant::now() + time);
                Ok(())
            }
            Some((number, Step::Say(kind))) => self.send(Some(number), kind).await,
            Some((_, Step::HangUp)) => Err(Closed),
        }
    }

    /// What is said for an order answers it, if it is an answer.
    async fn send(&mut self, order: Option<u64>, kind: SpeechToTextEventKind) -> Result<(), Closed> {
        if matches!(kind, SpeechToTextEventKind::Final(_)) {
            self.is_speech = false;
        }
        let is_answer = matches!(
            kind,
            SpeechToTextEventKind::Final(_) | SpeechToTextEventKind::FinalFailed(_)
        );
        let event = SpeechToTextEvent {
            at: Instant::now().into_std(),
            answers: order.filter(|_| is_answer),
            kind,
        };
        self.events.send(event).await.map_err(|_| Closed)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.script.closed();
    }
}

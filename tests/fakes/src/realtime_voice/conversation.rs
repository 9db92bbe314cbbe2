use std::pin::Pin;
use std::sync::Arc;

use futures_channel::mpsc;
use futures_util::{SinkExt, StreamExt};
use tokio::sync::broadcast;
use tokio::time::{Instant, Sleep};
use viva_domain::ports::{RealtimeCommand, RealtimeEvent, RealtimeEventKind};
use viva_domain::turns::Generation;

use super::answer::{Answer, Step};
use super::voice::Script;

/// One open conversation: a task of its own.
pub(super) struct Conversation {
    script: Arc<Script>,
    events: mpsc::Sender<RealtimeEvent>,
    unprompted: broadcast::Receiver<(Option<Generation>, RealtimeEventKind)>,
    generation: Generation,
    answer: Answer,
    timer: Pin<Box<Sleep>>,
}

/// The caller is gone, or the script says to hang up.
struct Closed;

impl Conversation {
    pub(super) fn new(script: Arc<Script>, events: mpsc::Sender<RealtimeEvent>) -> Self {
        Self {
            unprompted: script.unprompted.subscribe(),
            script,
            events,
            generation: Generation::FIRST,
            answer: Answer::new(),
            timer: Box::pin(tokio::time::sleep_until(Instant::now())),
        }
    }

    pub(super) async fn run(mut self, mut commands: mpsc::Receiver<RealtimeCommand>) {
        loop {
            let is_answering = !self.answer.steps.is_empty();
            // Commands first: an interruption is never overtaken by what it shall stop.
            let open = tokio::select! {
                biased;
                command = commands.next() => match command {
                    Some(command) => {
                        self.on_command(command);
                        Ok(())
                    }
                    None => Err(Closed),
                },
                Ok((generation, kind)) = self.unprompted.recv() => {
                    let generation = generation.unwrap_or(self.generation);
                    self.send(generation, kind).await
                }
                () = &mut self.timer, if is_answering => self.on_timer().await,
            };
            if open.is_err() {
                return;
            }
        }
    }

    fn on_command(&mut self, command: RealtimeCommand) {
        match &command {
            RealtimeCommand::Audio(_)
            | RealtimeCommand::SpeechBegan { .. }
            | RealtimeCommand::EndTurn
            | RealtimeCommand::CutBefore(_)
            | RealtimeCommand::Heard(_) => {}
            RealtimeCommand::Commit(generation) | RealtimeCommand::Greet(generation) => {
                self.generation = *generation;
                self.answer = self
                    .script
                    .next()
                    .unwrap_or_else(|| Answer::spoken("Hello.", 2_400));
                self.timer.as_mut().reset(Instant::now());
            }
            RealtimeCommand::Interrupt { generation, .. } => {
                self.generation = *generation;
                self.answer = Answer::new();
            }
        }
        self.script.told(command);
    }

    async fn on_timer(&mut self) -> Result<(), Closed> {
        match self.answer.steps.pop_front() {
            None => Ok(()),
            Some(Step::Wait(time)) => {
                self.timer.as_mut().reset(Instant::now() + time);
                Ok(())
            }
            Some(Step::Say(kind)) => self.send(self.generation, kind).await,
            Some(Step::HangUp) => Err(Closed),
        }
    }

    async fn send(&mut self, generation: Generation, kind: RealtimeEventKind) -> Result<(), Closed> {
        let event = RealtimeEvent {
            generation,
            at: Instant::now().into_std(),
            kind,
        };
        self.events.send(event).await.map_err(|_| Closed)
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        self.script.closed();
    }
}

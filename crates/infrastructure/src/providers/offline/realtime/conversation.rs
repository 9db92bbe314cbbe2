//! One conversation: takes commands, tells answers.

use std::future::pending;
use std::sync::Arc;

use futures_channel::mpsc;
use futures_util::StreamExt;
use tokio::time::Instant;
use viva_domain::ports::{ProviderError, RealtimeCommand, RealtimeEvent, RealtimeEventKind};
use viva_domain::turns::Generation;

use super::super::hearing::Hearing;
use super::super::options::FaultKind;
use super::super::script::Script;
use super::super::voice::{Prepared, Voice};
use super::super::{scripted_failure, until};
use super::config::Options;
use super::delivery::{Delivery, Step};
use crate::providers::transport::channel::{Closed, room};

/// The greeting's number among the answers.
const GREETING: u16 = 0;

/// The state of a conversation, owned by its task.
#[derive(Debug)]
pub(super) struct Conversation {
    commands: mpsc::Receiver<RealtimeCommand>,
    events: mpsc::Sender<RealtimeEvent>,
    voice: Voice,
    options: Options,
    script: Script,
    hearing: Hearing,
    generation: Generation,
    /// Answers that were ordered, without greetings.
    turn: u16,
    /// Spoken ahead, so that it can begin at once.
    greeting: Option<Prepared>,
    next: Option<Prepared>,
    answer: Option<Answer>,
}

/// The answer that is being told.
#[derive(Debug)]
struct Answer {
    turn: u16,
    /// What the user said, until it was told.
    transcript: Option<String>,
    /// When the first audio is due.
    due: Instant,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Preparing(Prepared),
    Telling { began: Instant, delivery: Delivery },
    Failed(Arc<ProviderError>),
}

/// What came of telling an answer.
#[derive(Debug)]
enum Told {
    Event(RealtimeEventKind),
    /// The last event of the answer, if it ends with one.
    Last(Option<RealtimeEventKind>),
    /// The last event of the conversation.
    Failed(Arc<ProviderError>),
}

impl Conversation {
    pub(super) fn new(
        commands: mpsc::Receiver<RealtimeCommand>,
        events: mpsc::Sender<RealtimeEvent>,
        voice: Voice,
        options: Options,
        script: Script,
    ) -> Self {
        let mut conversation = Self {
            commands,
            events,
            greeting: Some(voice.prepare(script.greeting())),
            next: None,
            voice,
            options,
            script,
            hearing: Hearing::new(),
            generation: Generation::FIRST,
            turn: 0,
            answer: None,
        };
        conversation.prepare_next();
        conversation
    }

    /// Runs until either channel is closed or the conversation fails as configured.
    pub(super) async fn run(mut self) {
        loop {
            let going_on = tokio::select! {
                // A command that is there counts before anything else is said.
                biased;
                command = self.commands.next() => match command {
                    Some(command) => {
                        self.on_command(command);
                        Ok(())
                    }
                    None => Err(Closed),
                },
                told = tell(self.answer.as_mut(), &self.options, &mut self.events) => match told {
                    Ok(told) => self.on_told(told),
                    Err(Closed) => Err(Closed),
                },
            };
            if going_on.is_err() || self.events.is_closed() {
                return;
            }
        }
    }

    fn on_command(&mut self, command: RealtimeCommand) {
        match command {
            RealtimeCommand::Audio(samples) => self.hearing.push(&samples),
            // Where speech began does not matter to who does not understand it, the session finds turns, and nothing that was
            // said is remembered.
            RealtimeCommand::SpeechBegan { .. }
            | RealtimeCommand::EndTurn
            | RealtimeCommand::CutBefore(_)
            | RealtimeCommand::Heard(_) => {}
            RealtimeCommand::Commit(generation) => self.on_commit(generation),
            RealtimeCommand::Greet(generation) => self.on_greet(generation),
            RealtimeCommand::Interrupt { generation, .. } => {
                self.generation = generation;
                self.end_answer();
            }
        }
    }

    fn on_commit(&mut self, generation: Generation) {
        let heard = self.hearing.take_utterance();
        self.turn = self.turn.saturating_add(1);
        let prepared = self.next.take();
        let prepared = prepared.unwrap_or_else(|| self.voice.prepare(self.script.answer(self.turn)));
        let transcript = Some(self.script.transcript(heard));
        self.begin(generation, self.turn, transcript, prepared);
    }

    fn on_greet(&mut self, generation: Generation) {
        let prepared = self.greeting.take();
        let prepared = prepared.unwrap_or_else(|| self.voice.prepare(self.script.greeting()));
        // What was prepared may acknowledge the role a second time.
        self.next = None;
        self.begin(generation, GREETING, None, prepared);
    }

    fn begin(&mut self, generation: Generation, turn: u16, transcript: Option<String>, prepared: Prepared) {
        self.generation = generation;
        self.script.acknowledged();
        self.answer = Some(Answer {
            turn,
            transcript,
            due: Instant::now() + self.options.delay.of(turn),
            stage: Stage::Preparing(prepared),
        });
    }

    fn on_told(&mut self, told: Told) -> Result<(), Closed> {
        match told {
            Told::Event(kind) => self.emit(kind),
            Told::Last(kind) => {
                self.end_answer();
                kind.map_or(Ok(()), |kind| self.emit(kind))
            }
            Told::Failed(err) => {
                self.emit(RealtimeEventKind::Failed(err))?;
                Err(Closed)
            }
        }
    }

    fn end_answer(&mut self) {
        self.answer = None;
        self.prepare_next();
    }

    fn prepare_next(&mut self) {
        if self.next.is_none() {
            let text = self.script.answer(self.turn.saturating_add(1));
            self.next = Some(self.voice.prepare(text));
        }
    }

    /// Sends an event; [`tell`] waited until there is room.
    fn emit(&mut self, kind: RealtimeEventKind) -> Result<(), Closed> {
        let event = RealtimeEvent {
            generation: self.generation,
            at: Instant::now().into_std(),
            kind,
        };
        self.events.start_send(event).map_err(|_| Closed)
    }
}

/// Waits for the next thing to say and for room to say it in. Dropping the future loses nothing.
async fn tell(
    answer: Option<&mut Answer>,
    options: &Options,
    events: &mut mpsc::Sender<RealtimeEvent>,
) -> Result<Told, Closed> {
    let Some(answer) = answer else {
        return pending().await;
    };
    if answer.transcript.is_some() {
        room(events).await?;
        return Ok(Told::Event(RealtimeEventKind::UserTranscript {
            text: answer.transcript.take().unwrap_or_default(),
            is_final: true,
        }));
    }
    loop {
        match &mut answer.stage {
            Stage::Preparing(prepared) => {
                until(answer.due).await;
                answer.stage = match prepared.speech().await {
                    Ok(speech) => Stage::Telling {
                        began: Instant::now(),
                        delivery: Delivery::new(&prepared.text, speech, options, answer.turn),
                    },
                    Err(err) => Stage::Failed(Arc::new(err)),
                };
            }
            Stage::Telling { began, delivery } => {
                until(*began + delivery.due()).await;
                room(events).await?;
                return Ok(Told::from(delivery.step()));
            }
            Stage::Failed(err) => {
                room(events).await?;
                return Ok(Told::Last(Some(RealtimeEventKind::ResponseFailed(err.clone()))));
            }
        }
    }
}

impl From<Step> for Told {
    fn from(step: Step) -> Self {
        let scripted = || Arc::new(scripted_failure());
        match step {
            Step::Say(kind) => Self::Event(kind),
            Step::Complete => Self::Last(Some(RealtimeEventKind::ResponseDone { usage: None })),
            Step::Fault(FaultKind::Fail) => Self::Last(Some(RealtimeEventKind::ResponseFailed(scripted()))),
            Step::Fault(FaultKind::Hang) => Self::Last(None),
            Step::Fault(FaultKind::Drop) => Self::Failed(scripted()),
        }
    }
}

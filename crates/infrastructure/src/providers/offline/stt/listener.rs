//! One pair of ears: takes audio, tells what it was.

use std::collections::VecDeque;
use std::future::{pending, poll_fn};
use std::sync::Arc;

use futures_channel::mpsc;
use futures_util::StreamExt;
use tokio::time::Instant;
use viva_domain::ports::{SpeechToTextCommand, SpeechToTextEvent, SpeechToTextEventKind};

use super::super::hearing::Hearing;
use super::super::options::FaultKind;
use super::super::script::Script;
use super::super::{scripted_failure, until};
use super::config::Options;

/// Texts that are being written down. When there are so many, no command is taken.
const MAX_PENDING: usize = 16;

/// The state of a conversation, owned by its task.
#[derive(Debug)]
pub(super) struct Listener {
    commands: mpsc::Receiver<SpeechToTextCommand>,
    events: mpsc::Sender<SpeechToTextEvent>,
    options: Options,
    script: Script,
    hearing: Hearing,
    /// Texts that were ordered.
    turn: u16,
    pending: VecDeque<Pending>,
    is_hung: bool,
}

/// Something that will be said.
#[derive(Debug)]
struct Pending {
    due: Instant,
    /// The order that it answers.
    number: u64,
    kind: SpeechToTextEventKind,
}

/// Nobody listens any more.
struct Closed;

impl Listener {
    pub(super) fn new(
        commands: mpsc::Receiver<SpeechToTextCommand>,
        events: mpsc::Sender<SpeechToTextEvent>,
        options: Options,
        script: Script,
    ) -> Self {
        Self {
            commands,
            events,
            options,
            script,
            hearing: Hearing::new(),
            turn: 0,
            pending: VecDeque::new(),
            is_hung: false,
        }
    }

    /// Runs until either channel is closed or the conversation fails as configured.
    pub(super) async fn run(mut self) {
        loop {
            let takes_commands = self.pending.len() < MAX_PENDING;
            let going_on = tokio::select! {
                command = self.commands.next(), if takes_commands => match command {
                    Some(command) => {
                        self.on_command(command);
                        Ok(())
                    }
                    None => Err(Closed),
                },
                told = due(self.pending.front(), &mut self.events) => match told {
                    Ok(()) => self.on_due(),
                    Err(Closed) => Err(Closed),
                },
            };
            if going_on.is_err() || self.events.is_closed() {
                return;
            }
        }
    }

    fn on_command(&mut self, command: SpeechToTextCommand) {
        match command {
            SpeechToTextCommand::Audio(samples) => self.hearing.push(&samples),
            // It tells speech from silence by itself, of the whole utterance at once.
            SpeechToTextCommand::SpeechBegan { .. } => {}
            SpeechToTextCommand::Finalize { number } => self.on_finalize(number),
        }
    }

    fn on_finalize(&mut self, number: u64) {
        let heard = self.hearing.take_utterance();
        self.turn = self.turn.saturating_add(1);
        let text = self.script.utterance(heard);
        let kind = match self.options.fault(self.turn) {
            None => SpeechToTextEventKind::Final(text),
            Some(FaultKind::Fail) => SpeechToTextEventKind::FinalFailed(Arc::new(scripted_failure())),
            Some(FaultKind::Drop) => SpeechToTextEventKind::Failed(Arc::new(scripted_failure())),
            Some(FaultKind::Hang) => {
                self.is_hung = true;
                return;
            }
        };
        if !self.is_hung {
            let due = Instant::now() + self.options.delay.of(self.turn);
            self.pending.push_back(Pending { due, number, kind });
        }
    }

    /// Says what is due; [`due`] waited until there is room.
    fn on_due(&mut self) -> Result<(), Closed> {
        let Some(Pending { number, kind, .. }) = self.pending.pop_front() else {
            return Ok(());
        };
        let is_last = matches!(kind, SpeechToTextEventKind::Failed(_));
        let event = SpeechToTextEvent {
            at: Instant::now().into_std(),
            answers: (!is_last).then_some(number),
            kind,
        };
        self.events.start_send(event).map_err(|_| Closed)?;
        if is_last { Err(Closed) } else { Ok(()) }
    }
}

/// Waits until the next text is due and there is room to say it in. Dropping the future loses nothing.
async fn due(next: Option<&Pending>, events: &mut mpsc::Sender<SpeechToTextEvent>) -> Result<(), Closed> {
    let Some(next) = next else {
        return pending().await;
    };
    until(next.due).await;
    poll_fn(|cx| events.poll_ready(cx)).await.map_err(|_| Closed)
}

//! A session's life, from top to bottom. One task owns all of its state: it waits, asks the `TurnMachine` what to do,
//! and does it. Nothing here decides whose turn it is.

mod carry_out;
mod client;
mod hearing;
mod line;
mod memory;
mod modes;
mod playout;
mod telling;

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Span;
use viva_audio::SampleRate;
use viva_domain::latency::SessionTime;
use viva_domain::sessions::{EndStatus, Interaction, Session};
use viva_domain::turns::{
    Effect, Event, Input, MachineSettings, NoticeCode, SessionFailure, TurnMachine, TurnNumber,
};

use self::carry_out::UserRecording;
use self::hearing::Hearing;
use self::line::Line;
use self::memory::Memory;
use self::modes::{Opening, opened};
pub(super) use self::modes::{fallback_of, on_failure_with};
use self::playout::Playout;
use super::archive::{Archive, Writing};
use super::intake::Intake;
use super::link::{FallbackOffer, Link, SessionMessage};
use super::live::Registration;
use super::outbox::Outbox;
use super::service::{SessionInput, SessionsPorts};
use crate::alarm::alarm;
use crate::credentials::KeyUses;
use crate::meters::{Counted, Queue, Share};
use crate::modes::{InteractionMode, ModeEvent, ModeFactory, ModeSaid};

/// How long the end of a session waits for the database before the client is told that the session is over.
const DRAIN_WAIT: Duration = Duration::from_secs(3);
/// How long the last messages may take to reach the client.
const FAREWELL_WAIT: Duration = Duration::from_secs(2);

/// What a session begins with.
pub(super) struct DriverSetup {
    pub(super) session: Session,
    pub(super) machine: MachineSettings,
    pub(super) input_rate: SampleRate,
    pub(super) output_rate: SampleRate,
    pub(super) intake: Intake,
    /// Whether a cascade makes its answer ready at half the silence.
    pub(super) is_eager: bool,
    /// Why there is none is told to the client, and another one is looked for.
    pub(super) mode: Result<Box<dyn InteractionMode>, SessionFailure>,
    /// Opened the mode, with the keys that the user had then.
    pub(super) modes: Arc<ModeFactory>,
    pub(super) key_uses: KeyUses,
    /// What the session goes on with when the mode fails.
    pub(super) fallback: Option<Interaction>,
    pub(super) tasks: TaskTracker,
    pub(super) archive: Archive,
    pub(super) link: Link,
    pub(super) first_message: SessionMessage,
    pub(super) inputs: mpsc::Receiver<SessionInput>,
    pub(super) ports: SessionsPorts,
    pub(super) registration: Registration,
    pub(super) shutdown: CancellationToken,
    pub(super) started: Instant,
}

pub(super) struct Driver {
    session: Session,
    /// The origin of the session's clock.
    started: Instant,
    machine: TurnMachine,
    input_rate: SampleRate,
    output_rate: SampleRate,
    hearing: Hearing,
    playout: Playout,
    is_eager: bool,
    /// `None` once it was closed, and while there is none.
    mode: Option<Box<dyn InteractionMode>>,
    /// Why the session begins without one.
    not_opened: Option<SessionFailure>,
    modes: Arc<ModeFactory>,
    key_uses: KeyUses,
    opening: Option<Opening>,
    /// What answered until then, before the session went on with another stack.
    replaced: Option<(SessionTime, Interaction)>,
    /// What the session goes on with when the mode fails.
    fallback: Option<Interaction>,
    /// What was offered to go on with since the mode failed.
    offer: Option<FallbackOffer>,
    /// What both sides said in the turns that are finished.
    memory: Memory,
    tasks: TaskTracker,
    archive: Archive,
    /// The turn that is over and not on the disk yet: until then the client is told nothing.
    writing: Option<Writing>,
    outbox: Outbox,
    /// What of it waits.
    waiting: Share,
    line: Line,
    inputs: mpsc::Receiver<SessionInput>,
    ports: SessionsPorts,
    shutdown: CancellationToken,
    /// When the end stops waiting for the database.
    drain_until: Option<Instant>,
    effects: Vec<Effect>,
    /// The current turn's, and that of a turn that was cut and is not saved yet.
    user_recordings: Vec<UserRecording>,
    /// What the client need not be told again.
    said: Vec<NoticeCode>,
    /// What everything is logged in that belongs to the session.
    span: Span,
    /// The turn that it names.
    named_turn: Option<TurnNumber>,
    _registration: Registration,
    _runs: Counted,
}

impl Driver {
    pub(super) fn new(setup: DriverSetup) -> Self {
        let mut outbox = Outbox::default();
        outbox.message(setup.first_message);
        let (mode, not_opened) = match setup.mode {
            Ok(mode) => (Some(mode), None),
            Err(failure) => (None, Some(failure)),
        };
        let meters = &setup.ports.meters;
        let mut driver = Self {
            waiting: Share::of(meters.queue(Queue::Outbox)),
            _runs: meters.session_runs(setup.session.interaction.mode()),
            started: setup.started,
            machine: TurnMachine::new(setup.machine),
            input_rate: setup.input_rate,
            output_rate: setup.output_rate,
            hearing: Hearing::new(setup.intake, setup.machine.turn_taking),
            playout: Playout::new(setup.output_rate),
            is_eager: setup.is_eager,
            mode,
            not_opened,
            fallback: setup.fallback,
            modes: setup.modes,
            key_uses: setup.key_uses,
            opening: None,
            replaced: None,
            offer: None,
            memory: Memory::default(),
            tasks: setup.tasks,
            archive: setup.archive,
            writing: None,
            outbox,
            line: Line::new(setup.link, meters.frames_out()),
            inputs: setup.inputs,
            ports: setup.ports,
            shutdown: setup.shutdown,
            drain_until: None,
            effects: Vec::new(),
            user_recordings: Vec::new(),
            said: Vec::new(),
            span: Span::current(),
            named_turn: None,
            session: setup.session,
            _registration: setup.registration,
        };
        driver.say_when_a_model_is_retired();
        driver.hear_eagerly();
        driver
    }

    /// Runs the session to its end.
    pub(super) async fn run(mut self) {
        self.tell_of_start();
        // Without a mode the user is heard all the same, and answered later.
        self.tell(Input::Opened).await;
        if let Some(failure) = self.not_opened.take() {
            self.on_mode_failed(failure).await;
        }
        while !self.machine.is_over() {
            if self.writing.is_none() {
                self.line.flush(&mut self.outbox);
            }
            self.waiting.set(self.outbox.len());
            self.connect_wanted();
            let is_ending = self.drain_until.is_some();
            // Otherwise the mode waits.
            let may_say = !self.outbox.is_full() && !self.machine.is_far_ahead();
            let deadline = self.deadline();
            tokio::select! {
                input = self.inputs.recv() => self.on_input(input).await,
                event = next_event(&mut self.mode), if may_say => self.on_mode_event(event).await,
                opened = opened(&mut self.opening) => self.on_opened(opened).await,
                () = written(&mut self.writing) => self.writing = None,
                () = self.line.ready(), if !self.outbox.is_empty() && self.writing.is_none() => {}
                () = self.line.lost() => self.on_client_lost().await,
                Some(code) = self.archive.notices.recv() => self.notice(code),
                () = self.archive.drained.cancelled(), if is_ending => self.tell(Input::Drained).await,
                () = self.shutdown.cancelled(), if !is_ending => self.tell(Input::End(EndStatus::Disconnected)).await,
                () = alarm(deadline) => self.on_deadline().await,
            }
        }
        self.say_farewell().await;
    }

    /// Hands over the last messages, if the client takes them in time. One that comes back at the last moment gets them
    /// too; for one that is later the session is over.
    async fn say_farewell(&mut self) {
        let until = Instant::now() + FAREWELL_WAIT;
        self.line.flush(&mut self.outbox);
        while !self.outbox.is_empty() && self.line.is_up() {
            tokio::select! {
                Some(input) = self.inputs.recv() => self.on_late_input(input).await,
                () = self.line.ready() => {}
                () = self.line.lost() => self.line.close(),
                // A client that does not take its farewell goes without: the session is over anyway.
                () = sleep_until(until) => self.line.hang_up_on_slow_client(),
            }
            self.line.flush(&mut self.outbox);
        }
        self.inputs.close();
        while let Some(input) = self.inputs.recv().await {
            self.on_late_input(input).await;
            self.line.flush(&mut self.outbox);
        }
    }

    async fn on_late_input(&mut self, input: SessionInput) {
        if let SessionInput::Attach { .. } = input {
            self.on_input(Some(input)).await;
        }
    }

    async fn on_mode_event(&mut self, event: Option<ModeEvent>) {
        let Some(ModeEvent { generation, at, what }) = event else {
            return self.on_mode_gone().await;
        };
        let at = self.session_time(Instant::from_std(at));
        match what {
            ModeSaid::Said(what) => {
                let what = self.with_failure_explained(what);
                self.tell(Input::Mode { generation, at, what }).await;
                self.hear_without_mode().await;
            }
            ModeSaid::SpeechStarted => {
                let input = self.hearing.provider_heard_start(at);
                self.tell(input).await;
            }
            ModeSaid::SpeechEnded => {
                let input = self.hearing.provider_heard_end(at);
                self.tell(input).await;
            }
        }
    }

    async fn on_deadline(&mut self) {
        let now = Instant::now();
        if self.drain_until.is_some_and(|until| until <= now) {
            return self.tell(Input::Drained).await;
        }
        if self.writing.is_none() && self.line.is_stuck(now) {
            self.line.hang_up_on_slow_client();
            self.on_client_lost().await;
        }
        // Audio that is here but was not heard yet is no stall.
        if self.line.is_up() && self.inputs.is_empty() && self.hearing.has_stalled(self.now()) {
            self.end_user_turn().await;
        }
        self.tell(Input::Tick).await;
    }

    /// When something has to happen without anybody saying anything.
    fn deadline(&self) -> Option<Instant> {
        let of_session = |at: SessionTime| self.started + at.elapsed();
        let stalled = self.hearing.stalls_at().filter(|_| self.line.is_up());
        [
            self.machine.deadline().map(of_session),
            stalled.map(of_session),
            self.line.stuck_at().filter(|_| self.writing.is_none()),
            self.drain_until,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn notice(&mut self, code: NoticeCode) {
        if !self.machine.is_over() {
            self.outbox.message(SessionMessage::Event(Event::Notice(code)));
        }
    }

    /// Says something that would be true of every following frame too.
    fn notice_once(&mut self, code: NoticeCode) {
        if !self.said.contains(&code) {
            self.said.push(code);
            self.notice(code);
        }
    }

    fn now(&self) -> SessionTime {
        self.session_time(Instant::now())
    }

    fn session_time(&self, at: Instant) -> SessionTime {
        SessionTime::new(at.saturating_duration_since(self.started))
    }
}

/// Nothing is waited for unless a turn is on its way to the disk.
async fn written(writing: &mut Option<Writing>) {
    match writing {
        Some(writing) => writing.done().await,
        None => std::future::pending().await,
    }
}

/// The mode's next event; never comes after the mode was closed.
async fn next_event(mode: &mut Option<Box<dyn InteractionMode>>) -> Option<ModeEvent> {
    match mode {
        Some(mode) => mode.next().await,
        None => std::future::pending().await,
    }
}

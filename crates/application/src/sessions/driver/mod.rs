//! A session's life, from top to bottom. One task owns all of its state: it waits, asks the `TurnMachine` what to do,
//! and does it. Nothing here decides whose turn it is.

mod carry_out;
mod hearing;
mod line;
mod memory;
mod modes;
mod playout;

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, info};
use viva_audio::SampleRate;
use viva_domain::latency::{ClientTime, SessionTime};
use viva_domain::sessions::{EndStatus, Interaction, Session};
use viva_domain::turns::{
    Effect, Event, Input, MachineSettings, ModeOrder, NoticeCode, Playback, SessionFailure, TurnMachine,
    TurnTaking,
};

use self::carry_out::UserRecording;
use self::hearing::Hearing;
use self::line::Line;
use self::memory::Memory;
use self::modes::{Opening, opened};
pub(super) use self::modes::{fallback_of, on_failure_with};
use self::playout::Playout;
use super::archive::Archive;
use super::intake::Intake;
use super::link::{FallbackOffer, Link, ResumedSession, SessionMessage};
use super::live::Registration;
use super::outbox::Outbox;
use super::process_audio::UserAudio;
use super::service::{PlaybackReport, SessionInput, SessionsPorts};
use crate::modes::{InteractionMode, ModeEvent, ModeFactory, ModeSaid};

/// How long the end of a session waits for the database before the client is told that the session is over.
const DRAIN_WAIT: Duration = Duration::from_secs(3);
/// How long the last messages may take to reach the client.
const FAREWELL_WAIT: Duration = Duration::from_secs(2);

/// Nothing is due: look again then.
const FAR_AWAY: Duration = Duration::from_hours(1);

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
    pub(super) modes: Arc<ModeFactory>,
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
    opening: Option<Opening>,
    /// What the session goes on with when the mode fails.
    fallback: Option<Interaction>,
    /// What was offered to go on with since the mode failed.
    offer: Option<FallbackOffer>,
    /// What both sides said in the turns that are finished.
    memory: Memory,
    tasks: TaskTracker,
    archive: Archive,
    outbox: Outbox,
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
    _registration: Registration,
}

impl Driver {
    pub(super) fn new(setup: DriverSetup) -> Self {
        let mut outbox = Outbox::default();
        outbox.message(setup.first_message);
        let (mode, not_opened) = match setup.mode {
            Ok(mode) => (Some(mode), None),
            Err(failure) => (None, Some(failure)),
        };
        let mut driver = Self {
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
            opening: None,
            offer: None,
            memory: Memory::default(),
            tasks: setup.tasks,
            archive: setup.archive,
            outbox,
            line: Line::new(setup.link),
            inputs: setup.inputs,
            ports: setup.ports,
            shutdown: setup.shutdown,
            drain_until: None,
            effects: Vec::new(),
            user_recordings: Vec::new(),
            said: Vec::new(),
            session: setup.session,
            _registration: setup.registration,
        };
        driver.say_when_a_model_is_retired();
        driver.hear_eagerly();
        driver
    }

    /// Runs the session to its end.
    pub(super) async fn run(mut self) {
        info!(session.id = %self.session.id, "Started session {}", self.session.id);
        // Without a mode the user is heard all the same, and answered later.
        self.tell(Input::Opened).await;
        if let Some(failure) = self.not_opened.take() {
            self.on_mode_failed(failure).await;
        }
        while !self.machine.is_over() {
            self.line.flush(&mut self.outbox);
            let is_ending = self.drain_until.is_some();
            // Otherwise the mode waits.
            let may_say = !self.outbox.is_full() && !self.machine.is_far_ahead();
            let deadline = self.deadline();
            tokio::select! {
                input = self.inputs.recv() => self.on_input(input).await,
                event = next_event(&mut self.mode), if may_say => self.on_mode_event(event).await,
                opened = opened(&mut self.opening) => self.on_opened(opened).await,
                () = self.line.ready(), if !self.outbox.is_empty() => {}
                () = self.line.lost() => self.on_client_lost().await,
                Some(code) = self.archive.notices.recv() => self.notice(code),
                () = self.archive.drained.cancelled(), if is_ending => self.tell(Input::Drained).await,
                () = self.shutdown.cancelled(), if !is_ending => self.tell(Input::End(EndStatus::Disconnected)).await,
                () = sleep_until(deadline) => self.on_deadline().await,
            }
        }
        self.say_farewell().await;
        info!(session.id = %self.session.id, "Ended session {}", self.session.id);
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

    async fn on_input(&mut self, input: Option<SessionInput>) {
        match input {
            Some(SessionInput::Audio(audio)) => self.on_audio(audio).await,
            Some(SessionInput::Ready) => self.tell(Input::ClientReady).await,
            Some(SessionInput::EndTurn) => self.end_user_turn().await,
            Some(SessionInput::Interrupt { played }) => self.tell(Input::Interrupt { played }).await,
            Some(SessionInput::Update {
                barge_in,
                turn_detection,
            }) => {
                self.hearing.change(turn_detection);
                if let Some(eager) = turn_detection.eager {
                    self.is_eager = eager;
                    self.hear_eagerly();
                }
                if let Some(barge_in) = barge_in {
                    self.tell(Input::SetBargeIn(barge_in)).await;
                }
            }
            Some(SessionInput::SwitchMode(interaction)) => self.switch_to(*interaction).await,
            Some(SessionInput::Playback(report)) => self.on_playback(report).await,
            Some(SessionInput::FirstAudioSent { turn, at }) => {
                let at = self.session_time(at);
                self.tell_at(at, Input::FirstAudioSent { turn }).await;
            }
            Some(SessionInput::End) => self.tell(Input::End(EndStatus::Completed)).await,
            Some(SessionInput::Supersede) => self.tell(Input::End(EndStatus::Superseded)).await,
            Some(SessionInput::Attach {
                link,
                last_audio_seq,
                last_message_seq,
            }) => {
                self.on_attach(link, last_audio_seq, last_message_seq).await;
            }
            None => self.tell(Input::End(EndStatus::Disconnected)).await,
        }
    }

    async fn on_audio(&mut self, audio: UserAudio) {
        let received = self.session_time(audio.received);
        let samples: Arc<[i16]> = audio.samples.into();
        self.expect_echo(audio.captured, received);
        let speaks = self.hearing.listen(&samples, audio.captured, received);
        // The mode gets the audio before it can be told that the turn is over.
        if let Some(mode) = &mut self.mode {
            let lost = mode.push_audio(&samples);
            if lost > 0 {
                debug!(session.id = %self.session.id, audio.samples = lost, "The provider does not keep up");
                self.notice_once(NoticeCode::AudioDropped);
            }
        }
        self.record_user(samples);
        for input in speaks {
            self.tell(input).await;
        }
        if self.hearing.is_too_quiet() {
            self.notice(NoticeCode::MicrophoneQuiet);
        }
    }

    /// What comes next from the microphone may contain what the client plays meanwhile.
    fn expect_echo(&mut self, captured: Option<ClientTime>, received: SessionTime) {
        let at = captured.and_then(|captured| self.hearing.to_session(captured));
        if let Some((turn, heard)) = self.machine.audible(at.unwrap_or(received))
            && let Some(level) = self.playout.loudest(turn, heard)
        {
            self.hearing.ai_is_heard(level);
        }
    }

    /// The user is done, by their own word or because no more audio comes.
    async fn end_user_turn(&mut self) {
        if let Some(ended) = self.hearing.end_turn(self.now()) {
            self.tell(ended).await;
        } else if let Some(mode) = &mut self.mode
            && mode.turn_taking() == TurnTaking::Provider
        {
            mode.order(ModeOrder::EndTurn);
        }
    }

    async fn on_playback(&mut self, report: PlaybackReport) {
        let PlaybackReport {
            turn,
            event,
            played,
            at,
        } = report;
        let session_at = self.hearing.to_session(at);
        self.outbox
            .release_audio(turn, self.output_rate.samples_in(played));
        self.tell(Input::Playback(Playback {
            turn,
            event,
            played,
            at,
            session_at,
        }))
        .await;
    }

    async fn on_mode_event(&mut self, event: Option<ModeEvent>) {
        let Some(ModeEvent { generation, at, what }) = event else {
            return self.on_mode_gone().await;
        };
        let at = self.session_time(Instant::from_std(at));
        match what {
            ModeSaid::Said(what) => {
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

    async fn on_client_lost(&mut self) {
        info!(session.id = %self.session.id, "Lost the client of session {}", self.session.id);
        self.line.close();
        self.tell(Input::ClientLost).await;
    }

    async fn on_attach(&mut self, link: Link, last_audio: Option<u32>, last_message: Option<u32>) {
        info!(session.id = %self.session.id, "Resumed session {}", self.session.id);
        self.line.replace(link);
        self.hearing.client_is_back(self.now());
        let resumed = ResumedSession {
            id: self.session.id,
            state: self.machine.state(),
            turn: self.machine.turn_number(),
        };
        let is_whole = self
            .outbox
            .resume(SessionMessage::Resumed(resumed), last_audio, last_message);
        self.tell(Input::ClientBack).await;
        if !is_whole {
            self.notice(NoticeCode::ResumeIncomplete);
        }
        // The client need not be the one that was told.
        self.offer_again();
    }

    async fn on_deadline(&mut self) {
        let now = Instant::now();
        if self.drain_until.is_some_and(|until| until <= now) {
            return self.tell(Input::Drained).await;
        }
        if self.line.is_stuck(now) {
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
    fn deadline(&self) -> Instant {
        let of_session = |at: SessionTime| self.started + at.elapsed();
        let stalled = self.hearing.stalls_at().filter(|_| self.line.is_up());
        [
            self.machine.deadline().map(of_session),
            stalled.map(of_session),
            self.line.stuck_at(),
            self.drain_until,
        ]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or_else(|| Instant::now() + FAR_AWAY)
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

/// The mode's next event; never comes after the mode was closed.
async fn next_event(mode: &mut Option<Box<dyn InteractionMode>>) -> Option<ModeEvent> {
    match mode {
        Some(mode) => mode.next().await,
        None => std::future::pending().await,
    }
}

use std::rc::Rc;

use futures_channel::mpsc::UnboundedReceiver;
use futures_util::StreamExt;
use futures_util::future::AbortHandle;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;
use viva_audio_worker::FRAME_MS;
use viva_protocol::ws::{ClientMessage, ServerMessage, SwitchMode};

use super::connection::Connection;
use super::devices::{Asking, list_devices};
use super::event::{Event, Events, send};
use super::playback::Playing;
use super::replay::Replay;
use crate::api;
use crate::audio::{AudioProblem, Captured, DeviceWatch, Output, Rig, RigEvent, RigListener, devices};
use crate::browser::now_ms;
use crate::state::choices::Part;
use crate::state::context::{AskedForVoices, Devices, Providers, Talk};
use crate::state::conversation::Conversation;
use crate::state::message::{Message, Topic};
use crate::state::meter::{Meter, Sound, position};
use crate::state::phase::Phase;
use crate::state::speaker::SpeakerWatch;
use crate::state::stall::{Stall, StallWatch};

/// How long the server may take to confirm the end.
const END_TIMEOUT_MS: u32 = 3_000;

/// How often, and how often at most, a turn is asked for that is not stored yet.
const STORED_EVERY_MS: u32 = 400;
const STORED_ATTEMPTS: u32 = 8;

/// The session's task and everything it owns.
pub(super) struct Actor {
    pub(super) talk: Talk,
    pub(super) events: Events,
    /// Counts the presses of *Start*.
    pub(super) start: u32,
    pub(super) rig: Option<Rig>,
    pub(super) connection: Connection,
    pub(super) playing: Playing,
    pub(super) replay: Option<Replay>,
    /// Counts the recordings that were played back.
    pub(super) replays: u32,
    pub(super) speaker: SpeakerWatch,
    pub(super) asking: Asking,
    asked_for_voices: AskedForVoices,
    /// What is being opened, which may wait for the person's permission for ever.
    pub(super) opening: Option<AbortHandle>,
    pub(super) meter: Meter,
    stall: StallWatch,
    /// Frames since the last tick.
    captured: u32,
    /// When the session began, in ms of `performance.now()`.
    began_ms: Option<f64>,
    /// Follows devices that come and go.
    _watch: DeviceWatch,
}

/// Runs the task until the page is left.
pub(super) fn spawn(talk: Talk, events: Events, mut incoming: UnboundedReceiver<Event>) {
    load_providers(talk, events.clone());
    super::self_test::follow(talk, events.clone());
    super::templates::load(talk, events.clone());
    list_devices(&events);
    let on_change = events.clone();
    let mut actor = Actor {
        talk,
        events,
        start: 0,
        rig: None,
        connection: Connection::default(),
        playing: Playing::default(),
        replay: None,
        replays: 0,
        speaker: SpeakerWatch::default(),
        asking: Asking::default(),
        asked_for_voices: AskedForVoices::default(),
        opening: None,
        meter: Meter::default(),
        stall: StallWatch::default(),
        captured: 0,
        began_ms: None,
        _watch: DeviceWatch::start(move || send(&on_change, Event::DevicesChanged)),
    };
    spawn_local(async move {
        while let Some(event) = incoming.next().await {
            if matches!(event, Event::Shutdown) {
                break;
            }
            actor.take(event);
        }
        actor.release();
    });
}

impl Actor {
    fn take(&mut self, event: Event) {
        match event {
            Event::Start(output) => self.begin(output),
            Event::Prepared { start, rig, devices } if start == self.start => self.prepared(*rig, devices),
            Event::End => self.end(),
            Event::Interrupt => self.interrupt(),
            Event::EndTurn if self.talk_phase().is_live() => self.send(ClientMessage::EndTurn),
            Event::ToggleMute => self.toggle_mute(),
            Event::SettingsChanged => {
                self.apply_turn_taking();
                self.update_session();
            }
            Event::MicrophoneChosen => self.choose_microphone(),
            Event::SpeakerChosen => {
                self.speaker = SpeakerWatch::default();
                self.look_at_speaker();
            }
            Event::SwitchMode(interaction) if self.talk_phase().is_live() => {
                self.talk.conversation.update(Conversation::take_offer);
                self.send(ClientMessage::SwitchMode(SwitchMode {
                    mode: interaction.mode(),
                    config: interaction.config(),
                }));
            }
            Event::Replay { turn_number, role } => self.replay(turn_number, role),
            Event::SelfTest => super::self_test::start(self.talk, self.events.clone()),
            Event::SaveTemplate(page) => super::templates::save(self.talk, self.events.clone(), page),
            Event::DeleteTemplate => super::templates::delete(self.talk, self.events.clone()),
            Event::Preview => super::templates::preview(self.talk, self.events.clone()),
            Event::ListVoices => self.list_voices(),
            Event::NoVoices(provider) => self.asked_for_voices.in_vain(&provider),
            Event::ReplayEnded { number, ok } => self.replay_ended(number, ok),
            Event::Socket { connection, event } if self.connection.is_current(connection) => {
                self.on_socket(event);
            }
            Event::ConnectTimeout { connection } if self.connection.is_waiting(connection) => {
                self.on_lost(None);
            }
            Event::Countdown { connection } if self.connection.is_current(connection) => self.count_down(),
            Event::EndTimeout { start } if start == self.start && self.talk_phase() == Phase::Ending => {
                self.finish();
            }
            Event::Rig { start, event } if start == self.start => self.on_rig(event),
            Event::MicrophoneOpened { start, microphone } if start == self.start => {
                self.microphone_opened(*microphone);
            }
            Event::DevicesChanged => self.devices_changed(),
            Event::DevicesListed(devices) => self.devices_listed(devices),
            Event::Turns { session_id, turns } => self.talk.conversation.update(|conversation| {
                if conversation.session_id == Some(session_id) {
                    conversation.settle(turns);
                }
            }),
            Event::SignedOut => self.signed_out(),
            // What belongs to a session or a connection that is over.
            _ => {}
        }
    }

    pub(super) fn talk_phase(&self) -> Phase {
        self.talk
            .conversation
            .with_untracked(|conversation| conversation.phase)
    }

    pub(super) fn set_phase(&self, phase: Phase) {
        self.talk
            .conversation
            .update(|conversation| conversation.phase = phase);
    }

    fn begin(&mut self, output: Result<Output, AudioProblem>) {
        if !self.talk_phase().can_start() {
            return;
        }
        self.stop_replay();
        self.release();
        self.start += 1;
        self.speaker = SpeakerWatch::default();
        self.asking = Asking::default();
        self.talk.begin();
        match output {
            Ok(output) => self.prepare(output),
            Err(problem) => self.refuse(problem),
        }
    }

    fn prepare(&mut self, output: Output) {
        let (start, events, listener) = (self.start, self.events.clone(), self.listener());
        let device = self.talk.microphone.get_untracked();
        let opening = async move {
            let rig = Rig::open(output, device, listener).await;
            // Who may listen knows the loudspeakers: one that is not there is not even tried.
            (Box::new(rig), devices().await)
        };
        self.open(opening, move |(rig, devices)| {
            send(&events, Event::Prepared { start, rig, devices });
        });
    }

    pub(super) fn listener(&self) -> RigListener {
        let (start, events) = (self.start, self.events.clone());
        Rc::new(move |event| send(&events, Event::Rig { start, event }))
    }

    fn prepared(&mut self, rig: Result<Rig, AudioProblem>, devices: Devices) {
        if self.talk_phase() != Phase::AskingForMicrophone {
            return;
        }
        let is_outdated = std::mem::take(&mut self.asking) == Asking::Again;
        match rig {
            Ok(rig) => {
                self.rig = Some(rig);
                self.devices_listed(devices);
                if is_outdated {
                    self.reopen_microphone();
                }
                self.apply_mute();
                self.apply_turn_taking();
                self.check_microphone();
                self.set_phase(Phase::Connecting);
                self.connect();
            }
            Err(problem) => self.refuse(problem),
        }
    }

    fn refuse(&mut self, problem: AudioProblem) {
        match problem {
            AudioProblem::Microphone(problem) => {
                self.talk.problem.set(Some(problem));
                self.set_phase(Phase::Ready);
            }
            other => self.talk.fail(other.into()),
        }
        self.release();
    }

    fn end(&mut self) {
        match self.talk_phase() {
            Phase::AskingForMicrophone | Phase::Connecting | Phase::Reconnecting(_) => self.finish(),
            phase if phase.is_live() => {
                self.set_phase(Phase::Ending);
                self.send(ClientMessage::EndSession);
                let (start, events) = (self.start, self.events.clone());
                spawn_local(async move {
                    TimeoutFuture::new(END_TIMEOUT_MS).await;
                    send(&events, Event::EndTimeout { start });
                });
            }
            _ => {}
        }
    }

    /// Ends without the server's word.
    fn finish(&mut self) {
        let begun = self.connection.session_id().is_some();
        self.set_phase(if begun { Phase::Ended } else { Phase::Ready });
        self.release();
    }

    /// The session failed; what was said and measured stays on the page.
    pub(super) fn fail(&mut self, message: Message) {
        self.talk.fail(message);
        self.release();
    }

    /// Lets go of the microphone, the loudspeaker and the connection.
    pub(super) fn release(&mut self) {
        if let Some(opening) = self.opening.take() {
            opening.abort();
        }
        self.rig = None;
        self.connection.close();
        self.playing = Playing::default();
        self.meter = Meter::default();
        self.stall = StallWatch::default();
        self.began_ms = None;
        self.talk.reading.set(self.meter.reading());
    }

    pub(super) fn session_began(&mut self) {
        self.began_ms = Some(now_ms());
        if self.rig.as_ref().is_some_and(Rig::keep_running) {
            self.tell_ready();
        }
        // The setup may have changed while the session was being opened.
        self.apply_turn_taking();
        self.update_session();
        self.talk.sheet.set(None);
    }

    fn on_rig(&mut self, event: RigEvent) {
        match event {
            RigEvent::Captured(captured) => self.on_captured(&captured),
            RigEvent::Played(played) => self.on_played(played),
            RigEvent::TrackEnded => self.replace_lost_microphone(),
            RigEvent::Broken(detail) => self.fail(AudioProblem::Unsupported(detail).into()),
            RigEvent::Tick => self.tick(),
        }
    }

    /// What must go on when the system stops the audio, and with it the frames.
    fn tick(&mut self) {
        let Some(rig) = &self.rig else { return };
        // A microphone that delivers nothing is as bad as a context that is stopped. One that is lost was told of already.
        let is_excused = self.asking != Asking::No || rig.microphone().is_lost();
        let captures = std::mem::take(&mut self.captured) > 0 || is_excused;
        let runs = rig.keep_running();
        if runs {
            self.tell_ready();
        }
        match self.stall.look(runs && captures) {
            Some(Stall::Began) => self.talk.tell(Message::new(Topic::AudioStopped)),
            Some(Stall::Ended) => self.talk.audio_runs(),
            None => {}
        }
        self.show_elapsed();
        self.watch_connection();
    }

    fn on_captured(&mut self, captured: &Captured) {
        let Some(rig) = &self.rig else { return };
        rig.observe();
        self.captured += 1;
        let captured_ms = rig.captured_at_ms(captured.stamp);
        let user_speaks = self
            .talk
            .conversation
            .with_untracked(|conversation| conversation.user_speaks);
        let sound = Sound {
            level: captured.level,
            user_speaks,
            hears_the_ai: captured.hears_the_ai,
        };
        let reading = self.meter.push(sound, FRAME_MS);
        self.talk.reading.set(reading);
        self.talk
            .strip
            .update_value(|strip| strip.push_user(position(captured.level.rms_dbfs), FRAME_MS));
        if self.connection.session_id().is_some() {
            self.send_audio(captured, captured_ms);
        }
    }

    fn show_elapsed(&self) {
        let Some(began_ms) = self.began_ms else { return };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "seconds of a session"
        )]
        let elapsed_s = ((now_ms() - began_ms) / 1_000.0) as u64;
        if self.talk.elapsed_s.get_untracked() != elapsed_s {
            self.talk.elapsed_s.set(elapsed_s);
        }
    }

    fn toggle_mute(&mut self) {
        self.talk.muted.update(|muted| *muted = !*muted);
        self.apply_mute();
    }

    /// Asks for the turns as the server stored them, once one is over.
    pub(super) fn refresh_turns(&self, message: &ServerMessage) {
        let turn_number = match message {
            ServerMessage::ResponseEnded(response) => response.turn_number,
            ServerMessage::SessionEnded(ended) if ended.summary.total_turns > 0 => {
                u16::try_from(ended.summary.total_turns).unwrap_or(u16::MAX)
            }
            _ => return,
        };
        if let Some(session_id) = self.connection.session_id() {
            spawn_local(fetch_turns(session_id, turn_number, self.events.clone()));
        }
    }

    /// Those who cannot be used are not asked.
    fn list_voices(&mut self) {
        let talk = self.talk;
        let id = talk
            .settings
            .with_untracked(|settings| settings.part(Part::Tts).provider.clone());
        let is_available = talk.providers.with_untracked(|providers| {
            let provider = providers.list().and_then(|list| Part::Tts.provider(list, &id));
            provider.is_some_and(|provider| provider.available)
        });
        if is_available && self.asked_for_voices.begin(&id) {
            spawn_local(fetch_voices(talk, id, self.events.clone()));
        }
    }
}

/// What the provider lists takes the place of what is known without it.
async fn fetch_voices(talk: Talk, provider: String, events: Events) {
    match api::voices(&provider).await {
        Ok(list) if list.from_provider => talk
            .providers
            .update(|providers| providers.set_voices(&provider, list.items)),
        Err(failed) if failed.is_signed_out() => send(&events, Event::SignedOut),
        Ok(_) | Err(_) => send(&events, Event::NoVoices(provider)),
    }
}

/// Asks until the turn is stored, which takes a moment after its end. Without it the page shows what it heard itself, and
/// the recording cannot be played.
async fn fetch_turns(session_id: Uuid, turn_number: u16, events: Events) {
    for _ in 0..STORED_ATTEMPTS {
        match api::turns(session_id, turn_number).await {
            Ok(turns) => {
                let stored = turns.iter().any(|turn| turn.turn_number == turn_number);
                send(&events, Event::Turns { session_id, turns });
                if stored {
                    return;
                }
            }
            Err(failed) if failed.is_signed_out() => return send(&events, Event::SignedOut),
            Err(_) => {}
        }
        TimeoutFuture::new(STORED_EVERY_MS).await;
    }
}

fn load_providers(talk: Talk, events: Events) {
    spawn_local(async move {
        match api::providers().await {
            Ok(list) => {
                talk.settings.update(|settings| settings.reconcile(&list));
                talk.providers.set(Providers::Loaded(list));
            }
            Err(failed) => {
                talk.providers.set(Providers::Failed);
                if failed.is_signed_out() {
                    send(&events, Event::SignedOut);
                }
            }
        }
    });
}

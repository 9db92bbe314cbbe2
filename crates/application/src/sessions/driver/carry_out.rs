//! Carries out what the machine decided.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;
use viva_audio::SampleRate;
use viva_domain::ids::TurnId;
use viva_domain::latency::SessionTime;
use viva_domain::ports::{ProviderError, ProviderErrorKind, RUN_UP};
use viva_domain::sessions::Interaction;
use viva_domain::turns::{
    Basis, Effect, Event, FinishedTurn, Generation, Input, ModeInput, ModeOrder, NoticeCode, Placing,
    SessionFailure, Turn, TurnNumber, TurnTaking,
};

use super::telling::tell_of_turn;
use super::{DRAIN_WAIT, Driver};
use crate::history::Side;
use crate::meters::{Dropped, error_kind};
use crate::modes::failure;
use crate::sessions::archive::{Placements, SessionEnd};
use crate::sessions::outbox::post;

/// How long after the end of speech the user is recorded where nobody answers.
const TAIL: Duration = Duration::from_secs(1);

/// How exactly it is found where audio was lost, in ms.
const STEP_MS: u32 = 5;

/// The recording of the user's side that runs.
#[derive(Debug)]
pub(super) struct UserRecording {
    pub(super) turn: TurnNumber,
    pub(super) began: SessionTime,
    /// The first voiced sample.
    pub(super) speech_started: SessionTime,
    pub(super) is_open: bool,
    /// The sample from which on nothing was recorded, since nobody would answer it.
    paused_at: Option<u64>,
    /// Its length.
    samples: u64,
    /// When what was recorded was said.
    placing: Placing,
}

impl UserRecording {
    /// It goes on with these samples of all that was heard, each of which was said when `time_of` tells.
    fn grow(&mut self, heard: Range<u64>, rate: SampleRate, time_of: impl Fn(u64) -> Option<SessionTime>) {
        let step = rate.samples_in_ms(STEP_MS);
        let mut from = heard.start;
        while from < heard.end {
            let to = heard.end.min(from + step);
            // Audio is lost before a sample: when one ended, only it can tell.
            let ended = time_of(to - 1).map(|last| last.after(rate.duration_of(1)));
            let ends = [(0, time_of(from)), (to - from, ended)];
            for (samples, at) in ends {
                if let Some(at) = at {
                    self.placing.note(rate.duration_of(self.samples + samples), at);
                }
            }
            self.samples += to - from;
            from = to;
        }
    }
}

impl Driver {
    pub(super) async fn tell(&mut self, input: Input) {
        self.tell_at(self.now(), input).await;
    }

    pub(super) async fn tell_at(&mut self, now: SessionTime, input: Input) {
        let mut effects = std::mem::take(&mut self.effects);
        self.machine.handle(now, input, &mut effects);
        self.name_turn();
        for effect in effects.drain(..) {
            self.carry_out(effect).await;
        }
        self.effects = effects;
    }

    async fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Emit(event) => {
                self.tell_of(&event);
                if event == Event::Notice(NoticeCode::UtteranceLimitReached) {
                    self.hear_anew();
                }
                if let Event::Interrupted { turn, .. } = &event {
                    let unsent = self.outbox.unsent_frames(*turn);
                    self.ports.meters.dropped(Dropped::Interrupted, unsent);
                }
                if let Some(audio) = post(&mut self.outbox, event) {
                    self.playout.push(audio.turn, &audio.samples);
                    self.record(audio.turn, Side::Ai, audio.samples.into());
                }
            }
            Effect::CloseMode => self.close().await,
            Effect::Order(order) => self.order(order),
            Effect::TurnOpened { turn, speech_started } => {
                if let Some(at) = speech_started {
                    self.begin_user_recording(turn, at);
                    if !self.machine.hears_later() {
                        self.say_that_speech_began(at);
                    }
                }
            }
            Effect::UserAudioComplete { turn } => {
                self.end_user_recording(turn);
                self.archive.complete(turn, Side::User).await;
            }
            Effect::Replay => self.hear_what_waited().await,
            Effect::ModeLost(failure) => self.on_mode_lost(&failure),
            Effect::TranscriptAmended(amended) => {
                self.memory.amend(&amended);
                self.archive.amend(amended).await;
            }
            Effect::TurnFinished(finished) => {
                self.memory.add(&finished);
                let failed = finished.failure.as_ref().map(|failure| error_kind(&failure.kind));
                let (turn, placements) = self.turn(*finished);
                self.watch(&turn, failed);
                self.writing = Some(self.archive.save(turn, placements).await);
            }
        }
    }

    /// Tells those who watch of a turn that is over, and of what failed in it.
    fn watch(&self, turn: &Turn, failed: Option<&'static str>) {
        // An answer may be heard to its end when another stack is there already.
        let began = turn.marks.provider_first_audio;
        let interaction = match &self.replaced {
            Some((until, before)) if began.is_some_and(|began| began <= *until) => before,
            _ => &self.session.interaction,
        };
        tell_of_turn(interaction, turn);
        self.ports.meters.turn(interaction, turn);
        self.ports
            .traces
            .turn(self.session.started_at, interaction, turn, failed);
    }

    /// The mode is given the turn that the user took while the AI finished.
    async fn hear_what_waited(&mut self) {
        self.catch_up_recording(0);
        // It has heard the first moments live: what it keeps of them is none of what follows.
        let silence = vec![0; usize::try_from(self.input_rate.samples_in(RUN_UP)).unwrap_or_default()];
        // Where there is no room for it, there is none for what follows either.
        let _ = self.push_again(&silence.into());
        let given = self.replay().await;
        Box::pin(self.tell(Input::Replayed(given))).await;
    }

    /// The turn reached its limit: what the user says from now on is something new. The machine knows that it is over.
    fn hear_anew(&mut self) {
        let _ = self.hearing.end_turn(self.now());
    }

    fn order(&mut self, order: ModeOrder) {
        let Some(mode) = &mut self.mode else { return };
        mode.order(order);
        match order {
            // Being told so has no effects; it only marks the time.
            ModeOrder::Commit(_) => self.machine.handle(self.now(), Input::Committed, &mut Vec::new()),
            ModeOrder::GoOn { .. } => {
                if let Some(at) = self.hearing.told() {
                    self.say_that_speech_began(at);
                }
            }
            _ => {}
        }
    }

    /// Where the session finds turns, the mode is told when one begins.
    fn say_that_speech_began(&mut self, at: SessionTime) {
        let ago = self.now().since(at);
        if let Some(mode) = &mut self.mode
            && mode.turn_taking() == TurnTaking::Session
        {
            mode.order(ModeOrder::SpeechBegan { ago });
        }
    }

    /// The conversation is over: nothing more goes to the provider, and what was said is stored.
    async fn close(&mut self) {
        self.mode = None;
        self.opening = None;
        self.drain_until = Some(Instant::now() + DRAIN_WAIT);
        if let Some(status) = self.machine.ending() {
            self.ports.meters.session_ended(status);
            self.archive
                .end(SessionEnd {
                    // As its turns have it: the wall clock may have been set meanwhile.
                    at: self.wall_time(self.now()),
                    status,
                })
                .await;
        }
    }

    /// The provider closed the conversation without a word.
    pub(super) async fn on_mode_gone(&mut self) {
        self.mode = None;
        let provider = match &self.session.interaction {
            Interaction::Realtime(config) => &config.provider,
            // It lasts as long as its ears.
            Interaction::Cascade(config) => &config.stt.provider,
        };
        let err = ProviderError {
            kind: ProviderErrorKind::Failed("it closed the conversation".to_owned()),
            provider: provider.clone(),
            retry_after: None,
            source: None,
        };
        self.ports.meters.provider_failed(&err.provider, &err.kind);
        let failure = failure(&err);
        self.on_mode_failed(failure).await;
    }

    pub(super) async fn on_mode_failed(&mut self, failure: SessionFailure) {
        let what = ModeInput::Failed(failure);
        self.tell(Input::Mode {
            generation: Generation::FIRST,
            at: self.now(),
            what,
        })
        .await;
        self.hear_without_mode().await;
    }

    fn begin_user_recording(&mut self, turn: TurnNumber, speech_started: SessionTime) {
        let Some((samples, began)) = self.hearing.beginning() else {
            return;
        };
        let first = self.hearing.position().saturating_sub(samples.len() as u64);
        let voiced = self.hearing.first_voiced();
        let run_up = voiced.and_then(|voiced| voiced.checked_sub(first));
        let mut placing = Placing::default();
        if let Some(run_up) = run_up {
            // The stamps of samples jitter, and the mark follows that of the first voiced one: it is heard where it is marked.
            let began = speech_started.before(self.input_rate.duration_of(run_up));
            placing.note(Duration::ZERO, began);
        }
        self.user_recordings.push(UserRecording {
            turn,
            began,
            speech_started,
            is_open: true,
            paused_at: None,
            samples: 0,
            placing,
        });
        self.record_of_user(turn, first, samples.into());
    }

    fn end_user_recording(&mut self, turn: TurnNumber) {
        for recording in self
            .user_recordings
            .iter_mut()
            .filter(|recording| recording.turn == turn)
        {
            recording.is_open = false;
        }
    }

    /// Records the user's audio into the turn that runs, if one does. A turn may wait for long where there is no mode, or
    /// where the AI finishes first: only what the user says is recorded then.
    pub(super) fn record_user(&mut self, samples: Arc<[i16]>) {
        let waits = self.mode.is_none() || self.machine.hears_later();
        let is_idle = waits && self.hearing.has_been_quiet_for(TAIL);
        if !is_idle {
            self.catch_up_recording(samples.len());
        }
        let began = self.hearing.position().saturating_sub(samples.len() as u64);
        let Some(recording) = self
            .user_recordings
            .iter_mut()
            .find(|recording| recording.is_open)
        else {
            return;
        };
        if is_idle {
            recording.paused_at.get_or_insert(began);
        } else {
            let turn = recording.turn;
            self.record_of_user(turn, began, samples);
        }
    }

    /// What is said now may have begun while nothing was recorded. The last samples are recorded by the caller.
    pub(super) fn catch_up_recording(&mut self, less: usize) {
        let recording = self
            .user_recordings
            .iter_mut()
            .find(|recording| recording.is_open);
        if let Some(recording) = recording
            && let Some(paused_at) = recording.paused_at.take()
        {
            let turn = recording.turn;
            let mut missed = self.hearing.since(paused_at);
            let first = self.hearing.position().saturating_sub(missed.len() as u64);
            missed.truncate(missed.len().saturating_sub(less));
            self.record_of_user(turn, first, missed.into());
        }
    }

    /// Records what the user said from the `first` sample of all that was heard on, and when that was.
    fn record_of_user(&mut self, turn: TurnNumber, first: u64, samples: Arc<[i16]>) {
        let heard = first..first + samples.len() as u64;
        if !self.record(turn, Side::User, samples) {
            return; // What follows it has a gap before it.
        }
        let mut recordings = self.user_recordings.iter_mut();
        if let Some(recording) = recordings.find(|recording| recording.turn == turn) {
            recording.grow(heard, self.input_rate, |sample| self.hearing.time_of(sample));
        }
    }

    /// Answers whether there was room.
    fn record(&mut self, turn: TurnNumber, side: Side, samples: Arc<[i16]>) -> bool {
        let has_room = self.archive.append(turn, side, samples);
        if !has_room {
            self.ports.meters.dropped(Dropped::RecorderBusy, 1);
            self.notice_once(NoticeCode::RecordingFailed);
        }
        has_room
    }

    /// The turn for the record, and where its recordings lie in time.
    fn turn(&mut self, finished: FinishedTurn) -> (Turn, Placements) {
        let FinishedTurn {
            number, mut marks, ..
        } = finished;
        let recording = self
            .user_recordings
            .extract_if(.., |recording| recording.turn == number)
            .next();
        marks.user_audio_began = recording.as_ref().map(|recording| recording.began);
        let placements = Placements {
            user: recording.and_then(|recording| recording.placing.finish(Basis::Measured)),
            ai: finished.placement,
        };
        let turn = Turn {
            id: TurnId::from_uuid(self.ports.ids.uuid()),
            session_id: self.session.id,
            number,
            started_at: self.wall_time(finished.began),
            ended_at: self.wall_time(finished.ended),
            user_transcript: finished.user_transcript,
            answer: finished.answer,
            user_audio: None,
            ai_audio: None,
            played: finished.played,
            interruption: finished.interruption,
            false_interruptions: finished.false_interruptions,
            failure: finished.failure.map(|failure| failure.message),
            usage: finished.usage,
            marks,
            latency: finished.latency,
        };
        (turn, placements)
    }

    fn wall_time(&self, at: SessionTime) -> DateTime<Utc> {
        let micros = i64::try_from(at.elapsed().as_micros()).unwrap_or(i64::MAX);
        self.session.started_at + TimeDelta::microseconds(micros)
    }
}

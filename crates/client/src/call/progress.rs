use std::collections::BTreeMap;
use std::time::Duration;

use viva_audio::level::first_audible;
use viva_audio::{LevelMeter, SampleRate, pcm};
use viva_protocol::ws::{
    AudioFrame, ErrorMessage, Notice, PlaybackReport, Role, ServerMessage, SessionEndStatus, SessionEnded,
    SessionSummary,
};

use super::{Call, HangUp, KeepAudio, Outcome, TurnReport};

/// How long everything must be quiet, beyond the silence that ends a turn, until the conversation is taken to be over.
const SETTLED: Duration = Duration::from_millis(1_500);

/// What a session waits for the end of a turn when the call does not say: longer than any default.
const DEFAULT_SILENCE: Duration = Duration::from_secs(1);

/// Where a call stands, and what happened so far. Decides when to hang up; reads no clock.
#[derive(Debug)]
pub(super) struct Progress {
    turns: BTreeMap<u16, Turn>,
    keep_audio: KeepAudio,
    /// Of the answers' audio.
    rate: SampleRate,
    floor: Floor,
    /// What the user says now, or said last, began while the AI spoke.
    spoke_over: bool,
    /// The caller hung up: what is cut from now on is cut by that.
    hung_up: bool,
    last_activity: Duration,
    pub(super) errors: Vec<ErrorMessage>,
    pub(super) notices: Vec<Notice>,
    failure: Option<String>,
    pub(super) ended: Option<(SessionEndStatus, SessionSummary)>,
}

/// Who speaks, or is about to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Floor {
    Nobody,
    User,
    /// The user was heard to the end, and the AI has not begun.
    Awaited,
    Ai,
    /// The user spoke while the AI did, and both are done: that was a turn, or nothing.
    Doubtful,
}

#[derive(Debug)]
struct Turn {
    report: TurnReport,
    /// Measures the whole answer as one window.
    meter: LevelMeter,
    /// From the end of speech to the beginning of playback.
    played_after: Option<Duration>,
    /// Position of the first sample that can be heard.
    first_audible: Option<u64>,
}

impl Turn {
    /// From the end of speech to the first sample that was heard.
    fn heard_after(&self, rate: SampleRate) -> Option<Duration> {
        let silence = rate.duration_of(self.first_audible?);
        let was_cut_before =
            self.report.interrupted && self.report.played_ms < silence.as_secs_f64() * 1_000.0;
        self.played_after
            .filter(|_| !was_cut_before)
            .map(|played| played + silence)
    }
}

impl Progress {
    pub(super) fn new(now: Duration, keep_audio: KeepAudio, rate: SampleRate) -> Self {
        Self {
            turns: BTreeMap::new(),
            keep_audio,
            rate,
            floor: Floor::Nobody,
            spoke_over: false,
            hung_up: false,
            last_activity: now,
            errors: Vec::new(),
            notices: Vec::new(),
            failure: None,
            ended: None,
        }
    }

    pub(super) fn on_message(&mut self, now: Duration, message: &ServerMessage) {
        self.last_activity = now;
        match message {
            ServerMessage::SpeechStarted(_) => {
                self.spoke_over |= self.floor == Floor::Ai;
                self.floor = Floor::User;
            }
            ServerMessage::SpeechEnded(_) => self.floor = Floor::Awaited,
            ServerMessage::Transcript(transcript) => {
                let turn = self.turn(transcript.turn_number);
                match transcript.role {
                    Role::User => turn.user_transcript = Some(transcript.text.clone()),
                    Role::Assistant => turn.ai_transcript.clone_from(&transcript.text),
                }
            }
            ServerMessage::ResponseStarted(started) => {
                self.floor = Floor::Ai;
                self.spoke_over = false;
                let turn = self.turn(started.turn_number);
                // An answer that nobody heard is given anew.
                turn.ai_transcript.clear();
                turn.is_over = false;
            }
            ServerMessage::TextDelta(text) => {
                let turn = self.turn(text.turn_number);
                match &text.full_text {
                    Some(full_text) => turn.ai_transcript.clone_from(full_text),
                    None => turn.ai_transcript.push_str(&text.delta),
                }
            }
            ServerMessage::ResponseEnded(ended) if ended.repeats => {
                if self.floor == Floor::Ai {
                    self.floor = Floor::Awaited;
                }
            }
            ServerMessage::ResponseEnded(ended) => {
                // Whoever interrupts has the floor already.
                self.release(Floor::Ai);
                // Who still speaks is answered; of who stopped before, a provider may have taken no notice.
                if std::mem::take(&mut self.spoke_over) && self.floor == Floor::Awaited {
                    self.floor = Floor::Doubtful;
                }
                let hung_up = self.hung_up;
                let turn = self.turn(ended.turn_number);
                turn.is_over = true;
                turn.interrupted = ended.interrupted && !hung_up;
                if !hung_up || turn.latency.is_none() {
                    turn.latency = Some(ended.latency);
                }
            }
            // Who spoke while the AI did is answered after all.
            ServerMessage::LatencyProgress(_) => {
                if self.floor == Floor::Doubtful {
                    self.floor = Floor::Awaited;
                }
            }
            ServerMessage::TurnLatency(measured) => {
                let hung_up = self.hung_up;
                let turn = self.turn(measured.turn_number);
                if !hung_up || turn.latency.is_none() {
                    turn.latency = Some(measured.latency);
                }
            }
            ServerMessage::Notice(notice) => self.notices.push(notice.clone()),
            ServerMessage::Error(error) => {
                self.release(Floor::Awaited);
                if !error.recoverable {
                    self.failure.get_or_insert_with(|| error.message.clone());
                }
                self.errors.push(error.clone());
            }
            ServerMessage::FallbackOffered(offer) => {
                self.failure.get_or_insert_with(|| offer.reason.clone());
            }
            ServerMessage::SessionEnded(SessionEnded { status, summary, .. }) => {
                self.ended = Some((*status, *summary));
            }
            ServerMessage::ConnectionReady(_)
            | ServerMessage::SessionStarted(_)
            | ServerMessage::SessionResumed(_)
            | ServerMessage::AudioChunk(_)
            | ServerMessage::Interrupted(_)
            | ServerMessage::ModeSwitched(_)
            | ServerMessage::Pong(_)
            | ServerMessage::Unknown => {}
        }
    }

    pub(super) fn on_audio(&mut self, now: Duration, frame: &AudioFrame) {
        self.last_activity = now;
        let samples = pcm::samples_from_le_bytes(&frame.payload).expect("a frame holds whole samples");
        let samples: Vec<i16> = samples.collect();
        let keep_audio = self.keep_audio;
        let turn = self.whole_turn(frame.turn_number);
        turn.meter.push(&samples, &mut Vec::new());
        if turn.first_audible.is_none() {
            let first = first_audible(samples.iter().copied());
            turn.first_audible = first.map(|first| turn.report.ai_samples + first as u64);
        }
        turn.report.ai_samples += samples.len() as u64;
        if keep_audio == KeepAudio::Yes {
            turn.report.ai_audio.extend(samples);
        }
    }

    pub(super) fn on_playback(&mut self, report: &PlaybackReport, underruns: usize) {
        let turn = self.turn(report.turn_number);
        turn.played_ms = report.played_ms;
        turn.underruns = turn.underruns.max(underruns);
    }

    /// Takes note that an answer begins to play, so long after the end of speech; `None` when that is not known.
    pub(super) fn on_played(&mut self, turn: u16, after_speech: Option<Duration>) {
        self.whole_turn(turn).played_after = after_speech;
    }

    /// Takes note that the caller hangs up.
    pub(super) fn hang_up(&mut self) {
        self.hung_up = true;
    }

    /// Whether an answer is over that nobody asked for: a greeting.
    pub(super) fn was_greeted(&self) -> bool {
        self.reports().any(|turn| turn.is_over)
    }

    /// How the call ends, if it ends `now`.
    pub(super) fn outcome(&self, call: &Call, now: Duration, stands: Standing) -> Option<Outcome> {
        if let Some((status, _)) = self.ended {
            return Some(Outcome::EndedByServer(status));
        }
        if let Some(message) = &self.failure {
            return Some(Outcome::Failed {
                message: message.clone(),
            });
        }
        if stands.has_spoken && self.is_answered(call, now, stands) {
            return Some(Outcome::Completed);
        }
        // An answer that plays is no silence, even when nothing arrives any more.
        let is_stuck = stands.has_spoken && stands.speaker_is_silent;
        let waited = now.saturating_sub(self.last_activity.max(stands.spoken_at));
        (is_stuck && waited >= call.answer_limit).then_some(Outcome::NoAnswer)
    }

    fn is_answered(&self, call: &Call, now: Duration, stands: Standing) -> bool {
        let expected = call.expected_turns.unwrap_or(1);
        if call.hang_up == HangUp::AfterLatency {
            let is_measured =
                |turn: &TurnReport| turn.latency.is_some_and(|latency| latency.total_ms.is_some());
            let is_users = matches!(self.floor, Floor::User | Floor::Awaited);
            return !is_users && self.turns.len() >= expected && self.reports().all(is_measured);
        }
        let is_done = self.reports().filter(|turn| turn.is_over).count() >= expected && self.is_quiet(stands);
        // Only a number of turns that was asked for tells that nothing follows.
        let is_sure = call.expected_turns.is_some_and(|turns| turns > 0) && self.floor == Floor::Nobody;
        is_done && (is_sure || self.has_settled(call, now, stands))
    }

    /// Whether nobody speaks or is sure to.
    fn is_quiet(&self, stands: Standing) -> bool {
        matches!(self.floor, Floor::Nobody | Floor::Doubtful) && stands.speaker_is_silent
    }

    /// Whether nothing has happened for so long that nothing will.
    fn has_settled(&self, call: &Call, now: Duration, stands: Standing) -> bool {
        let silence = call
            .start
            .turn_detection
            .and_then(|detection| detection.silence_ms);
        let silence = silence.map_or(DEFAULT_SILENCE, |ms| Duration::from_millis(ms.into()));
        now.saturating_sub(self.last_activity.max(stands.spoken_at)) >= silence + SETTLED
    }

    /// The turns, in order.
    pub(super) fn into_turns(self) -> Vec<TurnReport> {
        let finish = |mut turn: Turn| {
            let heard_after = turn.heard_after(self.rate);
            turn.report.heard_ms = heard_after.map(|after| after.as_secs_f64() * 1_000.0);
            let has_audio = turn.report.ai_samples > 0;
            turn.report.ai_rms_dbfs = has_audio.then(|| turn.meter.current().rms_dbfs);
            turn.report
        };
        self.turns.into_values().map(finish).collect()
    }

    fn release(&mut self, floor: Floor) {
        if self.floor == floor {
            self.floor = Floor::Nobody;
        }
    }

    fn reports(&self) -> impl Iterator<Item = &TurnReport> {
        self.turns.values().map(|turn| &turn.report)
    }

    fn turn(&mut self, turn_number: u16) -> &mut TurnReport {
        &mut self.whole_turn(turn_number).report
    }

    fn whole_turn(&mut self, turn_number: u16) -> &mut Turn {
        self.turns.entry(turn_number).or_insert_with(|| Turn {
            report: TurnReport {
                turn_number,
                ..TurnReport::default()
            },
            meter: LevelMeter::new(u32::MAX),
            played_after: None,
            first_audible: None,
        })
    }
}

/// What the rest of the call knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    /// Everything in the clip was said.
    pub(super) has_spoken: bool,
    /// When that was; zero before.
    pub(super) spoken_at: Duration,
    pub(super) speaker_is_silent: bool,
}

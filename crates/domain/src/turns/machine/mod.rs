//! Decides whose turn it is. Pure: it never waits and reads no clock, so every race is a test.
//!
//! ```text
//!        Opened            speech            end of turn           first word of the answer
//! Idle ─────────▶ Listening ─────▶ UserSpeaking ─────▶ Processing ─────────────────▶ AiSpeaking
//!                   ▲  ▲              ▲   ▲  ◀──────────────┘ speech goes on             │  │
//!                   │  └──────────────┼───┼──────────── heard to its end ────────────────┘  │
//!                   │                 │   └──────────── barge-in ───────────────────────────┤
//!                   └─────────────────┼──────────────── interrupt by the client ────────────┘
//! any ── End ──▶ Ending ── Drained ──▶ (over)
//! ```

mod answering;
mod effect;
mod input;
mod open_turn;
#[cfg(test)]
mod tests;
mod time_limits;

use std::time::Duration;

pub use effect::{Effect, Event, FinishedTurn, ModeOrder, NoticeCode, Summary};
pub use input::{
    BargeIn, Greeting, Input, Limits, MachineSettings, ModeInput, Playback, PlaybackEvent, SessionFailure,
    TurnTaking,
};

use self::open_turn::{OpenTurn, UserAudio};
use self::time_limits::Warnings;
use crate::latency::{ClientTime, SessionTime, Statistics};
use crate::sessions::EndStatus;
use crate::turns::{Generation, InterruptReason, TurnNumber};

/// How long a turn that was cut waits for the client's report of what it had played.
const STOP_REPORT_WAIT: Duration = Duration::from_secs(1);

/// Where a conversation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TurnState {
    /// The mode is not open yet.
    Idle,
    /// Waiting for the user to speak.
    Listening,
    /// The user speaks.
    UserSpeaking,
    /// Waiting for the answer.
    Processing,
    /// The AI speaks, or what it said is still being played.
    AiSpeaking,
    /// The session is being closed, or is over.
    Ending,
}

/// The rules of a conversation: takes inputs, lists effects.
#[derive(Debug)]
pub struct TurnMachine {
    settings: MachineSettings,
    state: TurnState,
    generation: Generation,
    last_number: Option<TurnNumber>,
    turn: Option<OpenTurn>,
    /// A turn that was cut and waits for the client's last report about it.
    cut: Option<CutTurn>,
    /// The user speaks, whatever the state.
    speech: Option<Speech>,
    greeting: Greeting,
    last_activity: SessionTime,
    client_lost: Option<SessionTime>,
    client_back: Option<SessionTime>,
    warnings: Warnings,
    totals: Vec<Duration>,
    summary: Summary,
    end: Option<End>,
}

#[derive(Debug)]
struct CutTurn {
    turn: OpenTurn,
    deadline: SessionTime,
}

#[derive(Debug, Clone, Copy)]
struct Speech {
    started: SessionTime,
    captured: Option<ClientTime>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Draining(EndStatus),
    Over,
}

impl TurnMachine {
    /// A conversation that has not begun.
    pub fn new(settings: MachineSettings) -> Self {
        Self {
            settings,
            state: TurnState::Idle,
            generation: Generation::FIRST,
            last_number: None,
            turn: None,
            cut: None,
            speech: None,
            greeting: settings.greeting,
            last_activity: SessionTime::ZERO,
            client_lost: None,
            client_back: None,
            warnings: Warnings::default(),
            totals: Vec::new(),
            summary: Summary::default(),
            end: None,
        }
    }

    /// Where the conversation stands.
    pub fn state(&self) -> TurnState {
        self.state
    }

    /// The current turn, or the last one; `None` before the first.
    pub fn turn_number(&self) -> Option<TurnNumber> {
        self.last_number
    }

    /// Whether the session is over: no effect will follow.
    pub fn is_over(&self) -> bool {
        self.end == Some(End::Over)
    }

    /// Takes one input and lists what the driver must do. Never waits, never reads a clock.
    pub fn handle(&mut self, now: SessionTime, input: Input, effects: &mut Vec<Effect>) {
        match self.end {
            Some(End::Over) => {}
            Some(End::Draining(status)) => {
                if input == Input::Drained {
                    self.end = Some(End::Over);
                    let summary = self.summary(now);
                    effects.push(Effect::Emit(Event::SessionEnded { status, summary }));
                }
            }
            None => self.handle_running(now, input, effects),
        }
    }

    fn handle_running(&mut self, now: SessionTime, input: Input, effects: &mut Vec<Effect>) {
        match input {
            Input::Opened => self.opened(now),
            Input::ClientReady => self.client_ready(now, effects),
            Input::SpeechStarted { at, captured } => self.speech_started(now, at, captured, effects),
            Input::SpeechEnded {
                at,
                captured,
                decided,
            } => self.speech_ended(now, at, captured, decided, effects),
            Input::Committed => self.committed(now),
            Input::Interrupt { played } => self.client_interrupts(now, played, effects),
            Input::SetBargeIn(barge_in) => self.settings.barge_in = barge_in,
            Input::Mode { generation, at, what } => self.mode_says(now, generation, at, what, effects),
            Input::FirstAudioSent { turn } => self.first_audio_sent(now, turn),
            Input::Playback(report) => self.playback(now, &report, effects),
            Input::ClientLost => self.client_lost = Some(now),
            Input::ClientBack => self.client_is_back(now),
            Input::Tick => self.tick(now, effects),
            Input::End(status) => self.end(now, status, effects),
            Input::Drained => {}
        }
    }

    fn opened(&mut self, now: SessionTime) {
        if self.state == TurnState::Idle {
            self.state = TurnState::Listening;
            self.active(now);
        }
    }

    fn client_ready(&mut self, now: SessionTime, effects: &mut Vec<Effect>) {
        if self.greeting == Greeting::WhenReady
            && self.state == TurnState::Listening
            && self.last_number.is_none()
        {
            self.greeting = Greeting::None;
            if self.open_turn(now, None, effects) {
                self.state = TurnState::Processing;
                self.generation = self.generation.next();
                effects.push(Effect::Order(ModeOrder::Greet(self.generation)));
                self.committed(now);
            }
        }
    }

    fn speech_started(
        &mut self,
        now: SessionTime,
        at: SessionTime,
        captured: Option<ClientTime>,
        effects: &mut Vec<Effect>,
    ) {
        if self.state == TurnState::Idle || self.speech.is_some() {
            return;
        }
        self.active(now);
        self.speech = Some(Speech {
            started: at,
            captured,
        });
        self.warnings.utterance = false;
        effects.push(Effect::Emit(Event::SpeechStarted { at }));
        match self.state {
            TurnState::Listening => self.user_begins(now, effects),
            TurnState::Processing => self.user_goes_on(effects),
            TurnState::AiSpeaking if self.settings.barge_in == BargeIn::Enabled => {
                self.interrupt(now, at, InterruptReason::Speech, captured, None, effects);
                self.user_begins(now, effects);
            }
            TurnState::AiSpeaking | TurnState::UserSpeaking | TurnState::Idle | TurnState::Ending => {}
        }
    }

    /// Opens the turn of the user who is speaking.
    fn user_begins(&mut self, now: SessionTime, effects: &mut Vec<Effect>) {
        let started = self.speech.map(|speech| speech.started);
        if self.open_turn(now, started, effects) {
            self.state = TurnState::UserSpeaking;
        }
    }

    /// The user speaks on before anything was answered: it is still the same turn.
    fn user_goes_on(&mut self, effects: &mut Vec<Effect>) {
        self.generation = self.generation.next();
        effects.push(Effect::Order(ModeOrder::Interrupt {
            generation: self.generation,
            heard: None,
        }));
        self.state = TurnState::UserSpeaking;
        if let (Some(turn), Some(speech)) = (&mut self.turn, self.speech) {
            turn.marks.speech_started.get_or_insert(speech.started);
            (
                turn.marks.speech_ended,
                turn.marks.endpointed,
                turn.marks.committed,
            ) = (None, None, None);
            turn.speech_ended_captured = None;
        }
    }

    fn speech_ended(
        &mut self,
        now: SessionTime,
        at: SessionTime,
        captured: Option<ClientTime>,
        decided: SessionTime,
        effects: &mut Vec<Effect>,
    ) {
        let Some(speech) = self.speech.take() else { return };
        self.active(now);
        effects.push(Effect::Emit(Event::SpeechEnded {
            at,
            duration: at.since(speech.started),
        }));
        if self.state != TurnState::UserSpeaking {
            return;
        }
        if let Some(turn) = &mut self.turn {
            turn.marks.speech_ended = Some(at);
            turn.marks.endpointed = Some(decided);
            turn.speech_ended_captured = captured;
        }
        self.state = TurnState::Processing;
        match self.settings.turn_taking {
            TurnTaking::Session => {
                self.generation = self.generation.next();
                effects.push(Effect::Order(ModeOrder::Commit(self.generation)));
            }
            TurnTaking::Provider => self.committed(decided),
        }
    }

    fn committed(&mut self, now: SessionTime) {
        if let Some(turn) = &mut self.turn {
            turn.marks.committed.get_or_insert(now);
        }
    }

    fn client_interrupts(&mut self, now: SessionTime, played: Option<Duration>, effects: &mut Vec<Effect>) {
        self.active(now);
        match self.state {
            TurnState::AiSpeaking => {
                self.interrupt(now, now, InterruptReason::Client, None, played, effects);
                self.listen(now, effects);
            }
            TurnState::Processing => {
                self.generation = self.generation.next();
                effects.push(Effect::Order(ModeOrder::Interrupt {
                    generation: self.generation,
                    heard: None,
                }));
                self.finish_turn(now, effects);
                self.listen(now, effects);
            }
            TurnState::Idle | TurnState::Listening | TurnState::UserSpeaking | TurnState::Ending => {}
        }
    }

    /// Cuts the answer of the current turn. The turn is saved when the client has told how much it had played.
    fn interrupt(
        &mut self,
        now: SessionTime,
        at: SessionTime,
        reason: InterruptReason,
        captured: Option<ClientTime>,
        played: Option<Duration>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(mut turn) = self.turn.take() else { return };
        self.generation = self.generation.next();
        // What was heard is worked out before the cut is marked: until then the answer was playing.
        let heard = turn.heard(now, self.settings.output_rate);
        turn.interrupt(at, reason, captured, Some(played.unwrap_or(heard)), now);
        let heard = turn.heard_for_provider(now, self.settings.output_rate);
        effects.push(Effect::Emit(Event::Interrupted {
            turn: turn.number,
            at: now,
            reason,
        }));
        effects.push(Effect::Order(ModeOrder::Interrupt {
            generation: self.generation,
            heard,
        }));
        let usage = turn.answer.as_ref().and_then(|answer| answer.usage);
        effects.push(Effect::Emit(Event::ResponseEnded {
            turn: turn.number,
            interruption: Some(reason),
            latency: turn.latency(),
            usage,
        }));
        self.finish_cut_turn(now, effects);
        self.cut = Some(CutTurn {
            turn,
            deadline: now.after(STOP_REPORT_WAIT),
        });
    }

    /// Saves the turn that was cut, if there is one.
    fn finish_cut_turn(&mut self, now: SessionTime, effects: &mut Vec<Effect>) {
        if let Some(CutTurn { turn, .. }) = self.cut.take() {
            self.save(now, turn, effects);
        }
    }

    /// Saves the current turn, if there is one.
    fn finish_turn(&mut self, now: SessionTime, effects: &mut Vec<Effect>) {
        if let Some(turn) = self.turn.take() {
            self.save(now, turn, effects);
        }
    }

    fn save(&mut self, now: SessionTime, turn: OpenTurn, effects: &mut Vec<Effect>) {
        if turn.user_audio == UserAudio::Recording {
            effects.push(Effect::UserAudioComplete { turn: turn.number });
        }
        let had_answer = turn.answer.is_some();
        let turn = turn.finish(now, self.settings.output_rate);
        if had_answer && turn.interruption.is_some() {
            let text = turn.answer.heard.clone();
            effects.push(Effect::Emit(Event::AiTranscript {
                turn: turn.number,
                text,
            }));
            effects.push(Effect::Emit(Event::TurnLatency {
                turn: turn.number,
                latency: turn.latency,
            }));
        }
        self.summary.turns += 1;
        match turn.interruption {
            Some(_) => self.summary.interrupted += 1,
            None => self.totals.extend(turn.latency.total.map(|total| total.duration)),
        }
        effects.push(Effect::TurnFinished(Box::new(turn)));
    }

    /// Opens the next turn; after the last possible number the session ends instead.
    fn open_turn(
        &mut self,
        now: SessionTime,
        speech_started: Option<SessionTime>,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let number = match self.last_number {
            None => Some(TurnNumber::FIRST),
            Some(last) => last.next(),
        };
        let Some(number) = number else {
            self.end(now, EndStatus::Completed, effects);
            return false;
        };
        self.greeting = Greeting::None;
        self.last_number = Some(number);
        self.turn = Some(OpenTurn::new(
            number,
            speech_started.unwrap_or(now),
            speech_started,
        ));
        effects.push(Effect::TurnOpened {
            turn: number,
            speech_started,
        });
        true
    }

    /// The AI is done: it is the user's turn, who may be speaking already.
    fn listen(&mut self, now: SessionTime, effects: &mut Vec<Effect>) {
        self.state = TurnState::Listening;
        if self.speech.is_some() {
            self.user_begins(now, effects);
        }
    }

    fn client_is_back(&mut self, now: SessionTime) {
        self.active(now);
        self.client_lost = None;
        self.client_back = Some(now);
    }

    fn active(&mut self, now: SessionTime) {
        self.last_activity = now;
        self.warnings.idle = false;
    }

    fn end(&mut self, now: SessionTime, status: EndStatus, effects: &mut Vec<Effect>) {
        if self.state == TurnState::AiSpeaking {
            self.interrupt(now, now, InterruptReason::Client, None, None, effects);
        }
        self.finish_cut_turn(now, effects);
        self.finish_turn(now, effects);
        self.state = TurnState::Ending;
        self.speech = None;
        self.end = Some(End::Draining(status));
        effects.push(Effect::Order(ModeOrder::Close));
    }

    fn summary(&self, now: SessionTime) -> Summary {
        Summary {
            duration: now.elapsed(),
            latency: Statistics::of(self.totals.iter().copied()),
            ..self.summary
        }
    }
}

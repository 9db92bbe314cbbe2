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

mod ahead;
mod answer;
mod answering;
mod cutting;
mod effect;
mod input;
mod modes;
mod open_turn;
#[cfg(test)]
mod tests;
mod time_limits;
mod user_speech;
mod words;

use std::time::Duration;

pub use effect::{AmendedTranscript, Effect, Event, FinishedTurn, ModeOrder, NoticeCode, Summary};
pub use input::{
    BargeIn, Greeting, Input, Limits, MachineSettings, ModeInput, OnModeFailure, Playback, PlaybackEvent,
    SessionFailure, TurnTaking,
};

use self::ahead::NextTurn;
use self::open_turn::OpenTurn;
use self::time_limits::Warnings;
use self::user_speech::Speech;
use self::words::PastTurns;
use crate::latency::{SessionTime, Statistics};
use crate::ports::Heard;
use crate::sessions::EndStatus;
use crate::turns::{Generation, InterruptReason, TurnNumber};

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
    /// What the user says while the AI finishes; only while it speaks.
    next: Option<NextTurn>,
    /// A turn that was cut and waits for the client's last report about it.
    cut: Option<CutTurn>,
    past: PastTurns,
    speech: Option<Speech>,
    greeting: Greeting,
    client_is_ready: bool,
    /// It failed or left, and no other one is open yet.
    mode_is_gone: bool,
    /// Another one was wanted, and is being opened.
    another_is_coming: bool,
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
    /// What the mode believes was heard; `None` for a mode that knows nothing of it.
    believed: Option<Heard>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Draining { status: EndStatus, summary: Summary },
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
            next: None,
            cut: None,
            past: PastTurns::default(),
            speech: None,
            greeting: settings.greeting,
            client_is_ready: false,
            mode_is_gone: false,
            another_is_coming: false,
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

    /// The turn that goes on; `None` between turns.
    pub fn running_turn(&self) -> Option<TurnNumber> {
        self.turn.as_ref().map(|turn| turn.number)
    }

    /// The turn whose answer is heard, and how much of it had been heard at a moment; `None` while none is heard.
    pub fn audible(&self, at: SessionTime) -> Option<(TurnNumber, Duration)> {
        let turn = self
            .turn
            .as_ref()
            .filter(|turn| self.state == TurnState::AiSpeaking && turn.is_audible())?;
        Some((turn.number, turn.heard(at, self.settings.output_rate)))
    }

    /// What was said in turns that are answered and not finished yet, oldest first: the user's words, and of the AI's those
    /// that were heard by now. An answer that broke off is played as far as it came.
    pub fn unfinished(&self, now: SessionTime) -> impl Iterator<Item = (Option<&str>, String)> {
        let rate = self.settings.output_rate;
        let until = self.heard_until(now);
        let cut = self.cut.iter().map(|cut| &cut.turn);
        let open = self.turn.iter().filter(|turn| turn.answer.is_some());
        cut.chain(open).map(move |turn| {
            let heard = turn.heard_text(turn.will_be_heard(until, rate), rate).heard;
            (turn.user_transcript.as_deref(), heard)
        })
    }

    /// Whether the client needs to tell nothing more of any answer that was cut.
    pub fn knows_what_was_heard(&self) -> bool {
        self.cut.is_none()
    }

    /// How the session ends, from the moment on at which it was decided until it is over.
    pub fn ending(&self) -> Option<EndStatus> {
        match self.end {
            Some(End::Draining { status, .. }) => Some(status),
            Some(End::Over) | None => None,
        }
    }

    /// Whether the session is over: no effect will follow.
    pub fn is_over(&self) -> bool {
        self.end == Some(End::Over)
    }

    /// Takes one input and lists what the driver must do. Never waits, never reads a clock.
    pub fn handle(&mut self, now: SessionTime, input: Input, effects: &mut Vec<Effect>) {
        match self.end {
            Some(End::Over) => {}
            Some(End::Draining { status, summary }) => {
                if input == Input::Drained {
                    self.end = Some(End::Over);
                    effects.push(Effect::Emit(Event::SessionEnded { status, summary }));
                }
            }
            None => self.handle_running(now, input, effects),
        }
    }

    fn handle_running(&mut self, now: SessionTime, input: Input, effects: &mut Vec<Effect>) {
        match input {
            Input::Opened => self.opened(now, effects),
            Input::ModeLeaves => self.mode_leaves(now, effects),
            Input::ModeStays => self.another_is_coming = false,
            Input::ModeReplaced {
                turn_taking,
                on_mode_failure,
            } => self.mode_replaced(now, turn_taking, on_mode_failure, effects),
            Input::ClientReady => {
                self.client_is_ready = true;
                self.greet(now, effects);
            }
            Input::SpeechStarted { at, captured } => self.speech_started(now, at, captured, effects),
            Input::SpeechEnded {
                at,
                captured,
                decided,
            } => self.speech_ended(at, captured, decided, now, effects),
            Input::SpeechPaused => self.speech_paused(effects),
            Input::SpeechResumed => self.speech_resumed(effects),
            Input::Committed => self.committed(now),
            Input::Replayed(given) => self.replayed(now, given, effects),
            Input::Interrupt { played } => self.client_interrupts(now, played, effects),
            Input::SetBargeIn(barge_in) => self.settings.barge_in = barge_in,
            Input::Mode { generation, at, what } => self.mode_says(now, generation, at, what, effects),
            Input::FirstAudioSent { turn } => self.first_audio_sent(now, turn),
            Input::Playback(report) => self.playback(now, &report, effects),
            Input::ClientLost => {
                self.client_lost.get_or_insert(now);
            }
            Input::ClientBack => self.client_is_back(now),
            Input::Tick => self.tick(now, effects),
            Input::End(status) => self.end(now, status, effects),
            Input::Drained => {}
        }
    }

    fn opened(&mut self, now: SessionTime, effects: &mut Vec<Effect>) {
        if self.state == TurnState::Idle {
            self.state = TurnState::Listening;
            self.active(now);
            self.greet(now, effects);
        }
    }

    /// Lets the AI begin, once the mode is open and the client can play, unless the user began already.
    fn greet(&mut self, now: SessionTime, effects: &mut Vec<Effect>) {
        if self.greeting == Greeting::WhenReady
            && self.client_is_ready
            && !self.mode_is_gone
            && self.state == TurnState::Listening
            && self.open_turn(now, None, effects)
        {
            self.state = TurnState::Processing;
            self.generation = self.generation.next();
            effects.push(Effect::Order(ModeOrder::Greet(self.generation)));
            self.committed(now);
        }
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
            self.generation,
            speech_started.unwrap_or(now),
            speech_started,
        ));
        effects.push(Effect::TurnOpened {
            turn: number,
            speech_started,
        });
        true
    }

    /// The AI is done: it is the user's turn, who may be speaking already, or wait for the next answer.
    fn listen(&mut self, now: SessionTime, effects: &mut Vec<Effect>) {
        self.state = TurnState::Listening;
        if let Some(speech) = &mut self.speech {
            speech.limit_from = now;
        }
        self.take_next(now, effects);
    }

    /// The turn comes that the user began while the AI finished, or begins now.
    fn take_next(&mut self, now: SessionTime, effects: &mut Vec<Effect>) {
        match self.next.take() {
            Some(next) => self.let_in(now, next, effects),
            None => self.user_begins(now, effects),
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
        self.finish_next_turn(now, effects);
        self.state = TurnState::Ending;
        self.speech = None;
        let summary = self.summary(now);
        self.end = Some(End::Draining { status, summary });
        effects.push(Effect::CloseMode);
    }

    fn summary(&self, now: SessionTime) -> Summary {
        Summary {
            duration: now.elapsed(),
            latency: Statistics::of(self.totals.iter().copied()),
            ..self.summary
        }
    }
}

//! What the user says while the AI may finish is the next turn, and the AI's answer to it waits (ADR 12).
//!
//! Its audio is recorded as it comes. A mode that finds turns itself hears it live and takes the turn: its words are told
//! as they come, and what it answers is held until the answer that plays is over. Any other mode would take the news of
//! speech for an interruption: it hears all of the turn when the AI is done.

use std::collections::VecDeque;

use super::open_turn::OpenTurn;
use super::{Effect, Event, ModeInput, ModeOrder, SessionFailure, TurnMachine, TurnState, TurnTaking};
use crate::latency::{ClientTime, SessionTime};
use crate::turns::TurnNumber;

/// Audio of an answer that is held, in seconds, from which on no more is taken from the mode.
const FULL_SECONDS: u64 = 60;
/// Pieces of an answer that are held from which on no more is taken either.
const FULL_PIECES: usize = 4_096;

/// The turn after the one whose answer is playing.
#[derive(Debug)]
pub(super) struct NextTurn {
    pub(super) turn: OpenTurn,
    /// What the mode said of its answer, and when that arrived.
    held: VecDeque<(SessionTime, ModeInput)>,
    held_samples: u64,
    /// The mode was told to stop after it was over: it may take that for the end of this turn too.
    is_dropped: bool,
}

impl NextTurn {
    /// Whether the user is done with it, or was answered without waiting for that.
    pub(super) fn is_over(&self) -> bool {
        self.turn.marks.speech_ended.is_some() || !self.held.is_empty()
    }

    /// Whether it is over as far as the mode knows, which answers it.
    fn is_asked(&self) -> bool {
        self.is_over() && !self.turn.is_unheard
    }

    /// Nobody heard anything of its answer, and nobody will.
    pub(super) fn drop_answer(&mut self) {
        self.held = VecDeque::new();
        self.held_samples = 0;
    }
}

impl TurnMachine {
    /// Whether the mode should say no more for now: it is far ahead of what is played.
    pub fn is_far_ahead(&self) -> bool {
        let rate = u64::from(self.settings.output_rate);
        self.next
            .as_ref()
            .is_some_and(|next| next.held_samples >= FULL_SECONDS * rate || next.held.len() >= FULL_PIECES)
    }

    /// Whether the mode shall not hear what the user says now: it is given all of it later, by [`Effect::Replay`].
    pub fn hears_later(&self) -> bool {
        let newest = self.next.as_ref().map(|next| &next.turn).or(self.turn.as_ref());
        newest.is_some_and(|turn| turn.is_unheard)
    }

    /// Whether the current turn is one that the mode has not heard.
    pub(super) fn waits_to_be_heard(&self) -> bool {
        self.turn.as_ref().is_some_and(|turn| turn.is_unheard)
    }

    /// The next turn, if the mode hears it.
    pub(super) fn next_that_is_heard(&self) -> Option<&NextTurn> {
        self.next.as_ref().filter(|next| !next.turn.is_unheard)
    }

    /// The user takes the next turn while the AI finishes. Nothing that they say from now on is of the turn before.
    pub(super) fn user_begins_ahead(&mut self, at: SessionTime, effects: &mut Vec<Effect>) {
        // After the last possible number the session ends when the AI is done.
        let Some(number) = self.last_number.and_then(TurnNumber::next) else {
            return;
        };
        if let Some(turn) = &mut self.turn {
            turn.complete_user_audio(effects);
        }
        self.last_number = Some(number);
        let mut turn = OpenTurn::new(number, self.generation, at, Some(at));
        turn.is_unheard = self.settings.turn_taking == TurnTaking::Session;
        self.next = Some(NextTurn {
            turn,
            held: VecDeque::new(),
            held_samples: 0,
            is_dropped: false,
        });
        effects.push(Effect::TurnOpened {
            turn: number,
            speech_started: Some(at),
        });
    }

    /// The user speaks on before anything of their answer was heard: it is still the same turn.
    pub(super) fn next_goes_on(&mut self, effects: &mut Vec<Effect>) {
        let is_busy = self.is_saying_more();
        let Some(next) = &mut self.next else { return };
        let is_asked = !is_busy && !next.turn.is_unheard;
        next.turn.user_goes_on();
        next.drop_answer();
        next.is_dropped = false;
        if is_asked {
            self.hold_mode(effects);
            if let Some(next) = &mut self.next {
                next.turn.went_on_in = Some(self.generation);
            }
        }
    }

    /// The user's next turn is over.
    pub(super) fn next_is_over(
        &mut self,
        at: SessionTime,
        captured: Option<ClientTime>,
        decided: Option<SessionTime>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(next) = &mut self.next else { return };
        next.turn.marks.speech_ended = Some(at);
        next.turn.speech_ended_captured = captured;
        if self.settings.turn_taking == TurnTaking::Provider {
            next.turn.ended_in.get_or_insert(self.generation);
        }
        // Who was answered before is not asked for.
        let Some(decided) = decided else { return };
        next.turn.marks.endpointed = Some(decided);
        self.ask(decided, effects);
    }

    /// Whether what the mode says is of the next turn: it has said all of the answer that plays.
    pub(super) fn is_said_ahead(&self) -> bool {
        self.next_that_is_heard().is_some() && !self.is_saying_more()
    }

    /// Keeps what is said of the next turn's answer.
    pub(super) fn hold(&mut self, at: SessionTime, what: ModeInput) {
        if what == ModeInput::ResponseStarted {
            self.speech_is_answered();
        }
        let Some(next) = &mut self.next else { return };
        next.is_dropped = false;
        if let ModeInput::Audio(samples) = &what {
            next.held_samples += samples.len() as u64;
        }
        next.held.push_back((at, what));
    }

    /// Whether the mode turned to the next turn: it has nothing more to say of the answer that plays, and was asked.
    pub(super) fn next_is_asked(&self, playing: &OpenTurn) -> bool {
        !playing.is_growing() && self.next.as_ref().is_some_and(NextTurn::is_asked)
    }

    /// Whether the mode was asked for the next turn already, though its user may have gone on since.
    pub(super) fn is_behind_the_mode(&self, playing: &OpenTurn) -> bool {
        let was_asked = |next: &NextTurn| next.is_asked() || next.turn.went_on_in.is_some();
        !playing.is_growing() && self.next.as_ref().is_some_and(was_asked)
    }

    /// The AI is done, and the turn that waited for that is the current one.
    pub(super) fn let_in(&mut self, now: SessionTime, next: NextTurn, effects: &mut Vec<Effect>) {
        let NextTurn {
            mut turn,
            held,
            is_dropped,
            ..
        } = next;
        self.state = if self.user_speaks() {
            TurnState::UserSpeaking
        } else {
            turn.marks.ai_was_done = Some(now);
            turn.tell_progress(effects);
            TurnState::Processing
        };
        // Where there is no mode, the one that comes is given it.
        if turn.is_unheard && !self.mode_is_gone {
            effects.push(Effect::Replay);
        }
        self.turn = Some(turn);
        self.warnings.utterance = false;
        if is_dropped && self.state == TurnState::Processing {
            self.commit(effects);
            self.has_ended();
        }
        for (at, what) in held {
            self.mode_says(now, self.generation, at, what, effects);
        }
    }

    /// The mode was given the turn, and is asked for its answer once that is over. What cannot be given is not answered;
    /// while the AI finishes another answer, it can be given later.
    pub(super) fn replayed(
        &mut self,
        now: SessionTime,
        given: Result<(), SessionFailure>,
        effects: &mut Vec<Effect>,
    ) {
        if self.next.is_some() && given.is_err() {
            return;
        }
        let newest = self
            .next
            .as_mut()
            .map(|next| &mut next.turn)
            .or(self.turn.as_mut());
        let Some(turn) = newest.filter(|turn| turn.is_unheard) else {
            return;
        };
        turn.is_unheard = false;
        match given {
            Ok(()) => self.ask_for_what_was_given(now, effects),
            Err(failure) if self.state == TurnState::Processing => {
                self.response_failed(now, failure, effects);
            }
            Err(failure) => effects.push(Effect::Emit(Event::Failure {
                failure,
                recoverable: true,
            })),
        }
    }

    /// The mode heard the turn all at once, and answers it if it is over. A provider that finds turns has not found that.
    fn ask_for_what_was_given(&mut self, now: SessionTime, effects: &mut Vec<Effect>) {
        if self.waiting_turn().is_none() {
            return;
        }
        match self.settings.turn_taking {
            TurnTaking::Session => self.commit(effects),
            TurnTaking::Provider => {
                effects.push(Effect::Order(ModeOrder::EndTurn));
                self.committed(now);
            }
        }
        self.has_ended();
    }

    /// The mode was told to stop: it may not answer a turn that was over by then.
    pub(super) fn next_is_dropped(&mut self) {
        if let Some(next) = self.next.as_mut().filter(|next| next.is_asked()) {
            next.is_dropped = true;
        }
    }

    /// The mode that would answer the next turn is gone: another one will be asked.
    pub(super) fn next_is_not_answered(&mut self) {
        let Some(next) = &mut self.next else { return };
        next.drop_answer();
        next.is_dropped = false;
        self.speech_is_not_answered();
    }

    /// The turn that waits for its answer, also while another answer plays.
    pub(super) fn waiting_turn(&mut self) -> Option<&mut OpenTurn> {
        match self.state {
            TurnState::Processing => self.turn.as_mut(),
            TurnState::AiSpeaking if !self.user_speaks() => self.next.as_mut().map(|next| &mut next.turn),
            _ => None,
        }
    }

    /// The session is over, and the next turn with it.
    pub(super) fn finish_next_turn(&mut self, now: SessionTime, effects: &mut Vec<Effect>) {
        if let Some(next) = self.next.take() {
            self.turn = Some(next.turn);
            self.finish_turn(now, effects);
        }
    }

    fn is_saying_more(&self) -> bool {
        self.turn.as_ref().is_some_and(OpenTurn::is_growing)
    }
}

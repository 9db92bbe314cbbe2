//! Modes that fail, leave and come: the session goes on with another one, and with the turn that was open.

use super::answer::Extent;
use super::open_turn::{OpenTurn, UserAudio};
use super::{
    Effect, Event, Greeting, InterruptReason, ModeOrder, OnModeFailure, SessionFailure, TurnMachine,
    TurnState, TurnTaking,
};
use crate::latency::{SessionTime, StageMarks};
use crate::sessions::EndStatus;
use crate::turns::Generation;

impl TurnMachine {
    pub(super) fn mode_failed(
        &mut self,
        now: SessionTime,
        failure: SessionFailure,
        effects: &mut Vec<Effect>,
    ) {
        match self.settings.on_mode_failure {
            OnModeFailure::EndSession if !self.another_is_coming => {
                self.end_without_mode(now, failure, effects);
            }
            OnModeFailure::EndSession | OnModeFailure::WaitForAnother => {
                self.wait_for_another_mode(now, failure, effects);
            }
        }
    }

    fn end_without_mode(&mut self, now: SessionTime, failure: SessionFailure, effects: &mut Vec<Effect>) {
        // An answer that is all there did not fail.
        let next = self.next.as_mut().map(|next| &mut next.turn);
        let open = self.turn.iter_mut().chain(next);
        for turn in open.filter(|turn| turn.answer.is_none() || turn.is_growing()) {
            turn.failure = Some(failure.clone());
        }
        effects.push(Effect::Emit(Event::Failure {
            failure,
            recoverable: false,
        }));
        self.end(now, EndStatus::Error, effects);
    }

    /// What the user says or said meanwhile is kept for the next mode; of an answer that broke off, the part that was sent
    /// is heard. A turn of whose answer there was no audio yet is asked again.
    fn wait_for_another_mode(
        &mut self,
        now: SessionTime,
        failure: SessionFailure,
        effects: &mut Vec<Effect>,
    ) {
        self.mode_is_gone = true;
        self.active(now);
        match (self.state, &mut self.turn) {
            (TurnState::AiSpeaking, Some(turn)) if turn.is_answered_silently() => {
                self.answer_is_lost(effects);
            }
            (TurnState::AiSpeaking, Some(turn)) if turn.is_growing() => {
                turn.failure = Some(failure.clone());
                self.nothing_more_comes(now, Extent::Broken, effects);
            }
            // The AI was about to begin: the next mode shall.
            (TurnState::Processing, Some(turn)) if turn.user_audio == UserAudio::Complete => {
                turn.failure = Some(failure.clone());
                self.finish_turn(now, effects);
                self.greeting = Greeting::WhenReady;
                self.listen(now, effects);
            }
            _ => {}
        }
        self.next_is_not_answered();
        // Last: whoever looks for another mode tells it what was said, and all of that is known now.
        effects.push(Effect::ModeLost(failure));
    }

    /// Another mode is wanted: what this one says is cut. It goes on until the other one is open.
    pub(super) fn mode_leaves(&mut self, now: SessionTime, effects: &mut Vec<Effect>) {
        self.another_is_coming = true;
        if self.state == TurnState::AiSpeaking && self.turn.as_ref().is_some_and(OpenTurn::is_growing) {
            self.interrupt(now, now, InterruptReason::Client, None, None, effects);
            self.listen(now, effects);
        }
    }

    /// Another mode is open, which counts generations anew. What it was given of the turn that is open is told next.
    pub(super) fn mode_replaced(
        &mut self,
        now: SessionTime,
        turn_taking: TurnTaking,
        on_mode_failure: OnModeFailure,
        effects: &mut Vec<Effect>,
    ) {
        self.settings.turn_taking = turn_taking;
        self.settings.on_mode_failure = on_mode_failure;
        self.mode_is_gone = false;
        self.another_is_coming = false;
        self.generation = Generation::FIRST;
        if let Some(cut) = &mut self.cut {
            // Nobody will write down more of it.
            cut.turn.is_understood = true;
            cut.believed = None;
        }
        self.past.clear();
        self.next_is_not_answered();
        let (until, rate) = (self.heard_until(now), self.settings.output_rate);
        if let Some(turn) = &mut self.turn {
            turn.is_heard_anew();
            turn.is_told(until, rate);
        }
        if let Some(next) = &mut self.next {
            next.turn.is_heard_anew();
        }
        self.active(now);
        match self.state {
            TurnState::Idle => self.opened(now, effects),
            TurnState::Processing | TurnState::AiSpeaking => self.answer_anew(now, effects),
            TurnState::Listening => self.greet(now, effects),
            TurnState::UserSpeaking | TurnState::Ending => {}
        }
    }

    /// The turn waits for its answer, and the mode that was asked for it is gone.
    fn answer_anew(&mut self, now: SessionTime, effects: &mut Vec<Effect>) {
        let Some(turn) = self.waiting_turn() else { return };
        // How long there was no mode is nobody's doing: the wait is left unexplained.
        turn.marks.endpointed = None;
        turn.marks.committed = None;
        turn.marks.stages = StageMarks::default();
        // The AI was about to begin: nothing of the user was said. Whoever said something is heard first.
        if turn.user_audio == UserAudio::Complete {
            self.generation = self.generation.next();
            effects.push(Effect::Order(ModeOrder::Greet(self.generation)));
            self.committed(now);
        }
    }
}

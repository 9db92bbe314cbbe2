//! What the user does: speak, pause, go on.

use super::open_turn::{UserAudio, Utterance};
use super::{BargeIn, Effect, Event, ModeOrder, TurnMachine, TurnState, TurnTaking};
use crate::latency::{ClientTime, SessionTime};
use crate::turns::InterruptReason;

/// The user speaks, whatever the state.
#[derive(Debug, Clone, Copy)]
pub(super) struct Speech {
    /// The first voiced sample.
    pub(super) started: SessionTime,
    pub(super) captured: Option<ClientTime>,
    /// From when the limit counts: the first voiced sample, or when the AI that was spoken over was done.
    pub(super) limit_from: SessionTime,
    /// The provider answered without waiting for its end.
    is_answered: bool,
    /// The mode makes an answer ready, in case that this was all.
    is_prepared: bool,
}

impl TurnMachine {
    pub(super) fn speech_started(
        &mut self,
        now: SessionTime,
        at: SessionTime,
        captured: Option<ClientTime>,
        effects: &mut Vec<Effect>,
    ) {
        if self.state == TurnState::Idle || self.user_speaks() {
            return;
        }
        self.active(now);
        self.speech = Some(Speech {
            started: at,
            captured,
            limit_from: at,
            is_answered: false,
            is_prepared: false,
        });
        effects.push(Effect::Emit(Event::SpeechStarted { at }));
        match self.state {
            TurnState::Listening => self.user_begins(now, effects),
            TurnState::Processing => self.user_speaks_on(now, at, effects),
            TurnState::AiSpeaking if self.settings.barge_in == BargeIn::Enabled => {
                self.interrupt(now, at, InterruptReason::Speech, captured, None, effects);
                self.next_goes_on(effects);
                self.take_next(now, effects);
            }
            TurnState::AiSpeaking if self.next.is_some() => self.next_goes_on(effects),
            TurnState::AiSpeaking => self.user_begins_ahead(at, effects),
            TurnState::UserSpeaking | TurnState::Idle | TurnState::Ending => {}
        }
    }

    /// Opens the turn of the user who is speaking, if one is.
    pub(super) fn user_begins(&mut self, now: SessionTime, effects: &mut Vec<Effect>) {
        let Some(speech) = self.speech.filter(|speech| !speech.is_answered) else {
            return;
        };
        if self.open_turn(now, Some(speech.started), effects) {
            self.state = TurnState::UserSpeaking;
            self.warnings.utterance = false;
        }
    }

    /// The user speaks before anything was answered.
    fn user_speaks_on(&mut self, now: SessionTime, at: SessionTime, effects: &mut Vec<Effect>) {
        let Some(turn) = &mut self.turn else { return };
        match (turn.user_audio, turn.utterance) {
            // It is still the same turn.
            (UserAudio::Recording, Utterance::MayGoOn) => {
                turn.user_goes_on();
                self.state = TurnState::UserSpeaking;
                self.warnings.utterance = false;
                self.hold_mode(effects);
                self.has_gone_on();
            }
            (UserAudio::Recording, Utterance::Limited | Utterance::Past) => turn.utterance = Utterance::Past,
            // The AI was about to begin: nothing of the user was recorded for its turn.
            (UserAudio::Complete, _) => {
                self.drop_answer(now, at, InterruptReason::Speech, effects);
                self.user_begins(now, effects);
            }
        }
    }

    pub(super) fn speech_paused(&mut self, effects: &mut Vec<Effect>) {
        let may_be_over = self.state == TurnState::UserSpeaking
            && self.settings.turn_taking == TurnTaking::Session
            && !self.hears_later();
        if let Some(speech) = self
            .speech
            .as_mut()
            .filter(|speech| may_be_over && !speech.is_prepared)
        {
            speech.is_prepared = true;
            effects.push(Effect::Order(ModeOrder::Prepare));
        }
    }

    pub(super) fn speech_resumed(&mut self, effects: &mut Vec<Effect>) {
        if let Some(speech) = self.speech.as_mut().filter(|speech| speech.is_prepared) {
            speech.is_prepared = false;
            self.hold_mode(effects);
        }
    }

    pub(super) fn speech_ended(
        &mut self,
        at: SessionTime,
        captured: Option<ClientTime>,
        decided: SessionTime,
        now: SessionTime,
        effects: &mut Vec<Effect>,
    ) {
        let Some(speech) = self.speech.take() else { return };
        self.active(now);
        effects.push(Effect::Emit(Event::SpeechEnded {
            at,
            duration: at.since(speech.started),
        }));
        if self.state == TurnState::UserSpeaking {
            self.user_is_done(at, captured, decided, effects);
        } else if self.next.is_some() {
            let decided = (!speech.is_answered).then_some(decided);
            self.next_is_over(at, captured, decided, effects);
        } else if speech.is_answered {
            self.answered_speech_ended(at, captured);
        } else if self.settings.turn_taking == TurnTaking::Provider
            && let Some(turn) = &mut self.turn
        {
            turn.takes_what_followed();
        }
    }

    fn user_is_done(
        &mut self,
        at: SessionTime,
        captured: Option<ClientTime>,
        decided: SessionTime,
        effects: &mut Vec<Effect>,
    ) {
        self.state = TurnState::Processing;
        if let Some(turn) = &mut self.turn {
            turn.marks.speech_ended = Some(at);
            turn.marks.endpointed = Some(decided);
            turn.speech_ended_captured = captured;
            turn.tell_progress(effects);
        }
        self.ask(decided, effects);
    }

    /// The turn is over, and the mode answers it; one that has not heard it yet is asked later.
    pub(super) fn ask(&mut self, decided: SessionTime, effects: &mut Vec<Effect>) {
        if self.hears_later() {
            return;
        }
        match self.settings.turn_taking {
            TurnTaking::Session => self.commit(effects),
            TurnTaking::Provider => self.committed(decided),
        }
        self.has_ended();
    }

    /// The turn that waits for its answer can be told by what is said from now on.
    pub(super) fn has_ended(&mut self) {
        let generation = self.generation;
        if let Some(turn) = self.waiting_turn() {
            turn.ended_in.get_or_insert(generation);
        }
    }

    /// The user goes on with their turn, and the mode was told.
    fn has_gone_on(&mut self) {
        if let Some(turn) = &mut self.turn {
            turn.went_on_in = Some(self.generation);
        }
    }

    /// The mode shall answer what the user said.
    pub(super) fn commit(&mut self, effects: &mut Vec<Effect>) {
        self.generation = self.generation.next();
        effects.push(Effect::Order(ModeOrder::Commit(self.generation)));
    }

    /// The provider answered first and told later when the user had stopped: what decided it is unknown, the total is not.
    fn answered_speech_ended(&mut self, at: SessionTime, captured: Option<ClientTime>) {
        let answered = self
            .turn
            .as_mut()
            .filter(|turn| turn.marks.speech_started.is_some());
        if let Some(turn) = answered {
            turn.marks.speech_ended = Some(at);
            turn.speech_ended_captured = captured;
            turn.ended_in.get_or_insert(self.generation);
        }
    }

    /// Nothing of the answer was heard, and its mode is gone: the turn waits for another answer, or goes on if the user
    /// speaks. Who was answered before their speech was over has not been heard to the end.
    pub(super) fn answer_is_lost(&mut self, effects: &mut Vec<Effect>) {
        let Some(turn) = &mut self.turn else { return };
        let Some(answer) = turn.answer.take() else { return };
        effects.push(Effect::Emit(Event::ResponseEnded {
            turn: turn.number,
            interruption: None,
            repeats: true,
            false_interruptions: 0,
            latency: Box::new(turn.latency()),
            usage: answer.usage,
        }));
        self.state = TurnState::Processing;
        if let Some(speech) = &mut self.speech
            && turn.utterance == Utterance::MayGoOn
        {
            speech.is_answered = false;
            turn.user_goes_on();
            self.state = TurnState::UserSpeaking;
            self.warnings.utterance = false;
        }
    }

    /// The provider answers what the user says without waiting for its end.
    pub(super) fn speech_is_answered(&mut self) {
        if let Some(speech) = &mut self.speech {
            speech.is_answered = true;
        }
    }

    /// Who stopped was not done after all, or is asked again.
    pub(super) fn speech_is_not_answered(&mut self) {
        if let Some(speech) = &mut self.speech {
            speech.is_answered = false;
        }
    }

    /// Whether the user speaks, and was not answered yet.
    pub(super) fn user_speaks(&self) -> bool {
        self.speaks_since().is_some()
    }

    /// Since when the user speaks who was not answered yet.
    pub(super) fn speaks_since(&self) -> Option<SessionTime> {
        let speech = self.speech.filter(|speech| !speech.is_answered)?;
        Some(speech.started)
    }

    pub(super) fn committed(&mut self, now: SessionTime) {
        // Otherwise the user went on meanwhile.
        if let Some(turn) = self.waiting_turn() {
            turn.marks.committed.get_or_insert(now);
        }
    }
}

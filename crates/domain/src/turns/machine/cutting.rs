//! Answers that are cut, and the end of a turn.

use std::time::Duration;

use super::open_turn::OpenTurn;
use super::{CutTurn, Effect, Event, ModeOrder, TurnMachine, TurnState};
use crate::latency::{ClientTime, SessionTime};
use crate::ports::Heard;
use crate::turns::InterruptReason;

/// How long a turn that was cut waits for the client's report of what it had played.
const STOP_REPORT_WAIT: Duration = Duration::from_secs(1);

impl TurnMachine {
    pub(super) fn client_interrupts(
        &mut self,
        now: SessionTime,
        played: Option<Duration>,
        effects: &mut Vec<Effect>,
    ) {
        self.active(now);
        match self.state {
            TurnState::AiSpeaking => {
                self.interrupt(now, now, InterruptReason::Client, None, played, effects);
                self.listen(now, effects);
            }
            TurnState::Processing => {
                self.drop_answer(now, now, InterruptReason::Client, effects);
                self.listen(now, effects);
            }
            TurnState::Idle | TurnState::Listening | TurnState::UserSpeaking | TurnState::Ending => {}
        }
    }

    /// Cuts the answer of the current turn. A turn of which something was to be heard is saved when the client has told
    /// how much it had played.
    pub(super) fn interrupt(
        &mut self,
        now: SessionTime,
        at: SessionTime,
        reason: InterruptReason,
        captured: Option<ClientTime>,
        played: Option<Duration>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(mut turn) = self.turn.take() else { return };
        let rate = self.settings.output_rate;
        // What was heard is worked out before the cut is marked: until then the answer was playing.
        let played = played.unwrap_or_else(|| turn.heard(self.heard_until(now), rate));
        turn.interrupt(at, reason, captured, played);
        effects.push(Effect::Emit(Event::Interrupted {
            turn: turn.number,
            at: now,
            reason,
        }));
        turn.closed_in = Some(self.generation);
        let believed = turn.answer.as_ref().and_then(|answer| answer.believed);
        let heard = turn.heard_for_provider(turn.heard(now, rate), rate);
        // Of what a mode was only told, it cannot stop anything: another answer would be taken for the one that is cut.
        let its_own = heard.filter(|_| believed.is_none());
        let is_behind = self.is_behind_the_mode(&turn);
        if is_behind {
            effects.extend(its_own.map(|heard| Effect::Order(ModeOrder::CutBefore(heard))));
        }
        // A mode that turned to the next turn has nothing to stop.
        if !self.next_is_asked(&turn) {
            self.stop_mode(its_own.filter(|_| !is_behind), effects);
        }
        let believed = believed.or(heard);
        effects.push(Effect::Emit(Event::ResponseEnded {
            turn: turn.number,
            interruption: Some(reason),
            repeats: false,
            false_interruptions: turn.false_interruptions(),
            latency: Box::new(turn.latency()),
            usage: turn.answer.as_ref().and_then(|answer| answer.usage),
        }));
        self.finish_cut_turn(now, effects);
        if turn.has_audio() {
            self.cut = Some(CutTurn {
                turn,
                deadline: now.after(STOP_REPORT_WAIT),
                believed,
            });
        } else {
            self.save(now, turn, effects);
        }
    }

    /// Takes back that the AI shall speak, before it said a word.
    pub(super) fn drop_answer(
        &mut self,
        now: SessionTime,
        at: SessionTime,
        reason: InterruptReason,
        effects: &mut Vec<Effect>,
    ) {
        let Some(turn) = &mut self.turn else { return };
        turn.interrupt(at, reason, None, Duration::ZERO);
        turn.closed_in = Some(self.generation);
        effects.push(Effect::Emit(Event::Interrupted {
            turn: turn.number,
            at: now,
            reason,
        }));
        self.stop_mode(None, effects);
        self.finish_turn(now, effects);
    }

    /// Whatever the mode was told to say, it shall say no more of it.
    pub(super) fn stop_mode(&mut self, heard: Option<Heard>, effects: &mut Vec<Effect>) {
        self.generation = self.generation.next();
        effects.push(Effect::Order(ModeOrder::Interrupt {
            generation: self.generation,
            heard,
        }));
        self.next_is_dropped();
    }

    /// What was committed is not the whole turn: the mode shall wait for the rest, if it heard any of it.
    pub(super) fn hold_mode(&mut self, effects: &mut Vec<Effect>) {
        if self.hears_later() {
            return;
        }
        self.generation = self.generation.next();
        effects.push(Effect::Order(ModeOrder::GoOn {
            generation: self.generation,
        }));
    }

    /// Nobody will tell more of the turn that was cut: saves it, and corrects the mode that believes something else of it.
    pub(super) fn cut_turn_is_known(&mut self, now: SessionTime, effects: &mut Vec<Effect>) {
        let rate = self.settings.output_rate;
        if let Some(CutTurn {
            turn,
            believed: Some(believed),
            ..
        }) = &self.cut
            && let Some(heard) = turn.heard_for_provider(turn.heard(now, rate), rate)
            && heard != *believed
        {
            effects.push(Effect::Order(ModeOrder::Heard(heard)));
        }
        self.finish_cut_turn(now, effects);
    }

    /// Saves the turn that was cut, if there is one.
    pub(super) fn finish_cut_turn(&mut self, now: SessionTime, effects: &mut Vec<Effect>) {
        if let Some(CutTurn { turn, .. }) = self.cut.take() {
            self.save(now, turn, effects);
        }
    }

    /// Saves the current turn, if there is one.
    pub(super) fn finish_turn(&mut self, now: SessionTime, effects: &mut Vec<Effect>) {
        if let Some(turn) = self.turn.take() {
            self.save(now, turn, effects);
        }
    }

    fn save(&mut self, now: SessionTime, mut turn: OpenTurn, effects: &mut Vec<Effect>) {
        turn.complete_user_audio(effects);
        self.await_words(&turn);
        let had_text = turn.answer.as_ref().is_some_and(|answer| !answer.text.is_empty());
        let had_audio = turn.has_audio();
        let turn = turn.finish(now, self.heard_until(now), self.settings.output_rate);
        if turn.interruption.is_some() && had_text {
            effects.push(Effect::Emit(Event::AiTranscript {
                turn: turn.number,
                text: turn.answer.heard.clone(),
            }));
        }
        if turn.interruption.is_some() && had_audio {
            effects.push(Effect::Emit(Event::TurnLatency {
                turn: turn.number,
                latency: Box::new(turn.latency),
            }));
        }
        self.summary.turns += 1;
        match turn.interruption {
            Some(_) => self.summary.interrupted += 1,
            None => self.totals.extend(turn.latency.total.map(|total| total.duration)),
        }
        effects.push(Effect::TurnFinished(Box::new(turn)));
    }

    /// The last moment up to which an answer can be known to have been playing: a lost client tells nothing.
    pub(super) fn heard_until(&self, now: SessionTime) -> SessionTime {
        self.client_lost.map_or(now, |lost| lost.min(now))
    }
}

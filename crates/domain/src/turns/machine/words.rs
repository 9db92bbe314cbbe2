//! Whose words they are that a mode writes down: of the turn that is open, or of one that is over.

use std::collections::VecDeque;

use super::effect::{AmendedTranscript, Effect, Event};
use super::open_turn::OpenTurn;
use super::{CutTurn, TurnMachine, TurnState, TurnTaking};
use crate::turns::{Generation, TurnNumber};

/// How many turns that are over may still get their last words.
const MOST_AWAITED: usize = 4;

/// Turns that are over and of which nobody wrote down yet what the user said, oldest first.
#[derive(Debug, Default)]
pub(super) struct PastTurns(VecDeque<PastTurn>);

#[derive(Debug, Clone, Copy)]
struct PastTurn {
    number: TurnNumber,
    /// The generations in which its words may be said.
    first: Generation,
    last: Generation,
}

impl PastTurns {
    fn add(&mut self, turn: PastTurn) {
        if self.0.len() == MOST_AWAITED {
            self.0.pop_front();
        }
        self.0.push_back(turn);
    }

    /// The newest turn whose words may be said in this generation. Its words come once.
    fn take(&mut self, said_in: Generation) -> Option<TurnNumber> {
        let is_of = |turn: &PastTurn| (turn.first..=turn.last).contains(&said_in);
        let index = self.0.iter().rposition(is_of)?;
        self.0.remove(index).map(|turn| turn.number)
    }

    /// Whoever would write their words down is gone.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

impl TurnMachine {
    pub(super) fn user_transcript(
        &mut self,
        generation: Generation,
        text: String,
        is_final: bool,
        effects: &mut Vec<Effect>,
    ) {
        if is_final
            && !self.is_awaited_now(generation)
            && let Some(turn) = self.past.take(generation)
        {
            return late_words(turn, text, effects);
        }
        let current = self.generation;
        let Some(turn) = self.turn_of_words(generation, is_final) else {
            return;
        };
        // Who went on with the same turn says more.
        let is_final = is_final && (generation == current || turn.interruption().is_some());
        turn.is_understood = is_final;
        turn.user_transcript = Some(text.clone());
        effects.push(Effect::Emit(Event::UserTranscript {
            turn: turn.number,
            text,
            is_final,
        }));
    }

    /// Whether a turn that is not saved yet waits for its last words, said in this generation. Turns of a provider that
    /// decides share a generation: the words are of the one in which the user stopped last.
    fn is_awaited_now(&self, said_in: Generation) -> bool {
        let awaits = |turn: &OpenTurn| !turn.is_understood && turn.marks.speech_started.is_some();
        let is_open = |turn: &OpenTurn| awaits(turn) && self.may_be_of(turn, said_in);
        let is_done = matches!(self.state, TurnState::Processing | TurnState::AiSpeaking);
        let next = self.next.as_ref().map(|next| &next.turn);
        self.cut.as_ref().is_some_and(|cut| may_be_of_cut(cut, said_in))
            || next.is_some_and(is_open)
            || self.turn.as_ref().is_some_and(|turn| is_done && is_open(turn))
    }

    /// Whose words these are. They may come late: when the user went on with the same turn, or cut its answer. Of a turn
    /// that was cut only its last words are taken, once: what comes after them may be of the speech that cut it.
    fn turn_of_words(&mut self, said_in: Generation, is_final: bool) -> Option<&mut OpenTurn> {
        let is_of_next = self.are_of_next(is_final);
        let is_of_open = |turn: &OpenTurn| self.may_be_of(turn, said_in);
        let is_next = is_of_next && self.next.as_ref().is_some_and(|next| is_of_open(&next.turn));
        let is_current = !is_of_next && self.turn.as_ref().is_some_and(is_of_open);
        let cut = self.cut.as_mut();
        if let Some(cut) = cut.filter(|cut| is_final && may_be_of_cut(cut, said_in)) {
            return Some(&mut cut.turn);
        }
        match (is_next, is_current) {
            (true, _) => self.next.as_mut().map(|next| &mut next.turn),
            (false, true) => self.turn.as_mut(),
            (false, false) => None,
        }
    }

    /// Whether words are of the turn that the user takes while the AI finishes, and not the last ones of the turn before it.
    fn are_of_next(&self, is_final: bool) -> bool {
        let Some(next) = &self.next else { return false };
        let is_awaited = |turn: &OpenTurn| {
            !turn.is_understood
                && turn.marks.speech_started.is_some()
                && (turn.is_growing() || !next.is_over())
        };
        !(is_final && self.turn.as_ref().is_some_and(is_awaited))
    }

    /// Whether words that are said in this generation may be of an open turn. The generation in which a turn was opened may
    /// be that of the turn before it.
    fn may_be_of(&self, turn: &OpenTurn, said_in: Generation) -> bool {
        said_in == self.generation || (turn.opened_in < said_in && said_in < self.generation)
    }

    /// A turn is over; the words of its user may still come.
    pub(super) fn await_words(&mut self, turn: &OpenTurn) {
        if turn.is_understood || turn.marks.speech_started.is_none() {
            return;
        }
        self.past.add(PastTurn {
            number: turn.number,
            first: match self.settings.turn_taking {
                TurnTaking::Session => turn.opened_in.next(),
                TurnTaking::Provider => turn.opened_in,
            },
            last: turn.closed_in.unwrap_or(self.generation),
        });
    }
}

fn may_be_of_cut(cut: &CutTurn, said_in: Generation) -> bool {
    !cut.turn.is_understood && cut.turn.closed_in == Some(said_in)
}

/// The turn is saved already: its record is amended.
fn late_words(turn: TurnNumber, text: String, effects: &mut Vec<Effect>) {
    effects.push(Effect::Emit(Event::UserTranscript {
        turn,
        text: text.clone(),
        is_final: true,
    }));
    effects.push(Effect::TranscriptAmended(AmendedTranscript { turn, text }));
}

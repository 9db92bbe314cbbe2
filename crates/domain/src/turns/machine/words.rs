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

#[derive(Debug)]
struct PastTurn {
    number: TurnNumber,
    /// The generations in which its words may be said.
    first: Generation,
    last: Generation,
    /// As of the turn when it was open.
    went_on_in: Option<Generation>,
    said_before: String,
}

impl PastTurns {
    fn add(&mut self, turn: PastTurn) {
        if self.0.len() == MOST_AWAITED {
            self.0.pop_front();
        }
        self.0.push_back(turn);
    }

    /// Takes words for the newest turn of which they may be. Its last words come once.
    fn hear(&mut self, said_in: Generation, text: &str) -> Option<AmendedTranscript> {
        let is_of = |turn: &PastTurn| (turn.first..=turn.last).contains(&said_in);
        let index = self.0.iter().rposition(is_of)?;
        let past = self.0.get_mut(index)?;
        let text = joined(&past.said_before, text);
        let turn = past.number;
        if past.went_on_in.is_some_and(|from| said_in < from) {
            past.said_before.clone_from(&text);
        } else {
            self.0.remove(index);
        }
        Some(AmendedTranscript { turn, text })
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
        text: &str,
        is_final: bool,
        effects: &mut Vec<Effect>,
    ) {
        if is_final
            && !self.is_awaited_now(generation)
            && let Some(amended) = self.past.hear(generation, text)
        {
            return late_words(amended, effects);
        }
        let Some(turn) = self.turn_of_words(generation, is_final) else {
            return;
        };
        let goes_on = turn.goes_on_after(generation);
        if goes_on && !is_final {
            return; // Of what was said before the user went on, only the last words are news.
        }
        let text = turn.hear(text, goes_on);
        if !goes_on {
            turn.is_understood = is_final;
        }
        effects.push(Effect::Emit(Event::UserTranscript {
            turn: turn.number,
            text,
            is_final: turn.is_understood,
        }));
    }

    /// Whether a turn that is not saved yet waits for its last words, said in this generation. Turns of a provider that
    /// decides share a generation: the words are of the one in which the user stopped last.
    fn is_awaited_now(&self, said_in: Generation) -> bool {
        let is_done = matches!(self.state, TurnState::Processing | TurnState::AiSpeaking);
        let is_open = |turn: &OpenTurn, is_over: bool| {
            turn.awaits_words() && (turn.has_ended_by(said_in) || is_over && self.may_be_of(turn, said_in))
        };
        self.cut.as_ref().is_some_and(|cut| may_be_of_cut(cut, said_in))
            || self
                .next_that_is_heard()
                .is_some_and(|next| is_open(&next.turn, next.is_over()))
            || self.turn.as_ref().is_some_and(|turn| is_open(turn, is_done))
    }

    /// Whose words these are. They may come late: when the user went on with the same turn, or cut its answer. Of a turn
    /// that was cut only its last words are taken, once: what comes after them may be of the speech that cut it.
    fn turn_of_words(&mut self, said_in: Generation, is_final: bool) -> Option<&mut OpenTurn> {
        let is_of_next = self.are_of_next(is_final);
        let is_of_open = |turn: &OpenTurn| self.may_be_of(turn, said_in);
        let is_next = is_of_next && self.next.as_ref().is_some_and(|next| is_of_open(&next.turn));
        let takes_words = |turn: &OpenTurn| is_of_open(turn) && !turn.is_past();
        let is_current = !is_of_next && self.turn.as_ref().is_some_and(takes_words);
        // Where the mode was at the turn after it already, both share a generation.
        let is_shared = |cut: &CutTurn| cut.turn.closed_in == Some(self.generation);
        let awaits = |turn: &OpenTurn| turn.awaits_words() && turn.has_ended_by(said_in);
        let is_newer = self.turn.as_ref().is_some_and(awaits) && self.cut.as_ref().is_some_and(is_shared);
        let cut = self.cut.as_mut();
        if let Some(cut) = cut.filter(|cut| is_final && !is_newer && may_be_of_cut(cut, said_in)) {
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
        let Some(next) = self.next_that_is_heard() else {
            return false; // The mode has heard nothing of it.
        };
        let is_awaited = |turn: &OpenTurn| turn.awaits_words() && (turn.is_growing() || !next.is_over());
        !(is_final && self.turn.as_ref().is_some_and(is_awaited))
    }

    /// Whether words that are said in this generation may be of an open turn: those of now, and since the user had first
    /// stopped. The generation before that may be the one of the turn before it.
    fn may_be_of(&self, turn: &OpenTurn, said_in: Generation) -> bool {
        said_in == self.generation || (turn.has_ended_by(said_in) && said_in < self.generation)
    }

    /// A turn is over; the words of its user may still come.
    pub(super) fn await_words(&mut self, turn: &OpenTurn) {
        if !turn.awaits_words() {
            return;
        }
        let opened = match self.settings.turn_taking {
            TurnTaking::Session => turn.opened_in.next(),
            TurnTaking::Provider => turn.opened_in,
        };
        self.past.add(PastTurn {
            number: turn.number,
            first: turn.ended_in.unwrap_or(opened),
            last: turn.closed_in.unwrap_or(self.generation),
            went_on_in: turn.went_on_in,
            said_before: turn.said_before.clone(),
        });
    }
}

/// What was said before and what was said then; the words of then may be all of it.
pub(super) fn joined(before: &str, words: &str) -> String {
    if words.is_empty() {
        before.to_owned()
    } else if words.starts_with(before) {
        words.to_owned()
    } else {
        format!("{before} {words}")
    }
}

fn may_be_of_cut(cut: &CutTurn, said_in: Generation) -> bool {
    cut.turn.awaits_words() && cut.turn.closed_in == Some(said_in)
}

/// The turn is saved already: its record is amended.
fn late_words(amended: AmendedTranscript, effects: &mut Vec<Effect>) {
    effects.push(Effect::Emit(Event::UserTranscript {
        turn: amended.turn,
        text: amended.text.clone(),
        is_final: true,
    }));
    effects.push(Effect::TranscriptAmended(amended));
}

//! What was said in the turns that are finished, for a mode that comes later.

use std::collections::VecDeque;

use viva_domain::ports::MessageRole;
use viva_domain::turns::{AmendedTranscript, FinishedTurn, TurnNumber};

use crate::modes::{Conversation, kept};

#[derive(Debug, Default)]
pub(super) struct Memory {
    turns: VecDeque<Remembered>,
}

#[derive(Debug)]
struct Remembered {
    turn: TurnNumber,
    user: String,
    /// Of the AI's words those that were heard.
    heard: String,
}

impl Memory {
    /// A turn is finished.
    pub(super) fn add(&mut self, turn: &FinishedTurn) {
        self.turns.push_back(Remembered {
            turn: turn.number,
            user: turn.user_transcript.clone().unwrap_or_default(),
            heard: turn.answer.heard.clone(),
        });
        self.forget();
    }

    /// What the user said in a finished turn became known.
    pub(super) fn amend(&mut self, amended: &AmendedTranscript) {
        let is_it = |turn: &&mut Remembered| turn.turn == amended.turn;
        if let Some(turn) = self.turns.iter_mut().rev().find(is_it) {
            turn.user.clone_from(&amended.text);
            self.forget();
        }
    }

    /// All that is remembered.
    pub(super) fn conversation(&self) -> Conversation {
        let mut conversation = Conversation::default();
        for turn in &self.turns {
            conversation.add(MessageRole::User, &turn.user);
            conversation.add(MessageRole::Assistant, &turn.heard);
        }
        conversation
    }

    fn forget(&mut self) {
        let forgotten = self.turns.len() - kept(self.turns.iter().rev().map(Remembered::bytes));
        self.turns.drain(..forgotten);
    }
}

impl Remembered {
    /// A turn without words takes room too.
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.user.len() + self.heard.len()
    }
}

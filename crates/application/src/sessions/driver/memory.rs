//! What was said in the turns that are finished, for a mode that comes later.

use std::collections::VecDeque;

use viva_domain::ports::MessageRole;
use viva_domain::turns::{AmendedTranscript, FinishedTurn, TurnNumber};

use crate::modes::Conversation;

/// How much text is kept, in bytes; what was said longest ago is forgotten first.
const MAX_BYTES: usize = 64 * 1024;

#[derive(Debug, Default)]
pub(super) struct Memory {
    turns: VecDeque<Remembered>,
    bytes: usize,
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
        self.bytes = self.turns.iter().map(Remembered::bytes).sum();
        while self.bytes > MAX_BYTES && self.turns.len() > 1 {
            self.bytes -= self.turns.pop_front().map_or(0, |turn| turn.bytes());
        }
    }
}

impl Remembered {
    /// A turn without words takes room too.
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.user.len() + self.heard.len()
    }
}

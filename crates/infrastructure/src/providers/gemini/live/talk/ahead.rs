//! What the session may not know yet: that a turn is over which the server found, and what was said in answer to it.

use std::time::Instant;

use viva_domain::ports::RealtimeEventKind;

use crate::providers::gemini::live::EVENTS;

/// Events after the one that told of the end of a turn, from which on the session has taken that one: more than are ever
/// on their way.
const MOST: u64 = 2 * EVENTS as u64;

/// What was told, counted, and the last turn.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    told: u64,
    turn: Turn,
}

/// What was told of an answer, and when it arrived.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) at: Instant,
    pub(super) kind: RealtimeEventKind,
}

#[derive(Debug, Default)]
enum Turn {
    /// The session knows of the last one that is over.
    #[default]
    Known,
    /// The user speaks.
    Open,
    /// It is over, as the session knows when it has taken so many events.
    Over { known_from: u64, answer: Vec<Told> },
}

impl Ahead {
    /// This is told.
    pub(super) fn tell(&mut self, at: Instant, kind: &RealtimeEventKind) {
        self.told += 1;
        let known_from = self.told;
        match (&mut self.turn, kind) {
            (_, RealtimeEventKind::SpeechStarted) => self.turn = Turn::Open,
            (Turn::Open, RealtimeEventKind::SpeechEnded | RealtimeEventKind::ResponseStarted) => {
                let answer = Vec::new();
                self.turn = Turn::Over { known_from, answer };
            }
            (Turn::Over { known_from, .. }, _) if self.told > *known_from + MOST => self.turn = Turn::Known,
            _ => {}
        }
        if let Turn::Over { answer, .. } = &mut self.turn
            && is_of_answer(kind)
        {
            let kind = kind.clone();
            answer.push(Told { at, kind });
        }
    }

    /// The session knows what it is answered: it asked for it.
    pub(super) fn is_known(&mut self) {
        self.turn = Turn::Known;
    }

    /// What was told of the answer to a turn, if the session did not know that it is over when it had taken so many events.
    pub(super) fn unknown_at(&mut self, taken: u64) -> Vec<Told> {
        match &mut self.turn {
            Turn::Over { known_from, answer } if taken < *known_from => return std::mem::take(answer),
            Turn::Over { .. } => self.turn = Turn::Known,
            Turn::Open | Turn::Known => {}
        }
        Vec::new()
    }
}

fn is_of_answer(kind: &RealtimeEventKind) -> bool {
    match kind {
        RealtimeEventKind::ResponseStarted
        | RealtimeEventKind::TextDelta(_)
        | RealtimeEventKind::Audio(_)
        | RealtimeEventKind::ResponseDone { .. }
        | RealtimeEventKind::ResponseFailed(_) => true,
        RealtimeEventKind::SpeechStarted
        | RealtimeEventKind::SpeechEnded
        | RealtimeEventKind::UserTranscript { .. }
        | RealtimeEventKind::Failed(_) => false,
    }
}

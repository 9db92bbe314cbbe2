//! A conversation in time: where each stretch of each recording was said or heard.

use std::borrow::Cow;
use std::time::Duration;

use super::Session;
use crate::latency::SessionTime;
use crate::turns::{Placement, Recording, Turn};

/// Both sides of a conversation on the session's clock. On each side, one stretch ends before the next one begins.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TimeLine {
    /// What the user said.
    pub user: Vec<Stretch>,
    /// What was heard of the AI: nothing of an answer lies here after it was cut.
    pub ai: Vec<Stretch>,
}

/// A part of a recording that sounded without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// The place of its turn among those that the time line was made of.
    pub turn: usize,
    /// Where in the recording it begins.
    pub offset: Duration,
    /// When it began to sound.
    pub at: SessionTime,
    /// How long it sounded.
    pub length: Duration,
}

impl Stretch {
    /// When it was over.
    pub fn end(&self) -> SessionTime {
        self.at.after(self.length)
    }
}

impl TimeLine {
    /// The time line of a session's turns.
    pub fn of(session: &Session, turns: &[Turn]) -> Self {
        let (mut user, mut ai) = (Vec::new(), Vec::new());
        for (index, turn) in turns.iter().enumerate() {
            if let Some(recording) = &turn.user_audio {
                let placement = placement(recording, || user_began(session, turn));
                place(&mut user, index, &placement, recording.duration());
            }
            if let Some(recording) = &turn.ai_audio {
                let placement = placement(recording, || answer_began(session, turn));
                let heard = turn.played.unwrap_or_default().min(recording.duration());
                place(&mut ai, index, &placement, heard);
            }
        }
        Self {
            user: one_after_the_other(user),
            ai: one_after_the_other(ai),
        }
    }

    /// From the session's beginning to the last sound of either side.
    pub fn length(&self) -> Duration {
        let ends = self.user.iter().chain(&self.ai).map(Stretch::end);
        ends.max().unwrap_or_default().elapsed()
    }
}

fn placement(recording: &Recording, began: impl FnOnce() -> SessionTime) -> Cow<'_, Placement> {
    match &recording.placement {
        Some(placement) => Cow::Borrowed(placement),
        None => Cow::Owned(Placement::estimated(began())),
    }
}

/// When the recording of the user began, of a turn that does not say where it lies.
fn user_began(session: &Session, turn: &Turn) -> SessionTime {
    let marks = &turn.marks;
    let began = marks.user_audio_began.or(marks.speech_started);
    began.unwrap_or_else(|| since(session, turn))
}

/// When the answer began to be heard, of a turn that does not say it.
fn answer_began(session: &Session, turn: &Turn) -> SessionTime {
    let marks = &turn.marks;
    let began = marks
        .playback_started
        .or(marks.first_audio_sent)
        .or(marks.provider_first_audio);
    began.unwrap_or_else(|| since(session, turn))
}

/// When a turn began, on the wall clock that turns always have.
fn since(session: &Session, turn: &Turn) -> SessionTime {
    let since = turn.started_at - session.started_at;
    SessionTime::new(since.to_std().unwrap_or_default())
}

/// Adds the first part of a recording, so long, piece by piece.
fn place(stretches: &mut Vec<Stretch>, turn: usize, placement: &Placement, length: Duration) {
    let pieces = placement.pieces();
    let ends = pieces.iter().skip(1).map(|next| next.offset);
    for (piece, end) in pieces.iter().zip(ends.chain([Duration::MAX])) {
        stretches.push(Stretch {
            turn,
            offset: piece.offset,
            at: piece.at,
            length: end.min(length).saturating_sub(piece.offset),
        });
    }
}

/// What overlaps ends where the next one begins: clocks were known better by then, and a recording begins with the moment
/// before speech, which the one before may end with.
fn one_after_the_other(mut stretches: Vec<Stretch>) -> Vec<Stretch> {
    stretches.retain(|stretch| !stretch.length.is_zero());
    stretches.sort_by_key(|stretch| (stretch.at, stretch.turn, stretch.offset));
    let begins: Vec<SessionTime> = stretches.iter().skip(1).map(|next| next.at).collect();
    for (stretch, next) in stretches.iter_mut().zip(begins) {
        stretch.length = stretch.length.min(next.since(stretch.at));
    }
    stretches.retain(|stretch| !stretch.length.is_zero());
    stretches
}

#[cfg(test)]
mod tests;

//! Recordings on the wire, and where they lie in time.

use viva_application::history::{SessionRecord, Side};
use viva_domain::sessions::Stretch;
use viva_domain::turns::Recording;
use viva_protocol::rest::{AudioSide, AudioStretch};

use crate::convert::ms;

pub(super) fn side(side: AudioSide) -> Side {
    match side {
        AudioSide::User => Side::User,
        AudioSide::Ai => Side::Ai,
    }
}

/// A recording of a session.
pub(super) struct Placed<'a> {
    /// The place of its turn.
    pub(super) turn: usize,
    pub(super) side: AudioSide,
    pub(super) recording: &'a Recording,
    pub(super) estimated: bool,
    pub(super) stretches: Vec<AudioStretch>,
}

/// All recordings of a session, by turn, the user's first.
pub(super) fn placed(record: &SessionRecord) -> impl Iterator<Item = Placed<'_>> {
    let mut stretches = record
        .turns
        .iter()
        .map(|_| [Vec::new(), Vec::new()])
        .collect::<Vec<_>>();
    let line = &record.time_line;
    for (side, of_side) in [&line.user, &line.ai].into_iter().enumerate() {
        for stretch in of_side {
            if let Some(of_turn) = stretches.get_mut(stretch.turn) {
                of_turn[side].push(*stretch);
            }
        }
    }
    let turns = record.turns.iter().zip(stretches).enumerate();
    turns.flat_map(|(index, (turn, [user, ai]))| {
        let sides = [
            (AudioSide::User, &turn.user_audio, user),
            (AudioSide::Ai, &turn.ai_audio, ai),
        ];
        sides.into_iter().filter_map(move |(side, recording, stretches)| {
            let recording = recording.as_ref()?;
            Some(Placed {
                turn: index,
                side,
                recording,
                estimated: recording.is_estimated(),
                stretches: stretches.iter().map(stretch_to_wire).collect(),
            })
        })
    })
}

fn stretch_to_wire(stretch: &Stretch) -> AudioStretch {
    AudioStretch {
        offset_ms: ms(stretch.offset),
        at_ms: ms(stretch.at.elapsed()),
        length_ms: ms(stretch.length),
    }
}

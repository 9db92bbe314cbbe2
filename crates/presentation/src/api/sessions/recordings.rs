//! Recordings on the wire: their bytes, and where they lie in time.

use std::ops::Range;

use axum::body::Bytes;
use futures_util::{Stream, stream};
use viva_application::history::{History, HistoryError, SessionRecord, Side};
use viva_domain::sessions::Stretch;
use viva_domain::turns::Recording;
use viva_protocol::rest::{AudioSide, AudioStretch};

use crate::convert::ms;
use crate::problem::log;

/// Bytes that are in memory at once while a recording is sent.
const PIECE: u64 = 64 * 1024;

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

/// The bytes of a recording, read as the client takes them.
pub(super) fn pieces(
    history: History,
    recording: Recording,
    range: Range<u64>,
) -> impl Stream<Item = Result<Bytes, HistoryError>> + Send + 'static {
    stream::try_unfold(
        (history, recording, range),
        |(history, recording, range)| async move {
            if range.is_empty() {
                return Ok(None);
            }
            let end = range.end.min(range.start + PIECE);
            let piece = history
                .read(&recording, range.start, end)
                .await
                .inspect_err(|err| log(err))?;
            Ok(Some((piece, (history, recording, end..range.end))))
        },
    )
}

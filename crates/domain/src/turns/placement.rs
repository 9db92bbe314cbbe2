//! Where a recording lies in time. A recording has no gaps, but time has: a client loses audio, playback pauses or runs dry.

use std::time::Duration;

use thiserror::Error;

use crate::latency::SessionTime;

/// How far a sample may lie from where those before it lead to. Clocks are mapped, and reports are a little late; what
/// differs more is a gap.
const TOLERANCE: Duration = Duration::from_millis(8);
/// Gaps of one recording that are kept: a client that stamps its audio with nonsense must not fill the memory.
const MOST_PIECES: usize = 500;

/// Where a recording lies on the session's clock: piece by piece, each as long as the recording goes on without a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// At least one; the first one at offset 0, each at a larger offset than the one before.
    pieces: Vec<Piece>,
    /// How it is known.
    pub basis: Basis,
}

/// From here on a recording goes on without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Where in the recording.
    pub offset: Duration,
    /// When that was said or heard.
    pub at: SessionTime,
}

/// How it is known where a recording lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Basis {
    /// The user's side was stamped as it came in; of the AI's the client told what it played and when.
    Measured,
    /// The best that can be said: the client told nothing of what it played, or the turn is older than this record.
    Estimated,
}

/// Pieces that are in no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a recording lies in time piece by piece, from its beginning on")]
pub struct InvalidPlacement;

impl Placement {
    /// Takes pieces that were kept.
    ///
    /// # Errors
    /// [`InvalidPlacement`] when there is none, the first one is not at the beginning, or one is not after the one before.
    pub fn new(pieces: Vec<Piece>, basis: Basis) -> Result<Self, InvalidPlacement> {
        let begins = pieces.first().is_some_and(|first| first.offset.is_zero());
        if begins && pieces.is_sorted_by(|a, b| a.offset < b.offset) {
            Ok(Self { pieces, basis })
        } else {
            Err(InvalidPlacement)
        }
    }

    /// A recording without gaps that began at this time, as far as is known.
    pub fn estimated(at: SessionTime) -> Self {
        Self {
            pieces: vec![Piece {
                offset: Duration::ZERO,
                at,
            }],
            basis: Basis::Estimated,
        }
    }

    /// The pieces, in order; at least one.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }
}

/// Follows a recording while it is made, or while it is played.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Placing {
    pieces: Vec<Piece>,
    /// Up to where it is known that it went on without a gap.
    known: Duration,
}

impl Placing {
    /// What lies at this offset of the recording was said or heard at this time.
    ///
    /// Where that is not where the last piece leads to, a new piece begins where the last one was sure to go on. What is told
    /// of an offset before that changes nothing.
    pub fn note(&mut self, offset: Duration, at: SessionTime) {
        if offset < self.known {
            return;
        }
        let is_expected = self.expected(offset).is_some_and(|expected| {
            let (early, late) = (expected.since(at), at.since(expected));
            early.max(late) <= TOLERANCE
        });
        if !is_expected {
            self.begin_piece(at.before(offset.saturating_sub(self.known)));
        }
        self.known = offset;
    }

    /// Where it lies; `None` when nothing was noted.
    pub fn finish(self, basis: Basis) -> Option<Placement> {
        Placement::new(self.pieces, basis).ok()
    }

    /// When what lies at this offset is due.
    fn expected(&self, offset: Duration) -> Option<SessionTime> {
        let last = self.pieces.last()?;
        Some(last.at.after(offset.saturating_sub(last.offset)))
    }

    /// From what is known on, it lies there.
    fn begin_piece(&mut self, at: SessionTime) {
        let (offset, has_room) = (self.known, self.pieces.len() < MOST_PIECES);
        match self.pieces.last_mut() {
            Some(last) if last.offset == offset => last.at = at,
            _ if has_room => self.pieces.push(Piece { offset, at }),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn placed(notes: &[(u64, u64)]) -> Vec<(u64, u64)> {
        let mut placing = Placing::default();
        for (offset, at) in notes {
            placing.note(ms(*offset), SessionTime::from_millis(*at));
        }
        let placement = placing.finish(Basis::Measured).unwrap();
        let pieces = placement.pieces().iter();
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap();
        pieces
            .map(|piece| (ms(piece.offset), ms(piece.at.elapsed())))
            .collect()
    }

    #[test]
    fn nothing_noted_is_nowhere() {
        assert_eq!(Placing::default().finish(Basis::Measured), None);
    }

    #[test]
    fn what_goes_on_is_one_piece() {
        let notes = [
            (0, 1_000),
            (20, 1_020),
            (500, 1_506),
            (900, 1_893),
            (1_000, 2_008),
        ];
        assert_eq!(placed(&notes), [(0, 1_000)]);
    }

    #[test]
    fn a_recording_of_which_the_beginning_was_not_noted_began_before() {
        assert_eq!(placed(&[(120, 1_120)]), [(0, 1_000)]);
    }

    #[test]
    fn lost_audio_leaves_a_gap_where_it_was_lost() {
        // Every frame is noted at its beginning and at its end.
        let notes = [(0, 1_000), (20, 1_020), (20, 1_300), (40, 1_320)];
        assert_eq!(placed(&notes), [(0, 1_000), (20, 1_300)]);
    }

    #[test]
    fn playback_that_paused_goes_on_where_it_paused() {
        let (started, paused, resumed, finished) = ((0, 5_000), (700, 5_700), (700, 6_400), (1_500, 7_200));
        assert_eq!(
            placed(&[started, paused, resumed, finished]),
            [(0, 5_000), (700, 6_400)]
        );
    }

    #[test]
    fn playback_that_ran_dry_is_late_from_the_last_report_on() {
        let notes = [(0, 5_000), (500, 5_500), (1_000, 6_200), (1_500, 6_700)];
        assert_eq!(placed(&notes), [(0, 5_000), (500, 5_700)]);
    }

    #[test]
    fn a_clock_that_is_known_better_moves_what_follows() {
        let notes = [(0, 1_030), (20, 1_050), (20, 1_020), (40, 1_040)];
        assert_eq!(placed(&notes), [(0, 1_030), (20, 1_020)]);
    }

    #[test]
    fn of_two_words_about_the_same_place_the_last_one_counts() {
        assert_eq!(placed(&[(0, 1_000), (0, 1_500), (100, 1_600)]), [(0, 1_500)]);
    }

    #[test]
    fn what_is_told_of_what_was_before_changes_nothing() {
        assert_eq!(placed(&[(0, 1_000), (500, 1_500), (100, 9_000)]), [(0, 1_000)]);
    }

    #[test]
    fn nonsense_does_not_fill_the_memory() {
        let notes: Vec<_> = (0..2_000).map(|n| (n, n * 1_000)).collect();
        assert_eq!(placed(&notes).len(), MOST_PIECES);
    }

    #[test]
    fn kept_pieces_are_in_order() {
        let piece = |offset, at| Piece {
            offset: ms(offset),
            at: SessionTime::from_millis(at),
        };
        for bad in [
            vec![],
            vec![piece(1, 0)],
            vec![piece(0, 5), piece(0, 6)],
            vec![piece(0, 5), piece(9, 6), piece(8, 7)],
        ] {
            assert_eq!(Placement::new(bad, Basis::Measured), Err(InvalidPlacement));
        }
        // A clock that is known better may lead back.
        assert!(Placement::new(vec![piece(0, 5), piece(9, 4)], Basis::Measured).is_ok());
    }

    proptest! {
        #[test]
        fn whatever_is_noted_is_in_order(notes: Vec<(u32, u32)>) {
            let mut placing = Placing::default();
            for (offset, at) in &notes {
                placing.note(ms((*offset).into()), SessionTime::from_millis((*at).into()));
            }
            prop_assert_eq!(placing.finish(Basis::Measured).is_some(), !notes.is_empty());
        }

        #[test]
        fn the_last_word_holds(notes in prop::collection::vec((0..1_000_u64, 0..100_000_u64), 1..50)) {
            let mut placing = Placing::default();
            let (mut offset, mut last) = (0, (0, 0));
            for (step, at) in &notes {
                offset += step + 1;
                // What is before the session is at its beginning.
                last = (offset, at + offset);
                placing.note(ms(last.0), SessionTime::from_millis(last.1));
            }
            let expected = placing.expected(ms(last.0)).unwrap();
            let at = SessionTime::from_millis(last.1);
            prop_assert!(expected.since(at).max(at.since(expected)) <= TOLERANCE);
        }
    }
}

//! Waveforms in small: how loud one side was, for every pixel that is seen.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use viva_protocol::rest::{AudioSide, SessionPeaks};

/// One side of a conversation on its time line.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lane {
    pieces: Vec<Piece>,
    window_ms: f64,
}

/// A part of a recording that sounded without a gap.
#[derive(Debug, Clone, PartialEq)]
struct Piece {
    at_ms: f64,
    length_ms: f64,
    /// Where in the recording it begins.
    offset_ms: f64,
    /// Of the whole recording.
    peaks: Arc<[u8]>,
}

impl Piece {
    fn end_ms(&self) -> f64 {
        self.at_ms + self.length_ms
    }

    /// The loudest of what sounds between two moments, both within it.
    fn loudest(&self, from_ms: f64, to_ms: f64, window_ms: f64) -> u8 {
        let window = |ms: f64| (ms - self.at_ms + self.offset_ms) / window_ms;
        let first = index(window(from_ms)).min(self.peaks.len());
        let end = index(window(to_ms).ceil()).clamp(first, self.peaks.len());
        let heard = &self.peaks[first..end.max(first + 1).min(self.peaks.len())];
        heard.iter().copied().max().unwrap_or_default()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it saturates, and what is negative is 0"
)]
fn index(value: f64) -> usize {
    value as usize
}

impl Lane {
    /// One side of what the server measured. What is not stored (yet) is silent.
    pub fn of(peaks: &SessionPeaks, side: AudioSide) -> Self {
        let mut pieces = Vec::new();
        for recording in peaks.recordings.iter().filter(|recording| recording.side == side) {
            let Some(bytes) = recording
                .peaks
                .as_ref()
                .and_then(|peaks| STANDARD.decode(peaks).ok())
            else {
                continue;
            };
            let bytes: Arc<[u8]> = bytes.into();
            pieces.extend(recording.stretches.iter().map(|stretch| Piece {
                at_ms: stretch.at_ms,
                length_ms: stretch.length_ms,
                offset_ms: stretch.offset_ms,
                peaks: Arc::clone(&bytes),
            }));
        }
        pieces.sort_by(|one, other| one.at_ms.total_cmp(&other.at_ms));
        Self {
            pieces,
            window_ms: f64::from(peaks.window_ms.max(1)),
        }
    }

    /// The loudest of each of `count` columns, the first of which begins at `from_ms`; `None` where nothing was recorded.
    pub fn columns(&self, from_ms: f64, ms_per_column: f64, count: usize) -> Vec<Option<u8>> {
        let mut columns = vec![None::<u8>; count];
        #[expect(clippy::cast_precision_loss, reason = "a few thousand columns")]
        let column_at = |column: usize| from_ms + column as f64 * ms_per_column;
        let to_ms = column_at(count);
        let first = self.pieces.partition_point(|piece| piece.end_ms() <= from_ms);
        for piece in self.pieces[first..]
            .iter()
            .take_while(|piece| piece.at_ms < to_ms)
        {
            let begin = index((piece.at_ms - from_ms) / ms_per_column);
            for (column, loudest) in columns.iter_mut().enumerate().skip(begin) {
                let (from, to) = (column_at(column), column_at(column + 1));
                if from >= piece.end_ms() {
                    break;
                }
                let heard = piece.loudest(from.max(piece.at_ms), to.min(piece.end_ms()), self.window_ms);
                *loudest = Some(loudest.unwrap_or_default().max(heard));
            }
        }
        columns
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use viva_protocol::rest::{AudioStretch, RecordingPeaks};

    use super::*;

    fn recording(side: AudioSide, stretches: &[(f64, f64, f64)], peaks: Option<&[u8]>) -> RecordingPeaks {
        let stretch = |(offset_ms, at_ms, length_ms): &(f64, f64, f64)| AudioStretch {
            offset_ms: *offset_ms,
            at_ms: *at_ms,
            length_ms: *length_ms,
        };
        RecordingPeaks {
            turn_id: Uuid::nil(),
            turn_number: 1,
            side,
            estimated: false,
            stretches: stretches.iter().map(stretch).collect(),
            peaks: peaks.map(|peaks| STANDARD.encode(peaks)),
        }
    }

    fn lane(recordings: Vec<RecordingPeaks>) -> Lane {
        let peaks = SessionPeaks {
            window_ms: 20,
            length_ms: 1_000.0,
            recordings,
        };
        Lane::of(&peaks, AudioSide::Ai)
    }

    #[test]
    fn a_column_is_as_loud_as_the_loudest_of_it() {
        let ai = lane(vec![
            recording(AudioSide::User, &[(0.0, 0.0, 80.0)], Some(&[255; 4])),
            recording(AudioSide::Ai, &[(0.0, 100.0, 80.0)], Some(&[10, 40, 30, 20])),
        ]);
        assert_eq!(ai.columns(100.0, 20.0, 4), [10, 40, 30, 20].map(Some));
        assert_eq!(ai.columns(100.0, 40.0, 3), [Some(40), Some(30), None]);
        assert_eq!(ai.columns(0.0, 1_000.0, 1), [Some(40)]);
        // Closer than there are peaks.
        assert_eq!(ai.columns(115.0, 5.0, 2), [Some(10), Some(40)]);
    }

    #[test]
    fn what_was_not_heard_is_not_there_and_what_paused_goes_on_later() {
        let peaks = [1, 2, 3, 4, 5, 6];
        let paused = recording(
            AudioSide::Ai,
            &[(0.0, 0.0, 40.0), (40.0, 80.0, 40.0)],
            Some(&peaks),
        );
        let ai = lane(vec![paused]);
        let expected = [Some(1), Some(2), None, None, Some(3), Some(4), None];
        assert_eq!(ai.columns(0.0, 20.0, 7), expected);
    }

    #[test]
    fn any_part_of_a_long_conversation_is_seen_alone() {
        let turn = |n: u8| recording(AudioSide::Ai, &[(0.0, f64::from(n) * 100.0, 40.0)], Some(&[n, n]));
        let ai = lane((0..200).map(turn).collect());
        assert_eq!(
            ai.columns(15_000.0, 20.0, 6),
            [Some(150), Some(150), None, None, None, Some(151)]
        );
        assert_eq!(ai.columns(1e9, 20.0, 2), [None, None]);
    }

    #[test]
    fn what_is_not_stored_or_makes_no_sense_is_silent() {
        let mut broken = recording(AudioSide::Ai, &[(0.0, 0.0, 40.0)], None);
        assert_eq!(lane(vec![broken.clone()]).columns(0.0, 20.0, 1), [None]);
        broken.peaks = Some("%".to_owned());
        assert_eq!(lane(vec![broken.clone()]).columns(0.0, 20.0, 1), [None]);
        // Shorter than it should be.
        broken.peaks = Some(STANDARD.encode([9]));
        assert_eq!(lane(vec![broken]).columns(0.0, 20.0, 2), [Some(9), Some(0)]);
    }
}

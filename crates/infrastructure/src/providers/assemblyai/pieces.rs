//! Audio in pieces that are as long as the vendor takes them.

use super::RATE;

/// Samples of the shortest and the longest piece: 50 and 200 ms.
const SHORTEST: usize = RATE as usize / 20;
const LONGEST: usize = RATE as usize / 5;

/// What is too short to be sent yet.
#[derive(Default)]
pub(super) struct Pieces(Vec<i16>);

impl Pieces {
    /// What can be sent.
    pub(super) fn push(&mut self, samples: &[i16]) -> Vec<Vec<i16>> {
        self.0.extend_from_slice(samples);
        let mut pieces = Vec::new();
        while self.0.len() >= SHORTEST {
            // The last one takes what would be too short by itself.
            let rest = self.0.len().saturating_sub(LONGEST);
            let length = if rest == 0 || rest >= SHORTEST {
                self.0.len().min(LONGEST)
            } else {
                self.0.len() - SHORTEST
            };
            pieces.push(self.0.drain(..length).collect());
        }
        pieces
    }

    /// The rest, with as much silence as it needs.
    pub(super) fn flush(&mut self) -> Option<Vec<i16>> {
        let mut rest = std::mem::take(&mut self.0);
        if rest.is_empty() {
            return None;
        }
        rest.resize(SHORTEST.max(rest.len()), 0);
        Some(rest)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_short_waits_for_more() {
        let mut pieces = Pieces::default();
        assert!(pieces.push(&[1; 320]).is_empty());
        assert!(pieces.push(&[1; 320]).is_empty());
        assert_eq!(pieces.push(&[1; 320]), [vec![1; 960]]);
        assert_eq!(pieces.flush(), None);
        pieces.push(&[1; 320]);
        assert_eq!(pieces.flush(), Some([vec![1; 320], vec![0; 480]].concat()));
    }

    proptest! {
        #[test]
        fn no_piece_is_too_short_or_too_long(lengths in prop::collection::vec(0_usize..8_000, 0..20)) {
            let mut pieces = Pieces::default();
            let mut sent = 0;
            for length in &lengths {
                for piece in pieces.push(&vec![1; *length]) {
                    prop_assert!((SHORTEST..=LONGEST).contains(&piece.len()), "{}", piece.len());
                    sent += piece.len();
                }
            }
            let rest = pieces.flush().unwrap_or_default();
            let kept = rest.iter().filter(|sample| **sample == 1).count();
            prop_assert_eq!(sent + kept, lengths.iter().sum::<usize>());
        }
    }
}

//! Speech cut into pieces, after some silence. Knows neither clock nor channel.

use std::time::Duration;

use super::options::Pace;
use crate::providers::speech::{SPEECH_RATE, Speech};

/// The pieces of a speech, one after the other, none of them empty.
#[derive(Debug)]
pub(super) struct Pieces {
    speech: Speech,
    piece_samples: usize,
    lead_samples: usize,
    /// Samples that were taken, with those of the silence before the speech.
    position: usize,
    taken: u32,
}

impl Pieces {
    /// Cuts silence of so many ms and the speech after it into pieces of so many ms.
    pub(super) fn new(speech: Speech, piece_ms: u32, lead_silence_ms: u32) -> Self {
        let samples_in = |ms: u32| usize::try_from(SPEECH_RATE.samples_in_ms(ms)).unwrap_or(usize::MAX);
        Self {
            speech,
            piece_samples: samples_in(piece_ms),
            lead_samples: samples_in(lead_silence_ms),
            position: 0,
            taken: 0,
        }
    }

    /// Length of the silence before the speech.
    pub(super) fn lead_samples(&self) -> usize {
        self.lead_samples
    }

    /// How many pieces were taken.
    pub(super) fn taken(&self) -> u32 {
        self.taken
    }

    /// Where the next piece ends if nothing shortens it.
    pub(super) fn next_end(&self) -> usize {
        self.position + self.piece_samples
    }

    /// Whether nothing is left.
    pub(super) fn is_over(&self) -> bool {
        self.position >= self.total_samples()
    }

    /// When the next piece, or the end, is due after the first one.
    pub(super) fn due(&self, pace: Pace) -> Duration {
        match pace {
            Pace::Fast => Duration::ZERO,
            Pace::Realtime => SPEECH_RATE.duration_of(self.position as u64),
        }
    }

    fn total_samples(&self) -> usize {
        self.lead_samples + self.speech.len()
    }
}

impl Iterator for Pieces {
    type Item = Vec<i16>;

    fn next(&mut self) -> Option<Vec<i16>> {
        if self.is_over() {
            return None;
        }
        let start = self.position;
        let end = self.next_end().min(self.total_samples());
        let speech_start = self.lead_samples.clamp(start, end);
        let mut piece = vec![0; speech_start - start];
        let spoken = speech_start.saturating_sub(self.lead_samples)..end.saturating_sub(self.lead_samples);
        piece.extend_from_slice(&self.speech[spoken]);
        self.position = end;
        self.taken += 1;
        Some(piece)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_added(
            samples in 0..3_000_usize, piece_ms in 20..=100_u32, lead_ms in 0..200_u32,
        ) {
            let speech = Speech::from(vec![1; samples]);
            let mut pieces = Pieces::new(speech.clone(), piece_ms, lead_ms);
            let mut audio = Vec::new();
            loop {
                prop_assert_eq!(pieces.due(Pace::Realtime), SPEECH_RATE.duration_of(audio.len() as u64));
                let Some(piece) = pieces.next() else { break };
                prop_assert!(!piece.is_empty() && piece.len() <= piece_ms as usize * 24);
                audio.extend(piece);
            }
            prop_assert!(pieces.is_over());
            let mut expected = vec![0; lead_ms as usize * 24];
            expected.extend_from_slice(&speech);
            prop_assert_eq!(audio, expected);
        }
    }
}

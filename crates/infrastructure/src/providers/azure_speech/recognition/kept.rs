//! Audio of a turn that is not written down yet, in case the service ends the turn before that.

use std::collections::VecDeque;
use std::time::Duration;

use super::RATE;

/// A little more than the longest utterance; 2 MiB. Of more the oldest goes.
const MOST: Duration = Duration::from_secs(65);

/// The newest audio of a turn.
#[derive(Default)]
pub(super) struct Kept {
    samples: VecDeque<i16>,
    /// Samples of the turn that came before.
    gone: u64,
}

impl Kept {
    pub(super) fn push(&mut self, samples: &[i16]) {
        self.samples.extend(samples);
        let most = usize::try_from(RATE.samples_in(MOST)).unwrap_or(usize::MAX);
        self.forget(self.samples.len().saturating_sub(most));
    }

    /// Everything is written down up to there, in samples since the turn began.
    pub(super) fn settle(&mut self, until: u64) {
        let settled = usize::try_from(until.saturating_sub(self.gone)).unwrap_or(usize::MAX);
        self.forget(settled.min(self.samples.len()));
    }

    /// What is not written down.
    pub(super) fn rest(self) -> Vec<i16> {
        self.samples.into()
    }

    fn forget(&mut self, oldest: usize) {
        self.samples.drain(..oldest);
        self.gone += oldest as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_down_is_not_kept() {
        let mut kept = Kept::default();
        kept.push(&[1, 2, 3, 4]);
        kept.settle(2);
        kept.settle(1);
        kept.push(&[5]);
        kept.settle(3);
        assert_eq!(kept.rest(), [4, 5]);
    }

    #[test]
    fn more_is_settled_than_was_heard() {
        let mut kept = Kept::default();
        kept.push(&[1, 2]);
        kept.settle(u64::MAX);
        kept.push(&[3]);
        assert_eq!(kept.rest(), [3]);
    }

    #[test]
    fn of_what_is_too_long_the_end_is_kept() {
        let mut kept = Kept::default();
        for second in 0..70 {
            kept.push(&vec![second; 16_000]);
        }
        kept.settle(6 * 16_000);
        let rest = kept.rest();
        assert_eq!((rest.len(), rest[0]), (64 * 16_000, 6));
    }
}

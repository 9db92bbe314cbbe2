//! Keeping what is said, and a little of what was before, for providers that are not sent silence.

use std::collections::VecDeque;
use std::time::Duration;

use viva_domain::ports::RUN_UP;

/// How late it may be told that speech began: who speaks while an answer must not be interrupted is heard after it. The
/// session's own recording begins at most 6.5 s before.
const MOST_AGO: Duration = Duration::from_secs(10);

/// The newest audio, up to a length.
pub(in crate::providers) struct Utterance {
    rate: u32,
    samples: VecDeque<i16>,
    most: usize,
    has_begun: bool,
}

impl Utterance {
    /// Keeps `most` of an utterance; of a longer one the beginning is lost.
    pub(in crate::providers) fn new(rate: u32, most: Duration) -> Self {
        Self {
            rate,
            samples: VecDeque::new(),
            most: length(rate, most),
            has_begun: false,
        }
    }

    pub(in crate::providers) fn push(&mut self, samples: &[i16]) {
        self.samples.extend(samples);
        let most = if self.has_begun {
            self.most
        } else {
            length(self.rate, MOST_AGO + RUN_UP)
        };
        let surplus = self.samples.len().saturating_sub(most);
        self.samples.drain(..surplus);
    }

    /// Speech began so long ago; what was before the run-up is forgotten.
    pub(in crate::providers) fn begin(&mut self, ago: Duration) {
        if !self.has_begun {
            self.has_begun = true;
            let kept = length(self.rate, ago.saturating_add(RUN_UP));
            let surplus = self.samples.len().saturating_sub(kept);
            self.samples.drain(..surplus);
        }
    }

    /// Whether speech began.
    pub(in crate::providers) fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// What is kept, and keeps nothing of it.
    pub(in crate::providers) fn drain(&mut self) -> Vec<i16> {
        self.samples.drain(..).collect()
    }

    /// The utterance is over; what is kept of it, `None` when nobody spoke.
    pub(in crate::providers) fn finish(&mut self) -> Option<Vec<i16>> {
        let has_begun = std::mem::take(&mut self.has_begun);
        let samples = self.drain();
        has_begun.then_some(samples)
    }
}

fn length(rate: u32, time: Duration) -> usize {
    let samples = time.as_micros() * u128::from(rate) / 1_000_000;
    usize::try_from(samples).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn ramp(from: i16, to: i16) -> Vec<i16> {
        (from..to).collect()
    }

    #[test]
    fn an_utterance_begins_with_its_run_up() {
        let mut utterance = Utterance::new(1_000, 65 * SECOND);
        utterance.push(&ramp(0, 15_000));
        assert_eq!(utterance.samples.len(), 10_300);
        utterance.begin(Duration::from_millis(200));
        utterance.push(&ramp(15_000, 16_000));
        assert!(utterance.has_begun());
        assert_eq!(utterance.finish(), Some(ramp(14_500, 16_000)));
        assert!(!utterance.has_begun());
    }

    #[test]
    fn who_spoke_for_ten_seconds_before_it_was_told_is_heard_whole() {
        let mut utterance = Utterance::new(1_000, 65 * SECOND);
        utterance.push(&ramp(0, 15_000));
        utterance.begin(10 * SECOND);
        assert_eq!(utterance.finish(), Some(ramp(4_700, 15_000)));
    }

    #[test]
    fn a_turn_that_comes_in_one_piece_is_heard_whole() {
        let mut utterance = Utterance::new(1_000, 65 * SECOND);
        utterance.begin(Duration::ZERO);
        utterance.push(&ramp(0, 30_000));
        assert_eq!(utterance.finish(), Some(ramp(0, 30_000)));
    }

    #[test]
    fn a_beginning_is_told_once() {
        let mut utterance = Utterance::new(1_000, 65 * SECOND);
        utterance.push(&ramp(0, 1_000));
        utterance.begin(SECOND);
        utterance.push(&ramp(1_000, 3_000));
        utterance.begin(Duration::ZERO);
        assert_eq!(utterance.finish(), Some(ramp(0, 3_000)));
    }

    #[test]
    fn without_speech_there_is_nothing() {
        let mut utterance = Utterance::new(1_000, 65 * SECOND);
        assert_eq!(utterance.finish(), None);
        utterance.push(&ramp(0, 1_000));
        assert_eq!(utterance.finish(), None);
        utterance.begin(SECOND);
        assert_eq!(utterance.finish(), Some(Vec::new()));
    }

    #[test]
    fn what_is_too_long_loses_its_beginning() {
        let mut utterance = Utterance::new(1_000, 3 * SECOND);
        utterance.begin(Duration::ZERO);
        utterance.push(&ramp(0, 2_000));
        utterance.push(&ramp(2_000, 4_000));
        assert_eq!(utterance.finish(), Some(ramp(1_000, 4_000)));
    }
}

//! The user's audio: what of it belongs to the present turn, and what a new connection must hear again.

use std::collections::VecDeque;
use std::mem;
use std::time::Duration;

use viva_audio::SampleRate;
use viva_domain::ports::RUN_UP;

/// The rate of the user's audio.
pub(in super::super) const INPUT_RATE: SampleRate = SampleRate::HZ_16K;

/// What is kept between turns: 10 s, 320 kB. Who speaks while an answer must not be interrupted is heard after it.
const BETWEEN_TURNS: usize = 160_000;
/// What is kept of a turn for a new connection: 30 s, 960 kB. Of a longer one the beginning is lost to it.
const OF_A_TURN: usize = 480_000;

/// What the user said since the last turn, as far as it is needed again.
#[derive(Debug)]
pub(super) struct UserAudio {
    kept: VecDeque<i16>,
    pub(super) activity: Activity,
}

/// What the server knows of the user's turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activity {
    /// Nothing.
    Closed,
    /// It has begun. None of it was sent, because it is not known yet where in the audio that was.
    Signalled,
    /// It has begun, and all that was heard of it was sent.
    Open,
}

impl UserAudio {
    pub(super) fn new() -> Self {
        Self {
            kept: VecDeque::new(),
            activity: Activity::Closed,
        }
    }

    pub(super) fn push(&mut self, samples: &[i16]) {
        self.kept.extend(samples);
        let most = match self.activity {
            Activity::Closed => BETWEEN_TURNS,
            Activity::Signalled | Activity::Open => OF_A_TURN,
        };
        self.keep_newest(most);
    }

    /// The turn began so long ago: what was before does not belong to it.
    pub(super) fn began(&mut self, ago: Duration) {
        let kept = INPUT_RATE.samples_in(ago.saturating_add(RUN_UP));
        self.keep_newest(usize::try_from(kept).unwrap_or(usize::MAX));
    }

    /// The turn is over. Answers what of it is still kept.
    pub(super) fn close(&mut self) -> Vec<i16> {
        self.activity = Activity::Closed;
        mem::take(&mut self.kept).into()
    }

    /// What was kept of the turn, or waits for its beginning.
    pub(super) fn kept(&self) -> Vec<i16> {
        self.kept.iter().copied().collect()
    }

    fn keep_newest(&mut self, most: usize) {
        let excess = self.kept.len().saturating_sub(most);
        self.kept.drain(..excess);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 300 ms.
    const PREFIX: usize = 4_800;

    #[test]
    fn a_turn_begins_a_little_before_its_first_word() {
        let mut user = UserAudio::new();
        user.push(&vec![1; 32_000]);
        user.push(&[2; 1_600]);
        user.began(Duration::from_millis(100));
        let kept = user.kept();
        assert_eq!(kept.len(), PREFIX + 1_600);
        assert_eq!((kept[PREFIX - 1], kept[PREFIX]), (1, 2));
        assert_eq!(user.close(), kept);
        assert_eq!(user.kept(), Vec::<i16>::new(), "the turn is over");
    }

    #[test]
    fn what_is_kept_is_bounded_and_the_newest() {
        for (activity, most) in [(Activity::Closed, BETWEEN_TURNS), (Activity::Open, OF_A_TURN)] {
            let mut user = UserAudio::new();
            user.activity = activity;
            user.push(&vec![1; most]);
            user.push(&[2; 320]);
            let kept = user.close();
            assert_eq!((kept.len(), kept[0], kept[most - 1]), (most, 1, 2));
            assert_eq!(user.activity, Activity::Closed);
        }
    }
}

//! The AI's own voice, as far as it may come back through the microphone.
//!
//! No echo is computed: what is played is known only roughly in time, and the room not at all. It is enough to know how
//! loud the echo can be: whoever speaks is louder. Once they surely speak, how loud it lately was tells where they began:
//! quiet sounds count then that the loudest echo would have drowned.

use std::collections::VecDeque;

/// By how much, at least, the AI is quieter at the microphone than it is played, in dB.
///
/// Loudspeakers of laptops and phones are 20 to 40 dB down at their own microphones, and echo cancelling takes another
/// 20 dB or more from that.
const RETURN_LOSS_DB: f32 = 22.0;

/// How long what was played may still be heard: 500 ms, for the buffers of loudspeaker and microphone and for the room.
const REACH: u64 = 125;

/// What lies nearer may be the user's already: 320 ms, as far as onsets are sought.
const RECENT: usize = 80;

/// How long it is observed how loud the echo is: 640 ms before that, which pauses between words do not fill.
const OBSERVED: usize = 160;

/// So much of that must tell something: 320 ms.
const ENOUGH: usize = 80;

/// An echo below this tells nothing, in dBFS: it is lost in the noise.
const AUDIBLE_DBFS: f32 = -60.0;

/// By how much the echo may be louder than it was observed to be, in dB.
const OBSERVED_MARGIN_DB: f32 = 6.0;

/// How loud the AI's voice may be in the microphone, by what was played lately. Time is counted in blocks.
#[derive(Debug, Clone, Default)]
pub(super) struct Echo {
    /// When something was played and how loud (dBFS), with what is older and quieter left out.
    played: VecDeque<(u64, f32)>,
    /// By how much the microphone's last blocks were quieter than the ceiling, in dB, as long as the AI is heard; `None` where
    /// that tells nothing.
    below: VecDeque<Option<f32>>,
}

impl Echo {
    /// Something of this level is being played.
    pub(super) fn play(&mut self, now: u64, level: f32) {
        while self.played.back().is_some_and(|(_, known)| *known <= level) {
            self.played.pop_back();
        }
        self.played.push_back((now, level));
    }

    /// The highest level in dBFS that the echo may have now; `None` when nothing was played lately.
    pub(super) fn ceiling(&mut self, now: u64) -> Option<f32> {
        while self.played.front().is_some_and(|(at, _)| now - at > REACH) {
            self.played.pop_front();
        }
        self.played.front().map(|(_, level)| level - RETURN_LOSS_DB)
    }

    /// The microphone's next block was so loud, under this ceiling. Answers above which level it is more than the echo seems
    /// to be, by what was heard of it before the last 320 ms.
    pub(super) fn observe(&mut self, level: f32, ceiling: Option<f32>) -> Option<f32> {
        let Some(ceiling) = ceiling else {
            self.below.clear();
            return None;
        };
        // Of an AI that pauses nothing comes back, which says nothing.
        let is_known = ceiling > AUDIBLE_DBFS;
        self.below
            .push_front(is_known.then(|| (ceiling - level).max(0.0)));
        self.below.truncate(RECENT + OBSERVED);
        let observed = self.below.iter().skip(RECENT).flatten();
        let (blocks, least) = observed.fold((0, f32::INFINITY), |(blocks, least), below| {
            (blocks + 1, least.min(*below))
        });
        let least = if blocks < ENOUGH { 0.0 } else { least };
        Some(ceiling - (least - OBSERVED_MARGIN_DB).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loudest_of_the_last_half_second_counts() {
        let mut echo = Echo::default();
        assert_eq!(echo.ceiling(0), None);
        echo.play(0, -10.0);
        echo.play(10, -20.0);
        echo.play(20, -17.0);
        assert_eq!(echo.ceiling(125), Some(-32.0));
        assert_eq!(echo.ceiling(126), Some(-39.0));
        assert_eq!(echo.ceiling(145), Some(-39.0));
        assert_eq!(echo.ceiling(146), None);
    }

    #[test]
    fn an_echo_is_as_loud_as_it_was_before_somebody_may_have_spoken() {
        let mut echo = Echo::default();
        let mut hear = |level, blocks| (0..blocks).map(|_| echo.observe(level, Some(-30.0))).last();
        assert_eq!(hear(-50.0, 159), Some(Some(-30.0)), "too little of it was heard");
        assert_eq!(hear(-50.0, 1), Some(Some(-44.0)));
        assert_eq!(hear(-35.0, 80), Some(Some(-44.0)), "that may be the user");
        assert_eq!(hear(-35.0, 1), Some(Some(-30.0)), "too near its ceiling to tell");
        assert_eq!(hear(-20.0, 300), Some(Some(-30.0)), "whatever speaks");
        assert_eq!(echo.observe(-50.0, None), None);
        assert_eq!(echo.observe(-50.0, Some(-30.0)), Some(-30.0), "it begins anew");
    }
}

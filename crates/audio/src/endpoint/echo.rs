//! The AI's own voice, as far as it may come back through the microphone.
//!
//! No echo is computed: what is played is known only roughly in time, and the room not at all. It is enough to know how
//! loud the echo can be: whoever speaks is louder. Once they surely speak, how loud it was before tells where they began:
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

/// How long it is observed how loud the echo is: 400 ms before that, which pauses between words do not fill.
const OBSERVED: usize = 100;

/// How much later than it was played the echo may be heard for it to be observed: 240 ms.
const DELAY: usize = 60;

/// What is played is told at least every so many blocks: 20 ms.
const TOLD: usize = 5;

/// How far within that time something must have been played to have come back within it: 40 ms.
const WITHIN: usize = 10;

/// What is played more quietly tells nothing, in dBFS: the AI pauses, and what is heard is the room.
const TELLING_DBFS: f32 = -30.0;

/// By how much the echo may be louder than it was observed to be, in dB.
const OBSERVED_MARGIN_DB: f32 = 6.0;

/// How loud the AI's voice may be in the microphone, by what was played lately. Time is counted in blocks.
#[derive(Debug, Clone, Default)]
pub(super) struct Echo {
    /// When something was played and how loud (dBFS), with what is older and quieter left out.
    played: VecDeque<(u64, f32)>,
    /// The last blocks while the AI was heard and the user was silent, newest first.
    lately: VecDeque<Lately>,
    /// By how much quieter than it was played it came back when that could last be told, in dB.
    return_loss: Option<f32>,
}

/// How loud it was in a block, in dBFS.
#[derive(Debug, Clone, Copy)]
struct Lately {
    /// What was played; [`f32::NEG_INFINITY`] for nothing.
    played: f32,
    microphone: f32,
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

    /// The microphone's next block was so loud, and nobody speaks.
    pub(super) fn observe(&mut self, now: u64, level: f32) {
        let Some((told_at, played)) = self.played.back() else {
            return self.lately.clear();
        };
        let is_told = now - told_at <= TOLD as u64;
        self.lately.push_front(Lately {
            played: if is_told { *played } else { f32::NEG_INFINITY },
            microphone: level,
        });
        self.lately.truncate(RECENT + OBSERVED + DELAY);
        if now.is_multiple_of(TOLD as u64) {
            self.return_loss = self.observed_loss().or(self.return_loss);
        }
    }

    /// The user speaks: what comes back is not the echo alone.
    pub(super) fn is_spoken_over(&mut self) {
        self.lately.clear();
    }

    /// Above which level it is more than the echo seems to be, by what came back when that could last be told; `None` when too
    /// little was played for that.
    pub(super) fn observed_ceiling(&self) -> Option<f32> {
        let (_, level) = self.played.front()?;
        Some(level - self.return_loss? + OBSERVED_MARGIN_DB)
    }

    /// By how much quieter than it was played came back what was heard before the last 320 ms.
    fn observed_loss(&self) -> Option<f32> {
        if self.lately.len() < RECENT + OBSERVED + DELAY {
            return None;
        }
        let during = |from: usize, blocks: usize| self.lately.iter().skip(RECENT + from).take(blocks);
        let loudest = |levels: f32, level: f32| levels.max(level);
        let microphone = during(0, OBSERVED).map(|block| block.microphone);
        let came_back = microphone.fold(f32::NEG_INFINITY, loudest);
        // However late it came back: so loud it was played by then.
        let played = (0..=DELAY).step_by(TOLD).map(|delay| {
            let played = during(delay + WITHIN, OBSERVED - 2 * WITHIN).map(|block| block.played);
            played.fold(f32::NEG_INFINITY, loudest)
        });
        let played = played.fold(f32::INFINITY, f32::min);
        (played >= TELLING_DBFS).then_some(played - came_back)
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

    /// So many blocks in which the AI is played and comes back at these levels.
    fn hear(echo: &mut Echo, now: &mut u64, played: f32, microphone: f32, blocks: u64) {
        for _ in 0..blocks {
            if now.is_multiple_of(5) && played.is_finite() {
                echo.play(*now, played);
            }
            echo.ceiling(*now);
            echo.observe(*now, microphone);
            *now += 1;
        }
    }

    #[test]
    fn an_echo_is_as_loud_as_it_was_before_somebody_may_have_spoken() {
        let (mut echo, mut now) = (Echo::default(), 0);
        hear(&mut echo, &mut now, -10.0, -50.0, 240);
        assert_eq!(echo.observed_ceiling(), None, "too little of it was heard");
        hear(&mut echo, &mut now, -10.0, -50.0, 5);
        assert_eq!(echo.observed_ceiling(), Some(-44.0));
        hear(&mut echo, &mut now, -10.0, -35.0, 80);
        assert_eq!(echo.observed_ceiling(), Some(-44.0), "that may be the user");
        hear(&mut echo, &mut now, -10.0, -35.0, 5);
        assert_eq!(echo.observed_ceiling(), Some(-29.0));
        hear(&mut echo, &mut now, f32::NEG_INFINITY, -50.0, 130);
        assert_eq!(echo.observed_ceiling(), None, "nothing is heard of it any more");
    }

    #[test]
    fn what_was_told_once_holds_while_nothing_tells_more() {
        let (mut echo, mut now) = (Echo::default(), 0);
        hear(&mut echo, &mut now, -10.0, -50.0, 400);
        hear(&mut echo, &mut now, f32::NEG_INFINITY, -80.0, 110);
        hear(&mut echo, &mut now, -10.0, -50.0, 80);
        assert_eq!(echo.observed_ceiling(), Some(-44.0), "the AI paused");
        hear(&mut echo, &mut now, -35.0, -60.0, 400);
        assert_eq!(echo.observed_ceiling(), Some(-69.0), "it is too quiet to tell");
        hear(&mut echo, &mut now, f32::NEG_INFINITY, -50.0, 500);
        hear(&mut echo, &mut now, -20.0, -50.0, 10);
        assert_eq!(echo.observed_ceiling(), Some(-54.0), "another answer has begun");
        hear(&mut echo, &mut now, -20.0, -40.0, 400);
        assert_eq!(
            echo.observed_ceiling(),
            Some(-34.0),
            "the loudspeaker was turned up"
        );
    }

    #[test]
    fn whoever_speaks_over_it_is_not_taken_for_its_echo() {
        let (mut echo, mut now) = (Echo::default(), 0);
        hear(&mut echo, &mut now, -10.0, -50.0, 400);
        hear(&mut echo, &mut now, -10.0, -35.0, 75);
        echo.is_spoken_over();
        hear(&mut echo, &mut now, -10.0, -50.0, 100);
        assert_eq!(echo.observed_ceiling(), Some(-44.0));
    }
}

//! The AI's own voice, as far as it may come back through the microphone.
//!
//! No echo is computed: what is played is known only roughly in time, and the room not at all. It is enough to know how
//! loud the echo can be: whoever speaks is louder.

use std::collections::VecDeque;

/// By how much, at least, the AI is quieter at the microphone than it is played, in dB.
///
/// Loudspeakers of laptops and phones are 20 to 40 dB down at their own microphones, and echo cancelling takes another
/// 20 dB or more from that.
const RETURN_LOSS_DB: f32 = 22.0;

/// How long what was played may still be heard: 500 ms, for the buffers of loudspeaker and microphone and for the room.
const REACH: u64 = 125;

/// How loud the AI's voice may be in the microphone, by what was played lately. Time is counted in blocks.
#[derive(Debug, Clone, Default)]
pub(super) struct Echo {
    /// When something was played and how loud (dBFS), with what is older and quieter left out.
    played: VecDeque<(u64, f32)>,
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
}

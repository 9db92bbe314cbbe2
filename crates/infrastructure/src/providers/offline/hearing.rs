//! How much speech was in what the user sent.

use std::collections::VecDeque;
use std::time::Duration;

use viva_audio::{Level, LevelMeter, SampleRate};

/// The rate of the user's audio: enough to hear levels, and the rate at which sessions listen anyway.
pub(super) const INPUT_RATE: SampleRate = SampleRate::HZ_16K;

/// Length of what is judged at a time.
const WINDOW_MS: u32 = 20;
/// What is remembered: a little more than the longest utterance, 65 s.
const MAX_WINDOWS: usize = 65 * 50;
/// A pause up to this long belongs to the speech around it: 0.3 s.
const PAUSE_WINDOWS: u32 = 15;
/// What lies before a longer silence is no part of the utterance: 3 s.
const FORGET_WINDOWS: u32 = 150;

/// Nothing below this is speech.
const SILENCE_DBFS: i8 = -60;
/// The quiet parts of speech lie this far below its peak.
const SPEECH_RANGE_DB: i8 = 25;
/// Speech lies at least this far above the noise of the room…
const ABOVE_NOISE_DB: i8 = 9;
/// …unless that is hardly below its peak, as when there is nothing but speech.
const BELOW_PEAK_DB: i8 = 10;
/// The part of the windows that is taken for noise: one in ten.
const NOISE_PART: usize = 10;

/// Listens to one utterance after the other. Has no model: whatever stands out from the noise is speech.
#[derive(Debug)]
pub(super) struct Hearing {
    meter: LevelMeter,
    levels: Vec<Level>,
    /// Level of each window of the utterance in whole dBFS, the newest last.
    windows: VecDeque<i8>,
}

impl Hearing {
    pub(super) fn new() -> Self {
        let window = INPUT_RATE.samples_in_ms(WINDOW_MS);
        Self {
            meter: LevelMeter::new(u32::try_from(window).unwrap_or(u32::MAX)),
            levels: Vec::new(),
            windows: VecDeque::new(),
        }
    }

    /// Takes audio at [`INPUT_RATE`].
    pub(super) fn push(&mut self, samples: &[i16]) {
        self.meter.push(samples, &mut self.levels);
        for level in self.levels.drain(..) {
            if self.windows.len() == MAX_WINDOWS {
                self.windows.pop_front();
            }
            #[expect(clippy::cast_possible_truncation, reason = "a level lies between −100 and 0")]
            self.windows.push_back(level.rms_dbfs.round() as i8);
        }
    }

    /// How much speech the utterance had; the next one begins.
    pub(super) fn take_utterance(&mut self) -> Duration {
        let windows = std::mem::take(&mut self.windows);
        let threshold = threshold(&windows);
        let mut speech = Stretch::default();
        for level in windows {
            speech.push(level >= threshold);
        }
        Duration::from_millis(u64::from(WINDOW_MS)) * speech.windows
    }
}

/// The level from which on a window is speech.
fn threshold(windows: &VecDeque<i8>) -> i8 {
    let mut sorted: Vec<i8> = windows.iter().copied().collect();
    sorted.sort_unstable();
    let (Some(peak), Some(noise)) = (sorted.last(), sorted.get(sorted.len() / NOISE_PART)) else {
        return SILENCE_DBFS;
    };
    if *peak < SILENCE_DBFS {
        return SILENCE_DBFS;
    }
    (peak - SPEECH_RANGE_DB)
        .max(noise + ABOVE_NOISE_DB)
        .min(peak - BELOW_PEAK_DB)
}

/// Adds up the windows of speech with the short pauses between them.
#[derive(Debug, Default)]
struct Stretch {
    windows: u32,
    quiet: u32,
}

impl Stretch {
    fn push(&mut self, is_speech: bool) {
        if !is_speech {
            self.quiet += 1;
            return;
        }
        if self.quiet > FORGET_WINDOWS {
            self.windows = 0;
        } else if self.windows > 0 && self.quiet <= PAUSE_WINDOWS {
            self.windows += self.quiet;
        }
        self.quiet = 0;
        self.windows += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is heard of stretches of so many ms at an amplitude.
    fn ms_of(stretches: &[(i16, usize)]) -> u128 {
        let mut hearing = Hearing::new();
        for (amplitude, ms) in stretches {
            // Pieces that do not fit the windows.
            for piece in vec![*amplitude; 16 * ms].chunks(777) {
                hearing.push(piece);
            }
        }
        hearing.take_utterance().as_millis()
    }

    #[test]
    fn silence_around_speech_does_not_count() {
        assert_eq!(ms_of(&[]), 0);
        assert_eq!(ms_of(&[(0, 5_000)]), 0);
        assert_eq!(ms_of(&[(10, 5_000)]), 0);
        assert_eq!(ms_of(&[(10, 500), (1_000, 1_000), (10, 800)]), 1_000);
    }

    #[test]
    fn nothing_but_speech_is_speech() {
        assert_eq!(ms_of(&[(1_000, 1_000)]), 1_000);
    }

    #[test]
    fn a_quiet_microphone_and_a_noisy_room_change_nothing() {
        assert_eq!(ms_of(&[(0, 500), (100, 1_000), (0, 800)]), 1_000);
        assert_eq!(ms_of(&[(700, 500), (4_000, 1_000), (700, 800)]), 1_000);
    }

    #[test]
    fn short_pauses_count_and_long_ones_do_not() {
        assert_eq!(ms_of(&[(1_000, 400), (10, 300), (1_000, 400)]), 1_100);
        assert_eq!(ms_of(&[(1_000, 400), (10, 320), (1_000, 400)]), 800);
    }

    #[test]
    fn a_noise_long_before_is_forgotten() {
        assert_eq!(ms_of(&[(1_000, 100), (10, 3_000), (1_000, 400)]), 500);
        assert_eq!(ms_of(&[(1_000, 100), (10, 3_020), (1_000, 400)]), 400);
    }

    #[test]
    fn every_utterance_starts_from_nothing() {
        let mut hearing = Hearing::new();
        hearing.push(&vec![1_000; 16_000]);
        assert_eq!(hearing.take_utterance(), Duration::from_secs(1));
        hearing.push(&[10; 1_600]);
        assert_eq!(hearing.take_utterance(), Duration::ZERO);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut hearing = Hearing::new();
        for _ in 0..100 {
            hearing.push(&vec![1_000; 16_000]);
        }
        assert_eq!(hearing.windows.len(), MAX_WINDOWS);
        assert_eq!(hearing.take_utterance(), Duration::from_secs(65));
    }

    proptest! {
        #[test]
        fn no_more_is_heard_than_was_sent(samples in prop::collection::vec(any::<i16>(), 0..5_000)) {
            let mut hearing = Hearing::new();
            hearing.push(&samples);
            let sent = INPUT_RATE.duration_of(samples.len() as u64);
            prop_assert!(hearing.take_utterance() <= sent);
        }
    }
}

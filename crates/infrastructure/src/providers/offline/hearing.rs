//! How much speech was in what the user sent.

use std::time::Duration;

use viva_audio::{Level, LevelMeter, SampleRate};

/// The rate of the user's audio: enough to hear levels, and the rate at which sessions listen anyway.
pub(super) const INPUT_RATE: SampleRate = SampleRate::HZ_16K;

/// Length of what is judged at a time.
const WINDOW_MS: u32 = 20;
/// Louder is taken for speech: rooms are below, a quiet microphone is above.
const SPEECH_DBFS: f32 = -50.0;
/// A pause up to this long belongs to the speech around it: 0.3 s.
const PAUSE_WINDOWS: u32 = 15;
/// What lies before a longer silence is no part of the utterance: 3 s.
const FORGET_WINDOWS: u32 = 150;

/// Listens to one utterance after the other.
#[derive(Debug)]
pub(super) struct Hearing {
    meter: LevelMeter,
    levels: Vec<Level>,
    speech_windows: u32,
    quiet_windows: u32,
}

impl Hearing {
    pub(super) fn new() -> Self {
        let window = INPUT_RATE.samples_in_ms(WINDOW_MS);
        Self {
            meter: LevelMeter::new(u32::try_from(window).unwrap_or(u32::MAX)),
            levels: Vec::new(),
            speech_windows: 0,
            quiet_windows: 0,
        }
    }

    /// Takes audio at [`INPUT_RATE`].
    pub(super) fn push(&mut self, samples: &[i16]) {
        let mut levels = std::mem::take(&mut self.levels);
        self.meter.push(samples, &mut levels);
        for level in levels.drain(..) {
            self.judge(level.rms_dbfs > SPEECH_DBFS);
        }
        self.levels = levels;
    }

    /// How much speech the utterance had; the next one begins.
    pub(super) fn take_utterance(&mut self) -> Duration {
        self.quiet_windows = 0;
        Duration::from_millis(u64::from(WINDOW_MS)) * std::mem::take(&mut self.speech_windows)
    }

    fn judge(&mut self, is_loud: bool) {
        if !is_loud {
            self.quiet_windows = self.quiet_windows.saturating_add(1);
            return;
        }
        if self.quiet_windows > FORGET_WINDOWS {
            self.speech_windows = 0;
        } else if self.speech_windows > 0 && self.quiet_windows <= PAUSE_WINDOWS {
            self.speech_windows += self.quiet_windows;
        }
        self.quiet_windows = 0;
        self.speech_windows = self.speech_windows.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms_of(samples_of: &[(bool, u64)]) -> u128 {
        let mut hearing = Hearing::new();
        for (is_loud, ms) in samples_of {
            let sample = if *is_loud { 1_000 } else { 10 };
            let samples = vec![sample; usize::try_from(16 * ms).unwrap()];
            // Pieces that do not fit the windows.
            samples.chunks(777).for_each(|piece| hearing.push(piece));
        }
        hearing.take_utterance().as_millis()
    }

    #[test]
    fn silence_around_speech_does_not_count() {
        assert_eq!(ms_of(&[]), 0);
        assert_eq!(ms_of(&[(false, 5_000)]), 0);
        assert_eq!(ms_of(&[(false, 500), (true, 1_000), (false, 800)]), 1_000);
    }

    #[test]
    fn short_pauses_count_and_long_ones_do_not() {
        assert_eq!(ms_of(&[(true, 400), (false, 300), (true, 400)]), 1_100);
        assert_eq!(ms_of(&[(true, 400), (false, 320), (true, 400)]), 800);
    }

    #[test]
    fn a_noise_long_before_is_forgotten() {
        assert_eq!(ms_of(&[(true, 100), (false, 3_000), (true, 400)]), 500);
        assert_eq!(ms_of(&[(true, 100), (false, 3_020), (true, 400)]), 400);
    }

    #[test]
    fn every_utterance_starts_from_nothing() {
        let mut hearing = Hearing::new();
        hearing.push(&vec![1_000; 16_000]);
        assert_eq!(hearing.take_utterance(), Duration::from_secs(1));
        hearing.push(&[10; 1_600]);
        assert_eq!(hearing.take_utterance(), Duration::ZERO);
    }
}

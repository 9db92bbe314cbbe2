//! What a caller may choose about turns.

use crate::SampleRate;

/// When a person counts as speaking, and when as finished.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TurnDetection {
    /// Speech score that starts speech, 0.05 to 0.95. Higher ignores more noise and misses more whispers.
    pub threshold: f32,
    /// Speech score that starts speech while the AI is heard, 0.05 to 0.95. Higher keeps the AI from interrupting itself
    /// where its echo is not cancelled; see [`crate::Endpointer::ai_is_heard`].
    pub barge_in_threshold: f32,
    /// Silence after the last voiced sample that ends the turn, 100 to 10 000 ms.
    pub silence_ms: u32,
    /// Audio before the first voiced sample that belongs to the turn, up to 2 000 ms.
    /// The endpointer does not use it; see [`TurnDetection::turn_start`].
    pub prefix_ms: u32,
    /// Voiced audio that it takes to start, 16 to 2 000 ms. Coughs and clicks are shorter.
    pub min_speech_ms: u32,
}

/// A setting is outside its range.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum InvalidTurnDetection {
    /// The threshold is not a number from 0.05 to 0.95.
    #[error("threshold {0} is not between 0.05 and 0.95")]
    Threshold(f32),
    /// The threshold while the AI is heard is not a number from 0.05 to 0.95.
    #[error("barge_in_threshold {0} is not between 0.05 and 0.95")]
    BargeInThreshold(f32),
    /// The silence is too short or too long.
    #[error("silence_ms {0} is not between 100 and 10000")]
    Silence(u32),
    /// The prefix is too long.
    #[error("prefix_ms {0} is more than 2000")]
    Prefix(u32),
    /// The minimum is too short or too long.
    #[error("min_speech_ms {0} is not between 16 and 2000")]
    MinSpeech(u32),
}

const THRESHOLD: std::ops::RangeInclusive<f32> = 0.05..=0.95;
const SILENCE_MS: std::ops::RangeInclusive<u32> = 100..=10_000;
const PREFIX_MS: std::ops::RangeInclusive<u32> = 0..=2_000;
const MIN_SPEECH_MS: std::ops::RangeInclusive<u32> = 16..=2_000;

impl Default for TurnDetection {
    fn default() -> Self {
        Self {
            threshold: 0.5,
            barge_in_threshold: 0.6,
            silence_ms: 500,
            prefix_ms: 300,
            min_speech_ms: 200,
        }
    }
}

impl TurnDetection {
    /// Returns the settings when each is in its range.
    ///
    /// # Errors
    /// [`InvalidTurnDetection`] names the first that is not.
    pub fn validated(self) -> Result<Self, InvalidTurnDetection> {
        if !THRESHOLD.contains(&self.threshold) {
            return Err(InvalidTurnDetection::Threshold(self.threshold));
        }
        if !THRESHOLD.contains(&self.barge_in_threshold) {
            return Err(InvalidTurnDetection::BargeInThreshold(self.barge_in_threshold));
        }
        if !SILENCE_MS.contains(&self.silence_ms) {
            return Err(InvalidTurnDetection::Silence(self.silence_ms));
        }
        if !PREFIX_MS.contains(&self.prefix_ms) {
            return Err(InvalidTurnDetection::Prefix(self.prefix_ms));
        }
        if !MIN_SPEECH_MS.contains(&self.min_speech_ms) {
            return Err(InvalidTurnDetection::MinSpeech(self.min_speech_ms));
        }
        Ok(self)
    }

    /// The first sample of the turn whose first voiced sample is `first_voiced_sample` in a stream of `rate`.
    pub fn turn_start(self, first_voiced_sample: u64, rate: SampleRate) -> u64 {
        first_voiced_sample.saturating_sub(rate.samples_in_ms(self.prefix_ms))
    }

    /// The settings, each moved into its range.
    pub(super) fn clamped(self) -> Self {
        let score = |score: f32, default: f32| {
            let score = if score.is_nan() { default } else { score };
            score.clamp(*THRESHOLD.start(), *THRESHOLD.end())
        };
        let default = Self::default();
        Self {
            threshold: score(self.threshold, default.threshold),
            barge_in_threshold: score(self.barge_in_threshold, default.barge_in_threshold),
            silence_ms: self.silence_ms.clamp(*SILENCE_MS.start(), *SILENCE_MS.end()),
            prefix_ms: self.prefix_ms.min(*PREFIX_MS.end()),
            min_speech_ms: self
                .min_speech_ms
                .clamp(*MIN_SPEECH_MS.start(), *MIN_SPEECH_MS.end()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        assert_eq!(TurnDetection::default().validated(), Ok(TurnDetection::default()));
    }

    #[test]
    fn each_setting_is_checked() {
        let good = TurnDetection::default();
        let cases = [
            (
                TurnDetection {
                    threshold: 1.0,
                    ..good
                },
                InvalidTurnDetection::Threshold(1.0),
            ),
            (
                TurnDetection {
                    barge_in_threshold: 0.0,
                    ..good
                },
                InvalidTurnDetection::BargeInThreshold(0.0),
            ),
            (
                TurnDetection {
                    silence_ms: 99,
                    ..good
                },
                InvalidTurnDetection::Silence(99),
            ),
            (
                TurnDetection {
                    prefix_ms: 2_001,
                    ..good
                },
                InvalidTurnDetection::Prefix(2_001),
            ),
            (
                TurnDetection {
                    min_speech_ms: 0,
                    ..good
                },
                InvalidTurnDetection::MinSpeech(0),
            ),
        ];
        for (settings, error) in cases {
            assert_eq!(settings.validated(), Err(error));
            assert!(settings.clamped().validated().is_ok(), "{settings:?}");
        }
        let not_a_number = TurnDetection {
            threshold: f32::NAN,
            barge_in_threshold: f32::NAN,
            ..good
        };
        assert!(not_a_number.validated().is_err());
        assert_eq!(not_a_number.clamped(), good);
    }

    #[test]
    fn the_turn_starts_the_prefix_before_speech_but_not_before_the_stream() {
        let settings = TurnDetection::default();
        assert_eq!(settings.turn_start(24_000, SampleRate::HZ_24K), 24_000 - 7_200);
        assert_eq!(settings.turn_start(100, SampleRate::HZ_24K), 0);
    }
}

//! Sample rates and exact conversion between samples and time.

use std::fmt;
use std::time::Duration;

const NANOS_PER_SECOND: u128 = 1_000_000_000;

/// A sample rate that Viva handles: 8, 16, 24, 44.1 or 48 kHz.
///
/// The set is closed because each pair of rates has a resampling filter with a small exact ratio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SampleRate(u32);

/// The rate is none of 8000, 16000, 24000, 44100 and 48000 Hz.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("sample rate {hz} Hz is not supported, use 8000, 16000, 24000, 44100 or 48000")]
pub struct UnsupportedSampleRate {
    /// The rate that was asked for.
    pub hz: u32,
}

impl SampleRate {
    /// Telephony.
    pub const HZ_8K: Self = Self(8_000);
    /// What voice activity detection and most speech recognition work at.
    pub const HZ_16K: Self = Self(16_000);
    /// What some speech synthesizers write; readable from files, but nobody may stream it, so not in [`Self::ALL`].
    pub const HZ_22K05: Self = Self(22_050);
    /// What realtime providers and the browser protocol use.
    pub const HZ_24K: Self = Self(24_000);
    /// Compact disc, and many sound cards.
    pub const HZ_44K1: Self = Self(44_100);
    /// Most browsers' native rate.
    pub const HZ_48K: Self = Self(48_000);
    /// Every rate that a stream may have, ascending.
    pub const ALL: [Self; 5] = [
        Self::HZ_8K,
        Self::HZ_16K,
        Self::HZ_24K,
        Self::HZ_44K1,
        Self::HZ_48K,
    ];

    /// Takes a rate in Hz.
    ///
    /// # Errors
    /// [`UnsupportedSampleRate`] when it is not one of [`SampleRate::ALL`].
    pub fn new(hz: u32) -> Result<Self, UnsupportedSampleRate> {
        Self::ALL
            .into_iter()
            .find(|rate| rate.0 == hz)
            .ok_or(UnsupportedSampleRate { hz })
    }

    /// Takes the rate of a file in Hz: what [`SampleRate::new`] takes, and 22 050.
    pub(crate) fn of_file(hz: u32) -> Result<Self, UnsupportedSampleRate> {
        if hz == Self::HZ_22K05.0 {
            Ok(Self::HZ_22K05)
        } else {
            Self::new(hz)
        }
    }

    /// Samples per second.
    pub const fn hz(self) -> u32 {
        self.0
    }

    /// How many whole samples fit into `duration`, rounded down; saturates at `u64::MAX`.
    pub fn samples_in(self, duration: Duration) -> u64 {
        let samples = duration.as_nanos() * u128::from(self.0) / NANOS_PER_SECOND;
        u64::try_from(samples).unwrap_or(u64::MAX)
    }

    /// How many whole samples fit into `ms` milliseconds, rounded down.
    pub const fn samples_in_ms(self, ms: u32) -> u64 {
        // Both factors are below 2^32, so the product cannot overflow.
        ms as u64 * self.0 as u64 / 1_000
    }

    /// How long `samples` last, rounded down to the nanosecond.
    pub fn duration_of(self, samples: u64) -> Duration {
        let hz = u64::from(self.0);
        // The remainder is below 48 000, so the product stays far below 2^64 and the quotient below 10^9.
        let nanos = (samples % hz) * 1_000_000_000 / hz;
        Duration::from_secs(samples / hz) + Duration::from_nanos(nanos)
    }

    /// How long `samples` last in milliseconds, rounded down.
    pub fn ms_of(self, samples: u64) -> u64 {
        let hz = u64::from(self.0);
        (samples / hz).saturating_mul(1_000) + (samples % hz) * 1_000 / hz
    }
}

impl TryFrom<u32> for SampleRate {
    type Error = UnsupportedSampleRate;

    fn try_from(hz: u32) -> Result<Self, Self::Error> {
        Self::new(hz)
    }
}

impl fmt::Display for SampleRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} Hz", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_listed_rate_is_accepted() {
        for rate in SampleRate::ALL {
            assert_eq!(SampleRate::new(rate.hz()), Ok(rate));
        }
    }

    #[test]
    fn any_other_rate_is_refused_by_name() {
        for hz in [0, 1, 11_025, 22_050, 32_000, 96_000, u32::MAX] {
            assert_eq!(SampleRate::new(hz), Err(UnsupportedSampleRate { hz }));
        }
        let message = SampleRate::new(22_050).unwrap_err().to_string();
        assert_eq!(
            message,
            "sample rate 22050 Hz is not supported, use 8000, 16000, 24000, 44100 or 48000"
        );
    }

    #[test]
    fn one_compact_disc_sample_is_22675_nanoseconds() {
        assert_eq!(SampleRate::HZ_44K1.duration_of(1), Duration::from_nanos(22_675));
        assert_eq!(SampleRate::HZ_44K1.samples_in(Duration::from_millis(20)), 882);
        assert_eq!(SampleRate::HZ_24K.samples_in_ms(20), 480);
    }

    #[test]
    fn extreme_durations_do_not_overflow() {
        assert_eq!(SampleRate::HZ_48K.samples_in(Duration::MAX), u64::MAX);
        assert_eq!(
            SampleRate::HZ_48K.duration_of(u64::MAX).as_secs(),
            u64::MAX / 48_000
        );
        assert_eq!(SampleRate::HZ_8K.ms_of(u64::MAX), u64::MAX / 8);
        assert_eq!(
            SampleRate::HZ_48K.samples_in_ms(u32::MAX),
            u64::from(u32::MAX) * 48
        );
    }

    proptest! {
        #[test]
        fn a_duration_loses_less_than_one_sample(samples in 0..u64::MAX / 2, rate in 0..5_usize) {
            let rate = SampleRate::ALL[rate];
            let back = rate.samples_in(rate.duration_of(samples));
            prop_assert!(back <= samples && samples - back <= 1);
        }

        #[test]
        fn milliseconds_and_durations_agree(ms: u32, rate in 0..5_usize) {
            let rate = SampleRate::ALL[rate];
            prop_assert_eq!(rate.samples_in_ms(ms), rate.samples_in(Duration::from_millis(u64::from(ms))));
            prop_assert_eq!(u128::from(rate.ms_of(rate.samples_in_ms(ms))),
                rate.duration_of(rate.samples_in_ms(ms)).as_millis());
        }
    }
}

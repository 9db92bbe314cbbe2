//! A waveform in small: the loudest sample of every 20 ms, in one byte.

use crate::SampleRate;

/// How long a stretch each peak is of, in ms; a whole number of samples at every rate.
pub const PEAK_WINDOW_MS: u32 = 20;

/// The largest magnitude of a sample.
const FULL_SCALE: f32 = 32_768.0;

/// Takes a recording in portions of any size and keeps its peaks.
///
/// ```
/// use viva_audio::{PeakMeter, SampleRate};
/// let mut meter = PeakMeter::new(SampleRate::HZ_8K);
/// meter.push(&[0; 160]);
/// meter.push(&[-8_192, 5]);
/// assert_eq!(meter.finish(), [0, 128]);
/// ```
#[derive(Debug, Clone)]
pub struct PeakMeter {
    window_len: u64,
    /// Samples of the window that is not complete.
    len: u64,
    magnitude: u16,
    peaks: Vec<u8>,
}

impl PeakMeter {
    /// Measures a recording of this rate.
    pub fn new(rate: SampleRate) -> Self {
        Self {
            window_len: rate.samples_in_ms(PEAK_WINDOW_MS),
            len: 0,
            magnitude: 0,
            peaks: Vec::new(),
        }
    }

    /// Takes the next samples.
    pub fn push(&mut self, samples: &[i16]) {
        for sample in samples {
            self.magnitude = self.magnitude.max(sample.unsigned_abs());
            self.len += 1;
            if self.len == self.window_len {
                self.complete();
            }
        }
    }

    /// The peaks; the last one is of what is left.
    pub fn finish(mut self) -> Vec<u8> {
        if self.len > 0 {
            self.complete();
        }
        self.peaks
    }

    fn complete(&mut self) {
        self.peaks.push(compressed(self.magnitude));
        self.len = 0;
        self.magnitude = 0;
    }
}

/// 255 times the square root of the amplitude: what is quiet can still be told from silence, which alone is 0.
fn compressed(magnitude: u16) -> u8 {
    let amplitude = f32::from(magnitude) / FULL_SCALE;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an amplitude is 0 to 1"
    )]
    let byte = (255.0 * amplitude.sqrt()).round() as u8;
    byte
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn peaks(samples: &[i16], chunk: usize, rate: SampleRate) -> Vec<u8> {
        let mut meter = PeakMeter::new(rate);
        for part in samples.chunks(chunk) {
            meter.push(part);
        }
        meter.finish()
    }

    #[test]
    fn a_peak_is_the_root_of_the_amplitude() {
        for (magnitude, byte) in [
            (0, 0),
            (1, 1),
            (328, 26),
            (8_192, 128),
            (32_767, 255),
            (32_768, 255),
        ] {
            assert_eq!(compressed(magnitude), byte, "{magnitude}");
        }
    }

    #[test]
    fn every_20_ms_have_a_peak_and_the_rest_has_one() {
        assert_eq!(peaks(&[], 1, SampleRate::HZ_24K), []);
        let mut second = vec![0; 24_000];
        second[480] = i16::MIN;
        let expected: Vec<u8> = (0..50).map(|window| if window == 1 { 255 } else { 0 }).collect();
        assert_eq!(peaks(&second, 24_000, SampleRate::HZ_24K), expected);
        second.push(8_192);
        assert_eq!(peaks(&second, 24_000, SampleRate::HZ_24K)[49..], [0, 128]);
    }

    #[test]
    fn a_window_is_20_ms_at_every_rate() {
        for rate in SampleRate::ALL {
            let second = vec![1; usize::try_from(rate.hz()).unwrap()];
            assert_eq!(peaks(&second, 997, rate), [1; 50], "{rate}");
        }
    }

    proptest! {
        #[test]
        fn chunking_does_not_change_the_peaks(
            samples in prop::collection::vec(any::<i16>(), 0..2_000), chunk in 1..700_usize,
        ) {
            let whole = peaks(&samples, 2_000, SampleRate::HZ_16K);
            prop_assert_eq!(&whole, &peaks(&samples, chunk, SampleRate::HZ_16K));
            prop_assert_eq!(whole.len(), samples.len().div_ceil(320));
        }
    }
}

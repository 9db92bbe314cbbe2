//! PCM16: the signed 16-bit little-endian mono samples that Viva carries everywhere.

/// Full scale of a 16-bit sample as a float: −32768 maps to −1.0.
const FULL_SCALE: f32 = 32_768.0;

/// PCM16 data ended in the middle of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("PCM16 data has an odd length of {len} bytes")]
pub struct OddByteCount {
    /// Length of the refused data in bytes.
    pub len: usize,
}

/// Reads PCM16 little-endian bytes as samples, without copying.
///
/// # Errors
/// [`OddByteCount`] when the last sample is cut.
pub fn samples_from_le_bytes(
    bytes: &[u8],
) -> Result<impl ExactSizeIterator<Item = i16> + DoubleEndedIterator + '_, OddByteCount> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if rest.is_empty() {
        Ok(pairs.iter().map(|pair| i16::from_le_bytes(*pair)))
    } else {
        Err(OddByteCount { len: bytes.len() })
    }
}

/// Appends `samples` to `out` as PCM16 little-endian bytes.
pub fn write_le_bytes(samples: &[i16], out: &mut Vec<u8>) {
    out.reserve(samples.len() * 2);
    out.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
}

/// Returns `samples` as PCM16 little-endian bytes in a new buffer.
pub fn to_le_bytes(samples: &[i16]) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_le_bytes(samples, &mut bytes);
    bytes
}

/// Converts a sample to a float in [−1, 1).
pub fn to_f32(sample: i16) -> f32 {
    f32::from(sample) / FULL_SCALE
}

/// Converts a float to the nearest sample, of two the larger in magnitude; what lies outside [−1, 1] is clipped, NaN becomes
/// silence.
pub fn from_f32(sample: f32) -> i16 {
    let scaled = sample * FULL_SCALE;
    // `f32::round` is a call into the C library on most targets; this is some instructions, for several samples at once.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "`as` saturates, which is the clipping; what is not clipped is exact"
    )]
    let clipped = {
        let whole = scaled as i32;
        let rest = scaled - whole as f32;
        let nearest = whole.saturating_add(i32::from(rest >= 0.5) - i32::from(rest <= -0.5));
        nearest.clamp(i16::MIN.into(), i16::MAX.into()) as i16
    };
    clipped
}

/// Appends `input` to `out` as floats.
pub fn extend_f32(input: &[i16], out: &mut Vec<f32>) {
    out.extend(input.iter().map(|sample| to_f32(*sample)));
}

/// Appends `input` to `out` as samples, clipping as [`from_f32`].
pub fn extend_i16(input: &[f32], out: &mut Vec<i16>) {
    out.extend(input.iter().map(|sample| from_f32(*sample)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_low_byte_comes_first() {
        let samples: Vec<i16> = samples_from_le_bytes(&[0x34, 0x12, 0xff, 0xff])
            .unwrap()
            .collect();
        assert_eq!(samples, [0x1234, -1]);
        assert_eq!(to_le_bytes(&samples), [0x34, 0x12, 0xff, 0xff]);
    }

    #[test]
    fn half_a_sample_is_refused() {
        assert_eq!(
            samples_from_le_bytes(&[1, 2, 3]).err(),
            Some(OddByteCount { len: 3 })
        );
    }

    #[test]
    fn loud_floats_are_clipped_and_nan_is_silence() {
        let mut samples = Vec::new();
        extend_i16(
            &[1.0, 1.5, f32::INFINITY, -1.0, -7.0, f32::NAN, 0.5],
            &mut samples,
        );
        assert_eq!(samples, [32767, 32767, 32767, -32768, -32768, 0, 16384]);
    }

    proptest! {
        #[test]
        fn samples_survive_bytes(samples: Vec<i16>) {
            let bytes = to_le_bytes(&samples);
            let back: Vec<i16> = samples_from_le_bytes(&bytes).unwrap().collect();
            prop_assert_eq!(back, samples);
        }

        #[test]
        fn samples_survive_floats(sample: i16) {
            prop_assert_eq!(from_f32(to_f32(sample)), sample);
        }

        #[test]
        fn floats_become_the_nearest_sample(step in -40_000.0..40_000.0_f32) {
            let nearest = step.round().clamp(-32_768.0, 32_767.0);
            prop_assert!((f32::from(from_f32(step / FULL_SCALE)) - nearest).abs() < f32::EPSILON);
        }
    }
}

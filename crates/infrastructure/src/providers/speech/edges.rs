//! Cuts silence off the ends of a recording, so that silence is only where somebody asked for it.

use viva_audio::level::AUDIBLE;

/// The part from the first audible sample to the last one; empty when there is none.
pub(super) fn without_silence(samples: &[i16]) -> &[i16] {
    let audible = |sample: &i16| sample.unsigned_abs() >= AUDIBLE;
    let Some(first) = samples.iter().position(audible) else {
        return &[];
    };
    let last = samples.iter().rposition(audible).unwrap_or(first);
    &samples[first..=last]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_inside_stays() {
        assert_eq!(without_silence(&[0, 103, -104, 0, 140, 1, 0]), [-104, 0, 140]);
        assert_eq!(without_silence(&[-103, 0, 103]), Vec::<i16>::new());
        assert_eq!(without_silence(&[i16::MIN]), [i16::MIN]);
    }
}

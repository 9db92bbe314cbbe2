//! Cuts silence off the ends of a recording, so that silence is only where somebody asked for it.

/// Samples below count as silence: −60 dBFS.
const AUDIBLE: u16 = 33;

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
    use viva_audio::Level;

    use super::*;

    #[test]
    fn silence_inside_stays() {
        assert_eq!(without_silence(&[0, 32, -33, 0, 40, 1, 0]), [-33, 0, 40]);
        assert_eq!(without_silence(&[-32, 0, 32]), Vec::<i16>::new());
        assert_eq!(without_silence(&[i16::MIN]), [i16::MIN]);
    }

    #[test]
    fn the_limit_is_what_it_says() {
        let at = |sample: u16| Level::of(&[i16::try_from(sample).unwrap()]).peak_dbfs;
        assert!(at(AUDIBLE) > -60.0 && at(AUDIBLE - 1) < -60.0);
    }
}

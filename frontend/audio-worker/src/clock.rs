/// A jump of this much is no jitter: the device was changed or the computer slept.
const JUMP_MS: f64 = 50.0;
/// How much each new observation counts. With fifty per second, jitter is averaged over about half a second.
const WEIGHT: f64 = 0.05;

/// Maps the time of an `AudioContext` to the time line of `performance.now()`.
///
/// Both run at nearly the same speed. Observations jitter by a millisecond or two, so their difference is averaged.
#[derive(Debug, Clone, Copy, Default)]
pub struct ClockMap {
    /// Performance time minus context time, in ms.
    offset_ms: Option<f64>,
}

impl ClockMap {
    /// At `performance_ms` the output played the sample of `context_s`.
    pub fn observe(&mut self, context_s: f64, performance_ms: f64) {
        let observed = performance_ms - context_s * 1_000.0;
        self.offset_ms = Some(match self.offset_ms {
            Some(offset) if (observed - offset).abs() < JUMP_MS => offset + (observed - offset) * WEIGHT,
            _ => observed,
        });
    }

    /// When the sample of `context_s` is played, in ms; `None` before the first observation.
    pub fn performance_ms(&self, context_s: f64) -> Option<f64> {
        self.offset_ms.map(|offset| offset + context_s * 1_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_is_averaged() {
        let mut clock = ClockMap::default();
        for step in 0..200 {
            let seconds = f64::from(step) / 10.0;
            let jitter = if step % 2 == 0 { 1.0 } else { -1.0 };
            clock.observe(seconds, 5_000.0 + seconds * 1_000.0 + jitter);
        }
        assert!((clock.performance_ms(20.0).unwrap() - 25_000.0).abs() < 0.1);
    }

    #[test]
    fn a_jump_is_followed_at_once() {
        let mut clock = ClockMap::default();
        clock.observe(1.0, 1_500.0);
        clock.observe(2.0, 2_900.0);
        assert_eq!(clock.performance_ms(2.0), Some(2_900.0));
    }

    #[test]
    fn nothing_is_known_before_the_first_observation() {
        assert_eq!(ClockMap::default().performance_ms(1.0), None);
    }
}

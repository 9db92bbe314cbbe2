use std::time::Duration;

/// A moment on the session's monotonic clock: time since the session began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SessionTime(Duration);

impl SessionTime {
    /// The moment at which the session began.
    pub const ZERO: Self = Self(Duration::ZERO);

    /// The moment `elapsed` after the session began.
    pub const fn new(elapsed: Duration) -> Self {
        Self(elapsed)
    }

    /// The moment this many ms after the session began.
    pub const fn from_millis(ms: u64) -> Self {
        Self(Duration::from_millis(ms))
    }

    /// Time since the session began.
    pub const fn elapsed(self) -> Duration {
        self.0
    }

    /// Time from `earlier` to this; zero when `earlier` is later.
    pub const fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// The moment `by` later.
    #[must_use]
    pub const fn after(self, by: Duration) -> Self {
        Self(self.0.saturating_add(by))
    }

    /// The moment `by` earlier, not before the session began.
    #[must_use]
    pub const fn before(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(by))
    }
}

/// A moment on the client's clock: µs since an origin that only the client knows. Captured audio and playback reports
/// are on the same clock, so differences between them need no synchronisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientTime(u64);

impl ClientTime {
    /// This many µs after the client's origin.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Ms after the client's origin; `None` when negative or not a number.
    pub fn from_millis_f64(ms: f64) -> Option<Self> {
        Duration::try_from_secs_f64(ms / 1_000.0)
            .ok()
            .and_then(|time| u64::try_from(time.as_micros()).ok())
            .map(Self)
    }

    /// µs after the client's origin.
    pub const fn micros(self) -> u64 {
        self.0
    }

    /// Time from `earlier` to this; `None` when `earlier` is later.
    pub fn since(self, earlier: Self) -> Option<Duration> {
        self.0.checked_sub(earlier.0).map(Duration::from_micros)
    }

    /// The moment `by` earlier, not before the client's origin.
    #[must_use]
    pub fn before(self, by: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(u64::try_from(by.as_micros()).unwrap_or(u64::MAX)),
        )
    }

    /// The moment `by` later.
    #[must_use]
    pub fn after(self, by: Duration) -> Self {
        Self(
            self.0
                .saturating_add(u64::try_from(by.as_micros()).unwrap_or(u64::MAX)),
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn session_times_stay_within_the_session() {
        let (one, two) = (SessionTime::from_millis(1), SessionTime::from_millis(2));
        assert_eq!(two.since(one), Duration::from_millis(1));
        assert_eq!(one.since(two), Duration::ZERO);
        assert_eq!(one.before(Duration::from_secs(1)), SessionTime::ZERO);
        assert_eq!(one.after(Duration::MAX), SessionTime::new(Duration::MAX));
        assert_eq!(two.elapsed(), Duration::from_millis(2));
    }

    #[test]
    fn a_client_may_say_any_number() {
        let parsed = |ms| ClientTime::from_millis_f64(ms).map(ClientTime::micros);
        assert_eq!(parsed(0.0), Some(0));
        assert_eq!(parsed(-0.0), Some(0));
        assert_eq!(parsed(1.5), Some(1_500));
        assert_eq!(parsed(f64::MIN_POSITIVE), Some(0));
        // A clock that counts from 1970 keeps its microseconds.
        assert_eq!(parsed(1_795_000_000_000.25), Some(1_795_000_000_000_250));
        for bad in [
            -1.0,
            -1e300,
            1e300,
            f64::MAX,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ] {
            assert_eq!(parsed(bad), None, "{bad}");
        }
    }

    #[test]
    fn client_times_do_not_wrap() {
        let (early, late) = (ClientTime::from_micros(1), ClientTime::from_micros(u64::MAX));
        assert_eq!(early.since(late), None);
        assert_eq!(late.since(early), Some(Duration::from_micros(u64::MAX - 1)));
        assert_eq!(late.after(Duration::from_micros(1)), late);
        assert_eq!(early.after(Duration::MAX), late);
        assert_eq!(late.before(Duration::MAX), ClientTime::from_micros(0));
        assert_eq!(early.before(Duration::from_micros(1)), ClientTime::from_micros(0));
    }

    proptest! {
        #[test]
        fn a_client_time_is_a_number_of_its_clock_or_refused(ms: f64) {
            match ClientTime::from_millis_f64(ms) {
                Some(time) => prop_assert!((time.micros() as f64 / 1_000.0 - ms).abs() <= 0.001 + ms * 1e-9),
                None => prop_assert!(ms.is_nan() || ms < 0.0 || ms * 1_000.0 >= u64::MAX as f64),
            }
        }
    }
}

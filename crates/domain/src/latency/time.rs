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

    /// The moment `by` later.
    #[must_use]
    pub fn after(self, by: Duration) -> Self {
        Self(
            self.0
                .saturating_add(u64::try_from(by.as_micros()).unwrap_or(u64::MAX)),
        )
    }
}

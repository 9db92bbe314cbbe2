use chrono::{DateTime, Utc};

/// Tells the wall-clock time. Durations within a session come from its monotonic clock instead.
pub trait Clock: Send + Sync {
    /// Now, UTC, cut to the microsecond (what both databases keep).
    fn now(&self) -> DateTime<Utc>;
}

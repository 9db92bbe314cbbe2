use std::sync::Mutex;
use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use viva_domain::ports::Clock;

use crate::lock;

/// A wall clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock {
    now: Mutex<DateTime<Utc>>,
}

impl ManualClock {
    /// A clock that shows this time, cut to the microsecond.
    pub fn new(now: DateTime<Utc>) -> Self {
        Self {
            now: Mutex::new(now.trunc_subsecs(6)),
        }
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let mut now = lock(&self.now);
        let moved = TimeDelta::from_std(by)
            .ok()
            .and_then(|by| now.checked_add_signed(by));
        *now = moved.unwrap_or(DateTime::<Utc>::MAX_UTC).trunc_subsecs(6);
    }

    /// Sets the clock, also backward, as clocks do in real life.
    pub fn set(&self, now: DateTime<Utc>) {
        *lock(&self.now) = now.trunc_subsecs(6);
    }
}

impl Default for ManualClock {
    /// 2026-01-01 00:00:00 UTC.
    fn default() -> Self {
        const START_OF_2026: i64 = 1_767_225_600;
        Self::new(DateTime::from_timestamp(START_OF_2026, 0).unwrap_or_default())
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *lock(&self.now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_moves_only_when_told() {
        let clock = ManualClock::default();
        assert_eq!(clock.now().to_rfc3339(), "2026-01-01T00:00:00+00:00");
        clock.advance(Duration::from_nanos(1_500_001_999));
        assert_eq!(clock.now().to_rfc3339(), "2026-01-01T00:00:01.500001+00:00");
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), DateTime::<Utc>::MAX_UTC.trunc_subsecs(6));
    }
}

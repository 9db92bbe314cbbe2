use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// So many attempts may fail before another failure has to wait.
const FREE: u32 = 3;
/// How long the next failure waits then; every further one doubles it.
const FIRST_WAIT: TimeDelta = TimeDelta::seconds(1);
/// The longest wait.
const LONGEST_WAIT: TimeDelta = TimeDelta::minutes(5);
/// Whoever does not fail for so long begins anew.
const FORGOTTEN_AFTER: TimeDelta = TimeDelta::minutes(15);
/// Clients that are remembered. With one more, the one whose last failure is the longest ago is forgotten.
const MOST_CLIENTS: usize = 10_000;

/// Who showed wrong tokens lately, and how long they have to wait before they may fail again. Whoever shows a good one does
/// not wait, however many failed at the same address before.
#[derive(Debug, Default)]
pub(super) struct FailedAttempts(HashMap<IpAddr, Failures>);

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: DateTime<Utc>,
}

impl FailedAttempts {
    /// Counts a failure. Of many at once, only the free ones are told that they failed; the others do not count, and are
    /// answered how long to wait.
    pub(super) fn fail(&mut self, client: IpAddr, now: DateTime<Utc>) -> Result<(), Duration> {
        let known = self.0.get(&client).copied();
        let known = known.filter(|failures| failures.are_remembered(now));
        let count = known.map_or(0, |failures| failures.count);
        if let Some(failures) = known {
            let wait = wait_after(count) - (now - failures.last).max(TimeDelta::zero());
            if let Ok(wait) = wait.to_std()
                && !wait.is_zero()
            {
                return Err(wait);
            }
        }
        if self.0.len() >= MOST_CLIENTS && !self.0.contains_key(&client) {
            self.make_room(now);
        }
        let failures = Failures {
            count: count.saturating_add(1),
            last: now,
        };
        self.0.insert(client, failures);
        Ok(())
    }

    fn make_room(&mut self, now: DateTime<Utc>) {
        self.0.retain(|_, failures| failures.are_remembered(now));
        if self.0.len() < MOST_CLIENTS {
            return;
        }
        let oldest = self.0.iter().min_by_key(|(_, failures)| failures.last);
        if let Some(client) = oldest.map(|(client, _)| *client) {
            self.0.remove(&client);
        }
    }
}

impl Failures {
    /// Not for long, and not when they lie in the future because the clock was set back.
    fn are_remembered(&self, now: DateTime<Utc>) -> bool {
        (now - self.last).abs() < FORGOTTEN_AFTER
    }
}

fn wait_after(count: u32) -> TimeDelta {
    match count.checked_sub(FREE) {
        None => TimeDelta::zero(),
        Some(doublings) => {
            let factor = 1_i32.checked_shl(doublings).filter(|factor| *factor > 0);
            factor
                .and_then(|factor| FIRST_WAIT.checked_mul(factor))
                .map_or(LONGEST_WAIT, |wait| wait.min(LONGEST_WAIT))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn client(n: u32) -> IpAddr {
        Ipv4Addr::from(n).into()
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn the_wait_doubles_up_to_its_limit() {
        let waits: Vec<i64> = (0..20).map(|count| wait_after(count).num_seconds()).collect();
        assert_eq!(waits[..9], [0, 0, 0, 1, 2, 4, 8, 16, 32]);
        assert_eq!(waits[11..14], [256, 300, 300]);
        for count in [31, 32, 33, 34, 35, 36, u32::MAX] {
            assert_eq!(wait_after(count), LONGEST_WAIT, "{count}");
        }
    }

    #[test]
    fn whoever_fails_again_and_again_waits_longer_and_longer() {
        let mut attempts = FailedAttempts::default();
        for _ in 0..3 {
            assert_eq!(attempts.fail(client(1), at(0)), Ok(()));
        }
        assert_eq!(attempts.fail(client(1), at(0)), Err(Duration::from_secs(1)));
        assert_eq!(attempts.fail(client(1), at(1)), Ok(()));
        assert_eq!(attempts.fail(client(1), at(2)), Err(Duration::from_secs(1)));
        assert_eq!(attempts.fail(client(1), at(3)), Ok(()));
        assert_eq!(attempts.fail(client(1), at(3)), Err(Duration::from_secs(4)));
        // A failure that had to wait did not count.
        assert_eq!(attempts.fail(client(1), at(3)), Err(Duration::from_secs(4)));
        assert_eq!(attempts.fail(client(2), at(3)), Ok(()), "others do not wait");
    }

    #[test]
    fn whoever_stays_away_begins_anew() {
        let mut attempts = FailedAttempts::default();
        for seconds in [0, 0, 0, 1, 3] {
            attempts.fail(client(1), at(seconds)).unwrap();
        }
        assert!(attempts.fail(client(1), at(3)).is_err());
        let later = 3 + FORGOTTEN_AFTER.num_seconds();
        for _ in 0..3 {
            assert!(attempts.fail(client(1), at(later)).is_ok());
        }
        assert!(attempts.fail(client(1), at(later)).is_err());
        assert_eq!(attempts.0.len(), 1);
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let mut attempts = FailedAttempts::default();
        for _ in 0..3 {
            attempts.fail(client(1), at(0)).unwrap();
        }
        assert_eq!(attempts.fail(client(1), at(-60)), Err(Duration::from_secs(1)));
        assert_eq!(attempts.fail(client(1), at(-3_600)), Ok(()));
    }

    #[test]
    fn not_more_are_remembered_than_there_is_room_for() {
        let mut attempts = FailedAttempts::default();
        for n in 0..=10_000 {
            attempts.fail(client(n), at(i64::from(n) / 1_000)).unwrap();
        }
        assert_eq!(attempts.0.len(), MOST_CLIENTS);
        assert!(attempts.0.contains_key(&client(10_000)));
        let later = 10 + FORGOTTEN_AFTER.num_seconds();
        attempts.fail(client(10_001), at(later)).unwrap();
        assert_eq!(attempts.0.len(), 1, "those of long ago make room");
    }
}

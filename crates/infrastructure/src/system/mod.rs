//! The machine's clock and its randomness.

use chrono::{DateTime, SubsecRound, Utc};
use rand::TryRngCore;
use rand::rngs::OsRng;
use uuid::Uuid;
use viva_domain::ports::{Clock, Ids};

/// The machine's wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the Clock port")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}

/// Ids from the machine's clock and randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemIds;

impl Ids for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "this is the Ids port")]
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn secret(&self) -> String {
        let mut bytes = [0; 32];
        OsRng
            .try_fill_bytes(&mut bytes)
            .expect("an operating system that runs a server has randomness");
        hex::encode(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn times_are_whole_microseconds() {
        for _ in 0..1_000 {
            assert_eq!(SystemClock.now().timestamp_subsec_nanos() % 1_000, 0);
        }
    }

    #[test]
    fn ids_are_unique_and_sort_by_creation() {
        let ids: Vec<Uuid> = (0..1_000).map(|_| SystemIds.uuid()).collect();
        assert!(ids.is_sorted_by(|earlier, later| earlier < later));
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
    }

    #[test]
    fn secrets_are_unique_and_have_64_digits() {
        let secrets: HashSet<String> = (0..1_000).map(|_| SystemIds.secret()).collect();
        assert_eq!(secrets.len(), 1_000);
        let is_secret =
            |secret: &String| secret.len() == 64 && secret.bytes().all(|digit| digit.is_ascii_hexdigit());
        assert!(secrets.iter().all(is_secret));
    }
}

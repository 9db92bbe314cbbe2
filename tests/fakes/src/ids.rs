use std::sync::atomic::{AtomicU64, Ordering};

use uuid::{Builder, Uuid};
use viva_domain::ports::Ids;

/// Counts: the same ids in the same order in every run. They are valid UUIDv7 and sort by creation.
#[derive(Debug, Default)]
pub struct SequentialIds {
    used: AtomicU64,
}

impl SequentialIds {
    fn next(&self) -> u64 {
        self.used.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl Ids for SequentialIds {
    fn uuid(&self) -> Uuid {
        Builder::from_unix_timestamp_millis(self.next(), &[0; 10]).into_uuid()
    }

    fn secret(&self) -> String {
        format!("{:064x}", self.next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_count_up() {
        let ids = SequentialIds::default();
        let [first, second] = [ids.uuid(), ids.uuid()];
        assert_eq!(first.to_string(), "00000000-0001-7000-8000-000000000000");
        assert!(first < second);
        assert_eq!(second.get_version_num(), 7);
    }

    #[test]
    fn secrets_have_64_digits() {
        let ids = SequentialIds::default();
        assert_eq!(ids.secret().len(), 64);
        assert_ne!(ids.secret(), ids.secret());
    }
}

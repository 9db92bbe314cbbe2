use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;
use uuid::Uuid;

/// What all callers have seen so far.
#[derive(Debug)]
pub(super) struct Tally {
    began: Instant,
    counts: Mutex<Counts>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Counts {
    /// What happened, as it should.
    pub(super) usual: BTreeMap<String, u64>,
    /// What should not have happened.
    pub(super) unexpected: BTreeMap<String, u64>,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            counts: Mutex::default(),
        }
    }

    pub(super) fn count(&self, what: impl Into<String>) {
        *self.lock().usual.entry(what.into()).or_default() += 1;
    }

    /// Takes note of something that should not have happened, and tells at once: the server's log has more of that moment.
    pub(super) fn unexpected(&self, session: Option<Uuid>, what: &str) {
        *self.lock().unexpected.entry(what.to_owned()).or_default() += 1;
        let session = session.map_or_else(|| "no session".to_owned(), |id| id.to_string());
        let minute = self.began.elapsed().as_secs_f64() / 60.0;
        super::tell(&format!("minute {minute:.2}, {session}: {what}"));
    }

    pub(super) fn counts(&self) -> Counts {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_should_not_happen_is_counted_by_its_kind() {
        let tally = Tally::new();
        tally.count("turns");
        tally.unexpected(None, "no answer");
        tally.unexpected(Some(Uuid::nil()), "no answer");
        let counts = tally.counts();
        assert_eq!(counts.usual, BTreeMap::from([("turns".to_owned(), 1)]));
        assert_eq!(counts.unexpected, BTreeMap::from([("no answer".to_owned(), 2)]));
    }
}

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::client::Client;

/// How many of something every client has at the same time. Clones share.
#[derive(Debug, Clone)]
pub(crate) struct AtOnce {
    /// `None`: any number.
    limit: Option<NonZeroU32>,
    counts: Arc<Mutex<HashMap<Client, u32>>>,
}

/// One of them, which is counted until this is dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    of: AtOnce,
    client: Client,
}

impl AtOnce {
    /// Nobody has one; 0: any number may be taken.
    pub(crate) fn new(limit: u32) -> Self {
        Self {
            limit: NonZeroU32::new(limit),
            counts: Arc::default(),
        }
    }

    /// Counts one more; `None` when the client has as many as it may.
    pub(crate) fn take(&self, client: Client) -> Option<Slot> {
        let mut counts = self.counts();
        let count = counts.get(&client).copied().unwrap_or_default();
        if self.limit.is_some_and(|limit| count >= limit.get()) {
            return None;
        }
        counts.insert(client, count + 1);
        Some(Slot {
            of: self.clone(),
            client,
        })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<Client, u32>> {
        // What is counted is whole after every operation.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut counts = self.of.counts();
        match counts.get_mut(&self.client) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                counts.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use viva_domain::ids::UserId;

    use super::*;

    fn user(n: u128) -> Client {
        Client::User(UserId::from_uuid(Uuid::from_u128(n)))
    }

    #[test]
    fn a_client_has_so_many_and_another_when_one_is_over() {
        let at_once = AtOnce::new(2);
        let (first, second) = (at_once.take(user(1)), at_once.take(user(1)));
        assert!(first.is_some() && second.is_some());
        assert!(at_once.take(user(1)).is_none());
        let others = at_once.take(user(2));
        assert!(others.is_some(), "clients are counted apart");
        drop(first);
        let third = at_once.take(user(1));
        assert!(third.is_some() && at_once.take(user(1)).is_none());
        drop((second, third, others));
        assert!(at_once.counts().is_empty(), "whoever has none is forgotten");
    }

    #[test]
    fn without_a_limit_any_number_is_taken() {
        let at_once = AtOnce::new(0);
        let taken: Vec<_> = (0..1_000).map_while(|_| at_once.take(user(1))).collect();
        assert_eq!(taken.len(), 1_000);
    }
}

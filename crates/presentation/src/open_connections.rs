use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::client::Client;

/// How many WebSocket connections every client has open. Clones share.
#[derive(Debug, Clone)]
pub(crate) struct OpenConnections {
    /// `None`: any number.
    limit: Option<NonZeroU32>,
    open: Arc<Mutex<HashMap<Client, u32>>>,
}

/// One that is counted until this is dropped.
#[derive(Debug)]
pub(crate) struct OpenConnection {
    of: OpenConnections,
    client: Client,
}

impl OpenConnections {
    /// Nobody has one; 0: any number may be opened.
    pub(crate) fn new(limit: u32) -> Self {
        Self {
            limit: NonZeroU32::new(limit),
            open: Arc::default(),
        }
    }

    /// Counts one more; `None` when the client has as many as it may.
    pub(crate) fn open(&self, client: Client) -> Option<OpenConnection> {
        let mut open = self.counts();
        let count = open.get(&client).copied().unwrap_or_default();
        if self.limit.is_some_and(|limit| count >= limit.get()) {
            return None;
        }
        open.insert(client, count + 1);
        Some(OpenConnection {
            of: self.clone(),
            client,
        })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<Client, u32>> {
        // What is counted is whole after every operation.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        let mut open = self.of.counts();
        match open.get_mut(&self.client) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                open.remove(&self.client);
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
    fn a_client_has_so_many_open_and_another_when_one_is_closed() {
        let connections = OpenConnections::new(2);
        let (first, second) = (connections.open(user(1)), connections.open(user(1)));
        assert!(first.is_some() && second.is_some());
        assert!(connections.open(user(1)).is_none());
        let others = connections.open(user(2));
        assert!(others.is_some(), "clients are counted apart");
        drop(first);
        let third = connections.open(user(1));
        assert!(third.is_some() && connections.open(user(1)).is_none());
        drop((second, third, others));
        assert!(connections.counts().is_empty(), "whoever has none is forgotten");
    }

    #[test]
    fn without_a_limit_any_number_is_open() {
        let connections = OpenConnections::new(0);
        let open: Vec<_> = (0..1_000).map_while(|_| connections.open(user(1))).collect();
        assert_eq!(open.len(), 1_000);
    }
}

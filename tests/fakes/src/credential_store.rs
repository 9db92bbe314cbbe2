use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use viva_domain::credentials::{AuditAction, AuditEntry, CredentialState, StoredCredential};
use viva_domain::ids::{AuditEntryId, CredentialId, UserId};
use viva_domain::ports::{CredentialStore, Page, PageRequest, StoreError, StoreErrorKind};

use crate::rows::{error, paged};
use crate::{FaultSwitch, lock};

/// Keeps sealed credentials and the audit log in memory.
#[derive(Debug, Default)]
pub struct MemoryCredentialStore {
    kept: Mutex<Kept>,
    faults: FaultSwitch<StoreErrorKind>,
}

#[derive(Debug, Default)]
struct Kept {
    credentials: BTreeMap<(UserId, String), StoredCredential>,
    entries: BTreeMap<AuditEntryId, AuditEntry>,
}

impl MemoryCredentialStore {
    /// Makes every call fail, as when the database is away.
    pub fn faults(&self) -> &FaultSwitch<StoreErrorKind> {
        &self.faults
    }

    fn check(&self, operation: &'static str) -> Result<(), StoreError> {
        self.faults.check().map_err(|kind| error(kind, operation))
    }
}

impl Kept {
    fn record(&mut self, entry: &AuditEntry, operation: &'static str) -> Result<(), StoreError> {
        if self.entries.contains_key(&entry.id) {
            return Err(error(StoreErrorKind::Conflict, operation));
        }
        self.entries.insert(entry.id, entry.clone());
        Ok(())
    }
}

#[async_trait]
impl CredentialStore for MemoryCredentialStore {
    async fn put(&self, credential: &StoredCredential, entry: &AuditEntry) -> Result<(), StoreError> {
        const OPERATION: &str = "put credential";
        self.check(OPERATION)?;
        let mut kept = lock(&self.kept);
        if kept.credentials.values().any(|other| other.id == credential.id) {
            return Err(error(StoreErrorKind::Conflict, OPERATION));
        }
        let place = (credential.owner, credential.provider.clone());
        let action = AuditAction::of_giving(kept.credentials.get(&place));
        kept.record(
            &AuditEntry {
                action,
                ..entry.clone()
            },
            OPERATION,
        )?;
        kept.credentials.insert(place, credential.clone());
        Ok(())
    }

    async fn find(&self, owner: UserId, provider: &str) -> Result<Option<StoredCredential>, StoreError> {
        self.check("find credential")?;
        let place = (owner, provider.to_owned());
        Ok(lock(&self.kept).credentials.get(&place).cloned())
    }

    async fn list(&self, owner: UserId) -> Result<Vec<StoredCredential>, StoreError> {
        self.check("list credentials")?;
        let kept = lock(&self.kept);
        let own = kept
            .credentials
            .values()
            .filter(|credential| credential.owner == owner);
        Ok(own.cloned().collect())
    }

    async fn set_state(
        &self,
        owner: UserId,
        id: CredentialId,
        state: CredentialState,
        at: DateTime<Utc>,
        entry: &AuditEntry,
    ) -> Result<(), StoreError> {
        const OPERATION: &str = "set the state of a credential";
        self.check(OPERATION)?;
        let mut kept = lock(&self.kept);
        let is_it = |credential: &StoredCredential| credential.owner == owner && credential.id == id;
        if !kept.credentials.values().any(is_it) {
            return Err(error(StoreErrorKind::Missing, OPERATION));
        }
        kept.record(entry, OPERATION)?;
        for credential in kept
            .credentials
            .values_mut()
            .filter(|credential| is_it(credential))
        {
            (credential.state, credential.checked_at) = (state, at);
        }
        Ok(())
    }

    async fn remove(&self, owner: UserId, provider: &str, entry: &AuditEntry) -> Result<(), StoreError> {
        const OPERATION: &str = "remove credential";
        self.check(OPERATION)?;
        let mut kept = lock(&self.kept);
        let place = (owner, provider.to_owned());
        if !kept.credentials.contains_key(&place) {
            return Err(error(StoreErrorKind::Missing, OPERATION));
        }
        kept.record(entry, OPERATION)?;
        kept.credentials.remove(&place);
        Ok(())
    }

    async fn record(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        const OPERATION: &str = "record what was done with a credential";
        self.check(OPERATION)?;
        lock(&self.kept).record(entry, OPERATION)
    }

    async fn audit(&self, owner: UserId, page: PageRequest) -> Result<Page<AuditEntry>, StoreError> {
        self.check("list the audit log")?;
        let kept = lock(&self.kept);
        let own = kept.entries.values().filter(|entry| entry.owner == owner);
        Ok(paged(own.rev(), page))
    }
}

#[cfg(test)]
mod tests {
    use viva_contract::credential_store_contract;

    use super::*;

    async fn memory(case: impl AsyncFnOnce(&dyn CredentialStore)) {
        case(&MemoryCredentialStore::default()).await;
    }

    credential_store_contract!(memory);

    #[tokio::test]
    async fn it_fails_when_told() {
        let store = MemoryCredentialStore::default();
        store.faults().fail_next(1, StoreErrorKind::Unavailable);
        let found = store.find(UserId::LOCAL, "acme").await.map_err(|err| err.kind);
        assert_eq!(found, Err(StoreErrorKind::Unavailable));
        assert_eq!(store.find(UserId::LOCAL, "acme").await.unwrap(), None);
    }
}

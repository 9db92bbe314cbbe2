use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::session_store::{Page, PageRequest, StoreError};
use crate::credentials::{AuditEntry, CredentialState, StoredCredential};
use crate::ids::{CredentialId, UserId};

/// Keeps provider keys of users, sealed, and what was done with them. A change and its entry in the audit log are kept
/// together or not at all. Every implementation passes `contract::credential_store`.
#[async_trait]
pub trait CredentialStore: Send + Sync {
    /// Stores a credential of its owner, who is created if this is the first thing of theirs. One that they have for the
    /// same provider is replaced. The action of the entry becomes `Replace` then and `Create` otherwise, whatever it was.
    ///
    /// # Errors
    /// [`StoreError`] of kind `Conflict` when the id exists, or `Unavailable`.
    async fn put(&self, credential: &StoredCredential, entry: &AuditEntry) -> Result<(), StoreError>;

    /// This user's credential for a provider.
    ///
    /// # Errors
    /// [`StoreError`] of kind `Unavailable` when the backend cannot answer.
    async fn find(&self, owner: UserId, provider: &str) -> Result<Option<StoredCredential>, StoreError>;

    /// All of this user's credentials, by provider: at most one for each.
    ///
    /// # Errors
    /// [`StoreError`] of kind `Unavailable` when the backend cannot answer.
    async fn list(&self, owner: UserId) -> Result<Vec<StoredCredential>, StoreError>;

    /// Notes what the provider thinks of a credential of this user.
    ///
    /// # Errors
    /// [`StoreError`] of kind `Missing` when they have none of this id, as when it was replaced meanwhile, or `Unavailable`.
    async fn set_state(
        &self,
        owner: UserId,
        id: CredentialId,
        state: CredentialState,
        at: DateTime<Utc>,
        entry: &AuditEntry,
    ) -> Result<(), StoreError>;

    /// Forgets this user's credential for a provider.
    ///
    /// # Errors
    /// [`StoreError`] of kind `Missing` when they have none, or `Unavailable`.
    async fn remove(&self, owner: UserId, provider: &str, entry: &AuditEntry) -> Result<(), StoreError>;

    /// Adds an entry to the audit log of its owner, who is created if this is the first thing of theirs.
    ///
    /// # Errors
    /// [`StoreError`] of kind `Conflict` when the id exists, or `Unavailable`.
    async fn record(&self, entry: &AuditEntry) -> Result<(), StoreError>;

    /// The audit log of this user, newest first.
    ///
    /// # Errors
    /// [`StoreError`] of kind `Unavailable` when the backend cannot answer.
    async fn audit(&self, owner: UserId, page: PageRequest) -> Result<Page<AuditEntry>, StoreError>;
}

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::blob_store::BlobKey;
use super::session_store::StoreError;
use crate::ids::{SessionId, StorageId, TurnId, UserId};
use crate::sessions::SessionState;

/// What is removed of the sessions that a [`super::SessionStore`] keeps. Who looks after everybody's finds out the
/// owner first. Every implementation passes `contract::retention_store`.
#[async_trait]
pub trait RetentionStore: Send + Sync {
    /// Whose a session is, and whether it runs; `None` when there is no such session.
    ///
    /// # Errors
    /// [`super::StoreErrorKind::Unavailable`] when the backend cannot answer.
    async fn whose(&self, id: SessionId) -> Result<Option<(UserId, SessionState)>, StoreError>;

    /// Sessions that ended before this time, whoever they belong to, at most so many: the one that ended first comes first,
    /// and those after `after` only.
    ///
    /// # Errors
    /// [`super::StoreErrorKind::Unavailable`] when the backend cannot answer.
    async fn ended_before(
        &self,
        time: DateTime<Utc>,
        after: Option<&EndedSession>,
        most: u32,
    ) -> Result<Vec<EndedSession>, StoreError>;

    /// Removes a session with its turns, all or nothing. Nothing happens to one that is active, unknown or somebody else's.
    ///
    /// # Errors
    /// [`super::StoreErrorKind::Unavailable`] when the backend cannot answer; it may have been removed then.
    async fn delete(&self, owner: UserId, id: SessionId) -> Result<(), StoreError>;

    /// A turn is without the recording of this key from now on. Nothing happens when it has no such recording, is unknown or
    /// somebody else's.
    ///
    /// # Errors
    /// [`super::StoreErrorKind::Unavailable`] when the backend cannot answer.
    async fn forget_recording(&self, owner: UserId, turn: TurnId, key: &BlobKey) -> Result<(), StoreError>;

    /// The storage that the recordings are in; `None` until one was taken.
    ///
    /// # Errors
    /// [`super::StoreErrorKind::Unavailable`] when the backend cannot answer.
    async fn storage(&self) -> Result<Option<KnownStorage>, StoreError>;

    /// The recordings are in this storage from now on, instead of any other.
    ///
    /// # Errors
    /// [`super::StoreErrorKind::Unavailable`] when the backend cannot answer.
    async fn keep_storage(&self, storage: KnownStorage) -> Result<(), StoreError>;
}

/// What a database knows of the storage that its recordings are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownStorage {
    /// Which it is.
    pub id: StorageId,
    /// Whether the storage has a mark with this id. It is about to be written otherwise.
    pub is_marked: bool,
}

/// A session that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndedSession {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub owner: UserId,
    /// When it ended, UTC, to the microsecond.
    pub ended_at: DateTime<Utc>,
}

//! Purging the recordings of a session that stays.
//!
//! What waits in the spool goes first, as nobody is told of it. Then the session says that its recordings are purged, which
//! decides it: from here on nobody is promised any of them. Then the files go. A process that dies after it has decided leaves
//! files of a purged session; the sweep of the next run finds them.

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use tracing::warn;
use viva_domain::ids::SessionId;
use viva_domain::ports::{BlobError, BlobKey, EndedSession, RemovedBlobs};

use super::{Deletions, RemovalError};

impl Deletions {
    /// Purges the recordings of a session that is over. Each step can be done again. `None` when it is decided and files of it
    /// stay for now, though the storage is there: the sweep tries again.
    pub(crate) async fn purge_recordings(
        &self,
        session: &EndedSession,
        now: DateTime<Utc>,
    ) -> Result<Option<RemovedBlobs>, RemovalError> {
        let folder = BlobKey::of_session(session.id);
        self.ports.audio_spool.remove_below(&folder).await?;
        let store = &self.ports.retention_store;
        store.mark_purged(session.owner, session.id, now).await?;
        match self.remove_recordings(session.id).await {
            Ok(gone) => Ok(Some(gone)),
            Err(err) => {
                let err = RemovalError::from(err);
                if self.is_away(&err, session.id).await {
                    return Err(err);
                }
                warn!(event = "retention.files_left", session.id = %session.id, error = &err as &dyn std::error::Error,
                    "The recordings of session {} are purged, but files of it stay for now", session.id);
                Ok(None)
            }
        }
    }

    /// Whether what could not remove anything of this session is away, or this session has something of its own.
    pub(crate) async fn is_away(&self, err: &RemovalError, id: SessionId) -> bool {
        let ports = &self.ports;
        match err {
            RemovalError::Store(_) => ports.retention_store.whose(id).await.is_err(),
            RemovalError::Blob(_) => self.is_begun(id).await.is_err(),
            RemovalError::Spool(_) => {
                let folder = BlobKey::of_session(id);
                ports.audio_spool.contains(&folder).await.is_err()
            }
            RemovalError::Active(_) | RemovalError::Foreign(_) => false,
        }
    }

    /// Removes what is stored of recordings that are purged.
    pub(crate) async fn remove_recordings(&self, id: SessionId) -> Result<RemovedBlobs, BlobError> {
        self.ports.blob_store.delete_below(&BlobKey::of_session(id)).await
    }

    /// What would go with the recordings of a session.
    pub(crate) async fn measure_recordings(&self, id: SessionId) -> Result<RemovedBlobs, BlobError> {
        let mut found = RemovedBlobs::default();
        let mut files = self.ports.blob_store.list(&BlobKey::of_session(id));
        while let Some(file) = files.try_next().await? {
            found.files += 1;
            found.bytes += file.len;
        }
        Ok(found)
    }
}

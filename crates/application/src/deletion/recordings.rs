//! Purging the recordings of a session that stays.
//!
//! What waits in the spool goes first, as nobody is told of it. Then the session says that its recordings are purged, which
//! decides it: from here on nobody is promised any of them. Then the files go. A process that dies after it has decided leaves
//! files of a purged session; the sweep of the next run finds them.

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use viva_domain::ids::SessionId;
use viva_domain::ports::{BlobError, BlobKey, EndedSession, RemovedBlobs};

use super::{Deletions, RemovalError};

impl Deletions {
    /// Purges the recordings of a session that is over. Each step can be done again.
    pub(crate) async fn purge_recordings(
        &self,
        session: &EndedSession,
        now: DateTime<Utc>,
    ) -> Result<RemovedBlobs, RemovalError> {
        let folder = BlobKey::of_session(session.id);
        self.ports.audio_spool.remove_below(&folder).await?;
        let store = &self.ports.retention_store;
        store.mark_purged(session.owner, session.id, now).await?;
        Ok(self.remove_recordings(session.id).await?)
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

//! Deleting sessions, and the recordings of sessions that stay.
//!
//! Of a session that is deleted the rows, the recordings and whatever else is kept go together, also when the process dies in
//! between.
//!
//! First a tombstone is written. From then on the deletion comes to its end, whatever happens: all that belongs to the session
//! is removed, and the tombstone last. A start finds the tombstones that an earlier process left, and goes on with them before
//! it brings back what else that one left in the spool and the journal.

mod error;
mod pairing;
mod recordings;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio_util::task::TaskTracker;
use tracing::{Instrument as _, error, info, warn};
use viva_domain::ids::{SessionId, UserId};
use viva_domain::ports::{
    AudioSpool, BlobError, BlobKey, BlobStore, RemovedBlobs, RetentionStore, SessionStore, TurnJournal,
};
use viva_domain::sessions::SessionState;

pub use error::{DeleteError, RemovalError};
pub use pairing::ForeignStorage;
pub(crate) use pairing::Pairing;

/// Sessions of a selection that are deleted at once: each waits for the storage most of the time.
const AT_ONCE: usize = 4;

/// Deletes sessions.
#[derive(Clone)]
pub struct Deletions {
    pub(crate) ports: DeletionsPorts,
    /// What was begun goes on when who asked for it does not wait.
    tasks: TaskTracker,
}

/// Everything that may hold something of a session.
#[derive(Clone)]
pub struct DeletionsPorts {
    /// Sessions and turns, to read.
    pub session_store: Arc<dyn SessionStore>,
    /// The same, to remove.
    pub retention_store: Arc<dyn RetentionStore>,
    /// Recordings and tombstones.
    pub blob_store: Arc<dyn BlobStore>,
    /// Recordings that could not be stored.
    pub audio_spool: Arc<dyn AudioSpool>,
    /// Turns that could not be stored.
    pub turn_journal: Arc<dyn TurnJournal>,
}

/// What came of the deletions that were begun earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FinishedDeletions {
    /// Those that are at their end now.
    pub finished: u64,
    /// Those that are not; they are tried again.
    pub failed: u64,
}

impl Deletions {
    /// Deletes from these.
    pub fn new(ports: DeletionsPorts, tasks: TaskTracker) -> Self {
        Self { ports, tasks }
    }

    /// Deletes a session with everything that is kept of it. One that goes on is not deleted: whoever is in it would lose
    /// what they say from then on.
    ///
    /// # Errors
    /// [`DeleteError`].
    pub async fn delete(&self, owner: UserId, id: SessionId) -> Result<RemovedBlobs, DeleteError> {
        let this = self.clone();
        let deleting = self
            .tasks
            .spawn(async move { this.delete_now(owner, id).await }.in_current_span());
        deleting.await.unwrap_or_else(|err| Err(err.into()))
    }

    /// Deletes a selection of sessions, a few at once, and says what came of each. When one fails because something does not
    /// answer, those after it are not tried: they would fail as well, and take their time.
    ///
    /// # Errors
    /// [`DeleteError`] when a fault of ours broke it off; what was begun is finished later.
    pub async fn delete_each(
        &self,
        owner: UserId,
        ids: Vec<SessionId>,
    ) -> Result<Vec<(SessionId, Result<RemovedBlobs, DeleteError>)>, DeleteError> {
        let this = self.clone();
        let deleting = async move {
            let is_away = AtomicBool::new(false);
            let deleting = ids.into_iter().map(|id| this.delete_unless(&is_away, owner, id));
            stream::iter(deleting).buffered(AT_ONCE).collect().await
        };
        Ok(self.tasks.spawn(deleting.in_current_span()).await?)
    }

    /// Goes on with what was begun and is not at its end. Called at every start, before anything else brings back what an
    /// earlier process left.
    ///
    /// # Errors
    /// [`RemovalError`] when the storage does not say what was begun. A storage that is not the database's is left alone, which
    /// is logged.
    pub async fn finish_begun(&self) -> Result<FinishedDeletions, RemovalError> {
        match self.pairing().await {
            Ok(_) => Ok(self.finish_each(&mut |_| ()).await?),
            Err(RemovalError::Foreign(err)) => {
                error!(
                    event = "deletion.foreign_storage",
                    error = &err as &dyn std::error::Error,
                    "Deletions that may be begun are not gone on with"
                );
                Ok(FinishedDeletions::default())
            }
            Err(err) => Err(err),
        }
    }

    /// The same in the storage of this database, and tells of each when it is at its end.
    pub(crate) async fn finish_each(
        &self,
        tell_of: &mut (dyn FnMut(SessionId) + Send),
    ) -> Result<FinishedDeletions, BlobError> {
        let mut done = FinishedDeletions::default();
        let mut begun = self.ports.blob_store.list(&BlobKey::of_tombstones());
        while let Some(tombstone) = begun.try_next().await? {
            let Some(id) = tombstone.key.session() else {
                continue;
            };
            match self.finish(id).await {
                Ok(deleted) => {
                    done.finished += 1;
                    tell(id, deleted);
                    tell_of(id);
                }
                Err(err) => {
                    done.failed += 1;
                    warn!(event = "deletion.left_over", session.id = %id, error = &err as &dyn std::error::Error,
                        "What is left of session {id}, which is deleted, stays for now");
                }
            }
        }
        Ok(done)
    }

    /// Tells of each deletion that was begun and is not at its end, and how many these are.
    pub(crate) async fn tell_begun(
        &self,
        tell_of: &mut (dyn FnMut(SessionId) + Send),
    ) -> Result<u64, BlobError> {
        let mut tombstones = self.ports.blob_store.list(&BlobKey::of_tombstones());
        let mut count = 0;
        while let Some(tombstone) = tombstones.try_next().await? {
            if let Some(id) = tombstone.key.session() {
                count += 1;
                tell_of(id);
            }
        }
        Ok(count)
    }

    /// Whether a deletion of this session was begun and is not at its end.
    pub(crate) async fn is_begun(&self, id: SessionId) -> Result<bool, BlobError> {
        let tombstone = self.ports.blob_store.len(&BlobKey::tombstone_of(id)).await?;
        Ok(tombstone.is_some())
    }

    /// One of a selection.
    async fn delete_unless(
        &self,
        is_away: &AtomicBool,
        owner: UserId,
        id: SessionId,
    ) -> (SessionId, Result<RemovedBlobs, DeleteError>) {
        if is_away.load(Ordering::Relaxed) {
            return (id, Err(DeleteError::NotTried(id)));
        }
        let deleted = self.delete_now(owner, id).await;
        if deleted.as_ref().is_err_and(DeleteError::is_failure) {
            is_away.store(true, Ordering::Relaxed);
        }
        (id, deleted)
    }

    async fn delete_now(&self, owner: UserId, id: SessionId) -> Result<RemovedBlobs, DeleteError> {
        match self.ports.session_store.find(owner, id).await? {
            Some(session) if session.state == SessionState::Active => return Err(DeleteError::Active(id)),
            // That it is over is the last that is written of a session, so nothing of it comes from now on.
            Some(_) => self.begin_surely(owner, id).await?,
            // Its rows are gone, and perhaps not all the rest.
            None if self.begun_by(id).await? == Some(owner) => {}
            None => return Err(DeleteError::Unknown(id)),
        }
        let removed = self.remove(Some(owner), id).await;
        let deleted = removed.map_err(|cause| DeleteError::Unfinished { id, cause })?;
        tell(id, deleted);
        Ok(deleted)
    }

    /// Begins it; when that fails, it may have happened all the same, and then the deletion goes on. That nothing has changed
    /// is said only where the storage says so.
    async fn begin_surely(&self, owner: UserId, id: SessionId) -> Result<(), DeleteError> {
        let Err(err) = self.begin(owner, id).await else {
            return Ok(());
        };
        match self.is_begun(id).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(err.into()),
            Err(_) => Err(DeleteError::Unfinished {
                id,
                cause: err.into(),
            }),
        }
    }

    /// Decides: from here on there is no way back.
    async fn begin(&self, owner: UserId, id: SessionId) -> Result<(), BlobError> {
        let owner = Bytes::from(owner.to_string());
        self.ports.blob_store.put(&BlobKey::tombstone_of(id), owner).await
    }

    /// Who began the deletion; `None` when nobody did, or it cannot be read.
    async fn begun_by(&self, id: SessionId) -> Result<Option<UserId>, BlobError> {
        let (store, tombstone) = (&self.ports.blob_store, BlobKey::tombstone_of(id));
        let Some(len) = store.len(&tombstone).await?.filter(|len| *len > 0) else {
            return Ok(None);
        };
        let content = store.read(&tombstone, 0, len).await?;
        let text = content
            .as_deref()
            .and_then(|content| str::from_utf8(content).ok());
        Ok(text.and_then(|text| text.parse().ok()))
    }

    async fn finish(&self, id: SessionId) -> Result<RemovedBlobs, RemovalError> {
        let owner = match self.begun_by(id).await? {
            Some(owner) => Some(owner),
            None => self
                .ports
                .retention_store
                .whose(id)
                .await?
                .map(|session| session.owner),
        };
        self.remove(owner, id).await
    }

    /// Removes everything, the tombstone last. Each step can be done again. The rows come first: what has no row is not
    /// there for anybody.
    async fn remove(&self, owner: Option<UserId>, id: SessionId) -> Result<RemovedBlobs, RemovalError> {
        let ports = &self.ports;
        if let Some(owner) = owner {
            ports.retention_store.delete(owner, id).await?;
            if ports.retention_store.whose(id).await?.is_some() {
                return Err(RemovalError::Active(id));
            }
        }
        ports.turn_journal.remove_session(id).await?;
        let folder = BlobKey::of_session(id);
        ports.audio_spool.remove_below(&folder).await?;
        let deleted = ports.blob_store.delete_below(&folder).await?;
        ports.blob_store.delete(&BlobKey::tombstone_of(id)).await?;
        Ok(deleted)
    }
}

fn tell(id: SessionId, RemovedBlobs { files, bytes }: RemovedBlobs) {
    info!(event = "session.deleted", session.id = %id, blob.count = files, blob.bytes = bytes,
        "Deleted session {id} with {files} files of {bytes} bytes");
}

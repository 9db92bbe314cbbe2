//! What retention does about a session whose rows cannot be read.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use viva_application::deletion::{Deletions, DeletionsPorts};
use viva_application::retention::{Retention, RetentionRun};
use viva_contract::samples::{at, session_id};
use viva_domain::ids::{SessionId, TurnId, UserId};
use viva_domain::ports::{
    BlobKey, EndedSession, KnownSession, KnownStorage, RetentionStore, StoreError, StoreErrorKind,
};
use viva_fakes::{ManualClock, MemorySessionStore, SequentialIds};

use crate::deleting::Kept;

/// A store in which one session's row is damaged.
struct Damaged {
    session: SessionId,
    inner: Arc<MemorySessionStore>,
}

#[async_trait]
impl RetentionStore for Damaged {
    async fn whose(&self, id: SessionId) -> Result<Option<KnownSession>, StoreError> {
        if id == self.session {
            return Err(StoreError {
                kind: StoreErrorKind::Damaged,
                operation: "find a session's owner",
                source: None,
            });
        }
        self.inner.whose(id).await
    }

    async fn unpurged_before(
        &self,
        time: DateTime<Utc>,
        after: Option<&EndedSession>,
        most: u32,
    ) -> Result<Vec<EndedSession>, StoreError> {
        self.inner.unpurged_before(time, after, most).await
    }

    async fn mark_purged(&self, owner: UserId, id: SessionId, at: DateTime<Utc>) -> Result<(), StoreError> {
        self.inner.mark_purged(owner, id, at).await
    }

    async fn delete(&self, owner: UserId, id: SessionId) -> Result<(), StoreError> {
        self.inner.delete(owner, id).await
    }

    async fn forget_recording(&self, owner: UserId, turn: TurnId, key: &BlobKey) -> Result<(), StoreError> {
        self.inner.forget_recording(owner, turn, key).await
    }

    async fn storage(&self) -> Result<Option<KnownStorage>, StoreError> {
        self.inner.storage().await
    }

    async fn keep_storage(&self, storage: KnownStorage) -> Result<(), StoreError> {
        self.inner.keep_storage(storage).await
    }
}

#[tokio::test]
async fn its_files_stay_whatever_they_are_and_keep_no_others() {
    let kept = Kept::nothing();
    kept.blob_store.clock().set(at(0));
    for n in [1, 2] {
        kept.end(n).await;
        // Of a turn that is not there.
        let stray = format!("{}/turn_003_ai.wav", BlobKey::of_session(session_id(n)));
        kept.store(&BlobKey::parse(&stray).unwrap()).await;
    }
    let ports = DeletionsPorts {
        retention_store: Arc::new(Damaged {
            session: session_id(1),
            inner: kept.session_store.clone(),
        }),
        ..kept.ports()
    };
    let clock = Arc::new(ManualClock::new(at(0)));
    clock.advance(Duration::from_hours(2 * 24));
    let deletions = Deletions::new(ports, kept.tasks.clone());
    let retention = Retention::new(deletions, clock, Arc::new(SequentialIds::default()), None);
    retention.adopt().await.unwrap();
    let report = retention.run(RetentionRun::Careful, &mut |_| ()).await.unwrap();
    assert_eq!((report.orphans, report.failed), (1, 0));
    assert_eq!([1, 2].map(|n| kept.files_of(n).len()), [6, 5]);
}

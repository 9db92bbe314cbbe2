use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};
use viva_domain::ids::{SessionId, TurnId, UserId};
use viva_domain::ports::{
    AudioSpool, BlobError, BlobErrorKind, BlobKey, BlobList, BlobStore, EndedSession, KeptEnd, KnownSession,
    KnownStorage, LeftOverAudio, OpenBlob, RemovedBlobs, RetentionStore, SpoolError, SpoolErrorKind,
    SpoolFile, StoreError, StoreErrorKind, TurnJournal,
};
use viva_domain::turns::Turn;

use crate::lock;
use crate::rows::error as store_error;

/// Where a process dies: at its n-th call of a port. Nothing that it calls afterwards happens.
#[derive(Debug, Default)]
pub struct CrashPoint {
    calls: Mutex<Vec<&'static str>>,
    dies: Option<(usize, Crash)>,
}

/// Which part of the last call still happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crash {
    /// Nothing.
    Before,
    /// All of it, but nobody hears of it.
    After,
}

/// A port of a process that dies.
#[derive(Debug)]
pub struct Crashing<P: ?Sized> {
    port: Arc<P>,
    point: Arc<CrashPoint>,
}

impl CrashPoint {
    /// Dies at the call of this number, from 1.
    pub fn at(call: usize, crash: Crash) -> Arc<Self> {
        Arc::new(Self {
            calls: Mutex::default(),
            dies: Some((call, crash)),
        })
    }

    /// Lives.
    pub fn never() -> Arc<Self> {
        Arc::default()
    }

    /// What was called, the last call of the living included.
    pub fn calls(&self) -> Vec<&'static str> {
        lock(&self.calls).clone()
    }

    /// What becomes of the next call: `None` when the process lives on.
    fn next(&self, name: &'static str) -> Option<Crash> {
        let mut calls = lock(&self.calls);
        let (last, crash) = self.dies.unwrap_or((usize::MAX, Crash::Before));
        if calls.len() >= last {
            return Some(Crash::Before);
        }
        calls.push(name);
        (calls.len() == last).then_some(crash)
    }

    async fn call<T, E>(
        &self,
        name: &'static str,
        dead: impl FnOnce(&'static str) -> E,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        match self.next(name) {
            None => call.await,
            Some(Crash::Before) => Err(dead(name)),
            Some(Crash::After) => {
                let _ = call.await;
                Err(dead(name))
            }
        }
    }
}

impl<P: ?Sized> Crashing<P> {
    /// This port, in a process that dies there.
    pub fn new(port: Arc<P>, point: &Arc<CrashPoint>) -> Arc<Self> {
        Arc::new(Self {
            port,
            point: Arc::clone(point),
        })
    }
}

#[async_trait]
impl BlobStore for Crashing<dyn BlobStore> {
    async fn put_file(&self, key: &BlobKey, file: &Path) -> Result<(), BlobError> {
        let call = self.port.put_file(key, file);
        self.point.call("store a file", blob_error, call).await
    }

    async fn put(&self, key: &BlobKey, content: Bytes) -> Result<(), BlobError> {
        let call = self.port.put(key, content);
        self.point.call("store content", blob_error, call).await
    }

    async fn len(&self, key: &BlobKey) -> Result<Option<u64>, BlobError> {
        let call = self.port.len(key);
        self.point.call("measure a file", blob_error, call).await
    }

    async fn open(&self, key: &BlobKey, range: Range<u64>) -> Result<Option<OpenBlob>, BlobError> {
        let call = self.port.open(key, range);
        self.point.call("open a file", blob_error, call).await
    }

    async fn read(&self, key: &BlobKey, start: u64, end: u64) -> Result<Option<Bytes>, BlobError> {
        let call = self.port.read(key, start, end);
        self.point.call("read a file", blob_error, call).await
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        let call = self.port.delete(key);
        self.point.call("delete a file", blob_error, call).await
    }

    async fn delete_all(&self, keys: Vec<BlobKey>) -> Result<(), BlobError> {
        for key in keys {
            self.delete(&key).await?;
        }
        Ok(())
    }

    /// One file after the other, since a process can die between any two.
    async fn delete_below(&self, folder: &BlobKey) -> Result<RemovedBlobs, BlobError> {
        let mut removed = RemovedBlobs::default();
        let mut files = self.list(folder);
        while let Some(file) = files.try_next().await? {
            self.delete(&file.key).await?;
            removed.files += 1;
            removed.bytes += file.len;
        }
        let rest = self.port.delete_below(folder);
        self.point.call("delete what is below", blob_error, rest).await?;
        Ok(removed)
    }

    fn list(&self, folder: &BlobKey) -> BlobList {
        const NAME: &str = "list files";
        match self.point.next(NAME) {
            None => self.port.list(folder),
            Some(_) => stream::iter([Err(blob_error(NAME))]).boxed(),
        }
    }

    async fn ping(&self) -> Result<(), BlobError> {
        let call = self.port.ping();
        self.point.call("ask the storage", blob_error, call).await
    }
}

#[async_trait]
impl RetentionStore for Crashing<dyn RetentionStore> {
    async fn whose(&self, id: SessionId) -> Result<Option<KnownSession>, StoreError> {
        let call = self.port.whose(id);
        self.point.call("find the owner", away, call).await
    }

    async fn unpurged_before(
        &self,
        time: DateTime<Utc>,
        after: Option<&EndedSession>,
        most: u32,
    ) -> Result<Vec<EndedSession>, StoreError> {
        let call = self.port.unpurged_before(time, after, most);
        self.point.call("list sessions with recordings", away, call).await
    }

    async fn mark_purged(&self, owner: UserId, id: SessionId, at: DateTime<Utc>) -> Result<(), StoreError> {
        let call = self.port.mark_purged(owner, id, at);
        self.point.call("mark as purged", away, call).await
    }

    async fn delete(&self, owner: UserId, id: SessionId) -> Result<(), StoreError> {
        let call = self.port.delete(owner, id);
        self.point.call("delete rows", away, call).await
    }

    async fn forget_recording(&self, owner: UserId, turn: TurnId, key: &BlobKey) -> Result<(), StoreError> {
        let call = self.port.forget_recording(owner, turn, key);
        self.point.call("forget a recording", away, call).await
    }

    async fn storage(&self) -> Result<Option<KnownStorage>, StoreError> {
        let call = self.port.storage();
        self.point.call("find the storage's id", away, call).await
    }

    async fn keep_storage(&self, storage: KnownStorage) -> Result<(), StoreError> {
        let call = self.port.keep_storage(storage);
        self.point.call("keep the storage's id", away, call).await
    }
}

#[async_trait]
impl AudioSpool for Crashing<dyn AudioSpool> {
    async fn create(&self, key: &BlobKey, sample_rate: u32) -> Result<Box<dyn SpoolFile>, SpoolError> {
        let call = self.port.create(key, sample_rate);
        self.point.call("begin a recording", spool_error, call).await
    }

    async fn left_over(&self) -> Result<Vec<LeftOverAudio>, SpoolError> {
        let call = self.port.left_over();
        self.point.call("read the spool", spool_error, call).await
    }

    async fn remove(&self, key: &BlobKey) -> Result<(), SpoolError> {
        let call = self.port.remove(key);
        self.point.call("empty the spool", spool_error, call).await
    }

    async fn contains(&self, key: &BlobKey) -> Result<bool, SpoolError> {
        let call = self.port.contains(key);
        self.point.call("look into the spool", spool_error, call).await
    }

    async fn remove_below(&self, folder: &BlobKey) -> Result<(), SpoolError> {
        let call = self.port.remove_below(folder);
        self.point.call("empty the spool", spool_error, call).await
    }
}

#[async_trait]
impl TurnJournal for Crashing<dyn TurnJournal> {
    async fn keep(&self, owner: UserId, turn: &Turn) -> Result<(), SpoolError> {
        let call = self.port.keep(owner, turn);
        self.point.call("write into the journal", spool_error, call).await
    }

    async fn kept_after(&self, after: Option<TurnId>) -> Result<Vec<(UserId, Turn)>, SpoolError> {
        let call = self.port.kept_after(after);
        self.point.call("read the journal", spool_error, call).await
    }

    async fn remove(&self, turn: &Turn) -> Result<(), SpoolError> {
        let call = self.port.remove(turn);
        self.point.call("empty the journal", spool_error, call).await
    }

    async fn keep_end(&self, end: KeptEnd) -> Result<(), SpoolError> {
        let call = self.port.keep_end(end);
        self.point.call("write into the journal", spool_error, call).await
    }

    async fn ends_after(&self, after: Option<SessionId>) -> Result<Vec<KeptEnd>, SpoolError> {
        let call = self.port.ends_after(after);
        self.point.call("read the journal", spool_error, call).await
    }

    async fn remove_end(&self, session: SessionId) -> Result<(), SpoolError> {
        let call = self.port.remove_end(session);
        self.point.call("empty the journal", spool_error, call).await
    }

    async fn has_session(&self, session: SessionId) -> Result<bool, SpoolError> {
        let call = self.port.has_session(session);
        self.point.call("look into the journal", spool_error, call).await
    }

    async fn remove_session(&self, session: SessionId) -> Result<(), SpoolError> {
        let call = self.port.remove_session(session);
        self.point.call("empty the journal", spool_error, call).await
    }
}

fn blob_error(operation: &'static str) -> BlobError {
    BlobError {
        kind: BlobErrorKind::Unavailable,
        operation: operation.to_owned(),
        source: None,
    }
}

fn spool_error(operation: &'static str) -> SpoolError {
    SpoolError {
        kind: SpoolErrorKind::Unavailable,
        operation,
        source: None,
    }
}

fn away(operation: &'static str) -> StoreError {
    store_error(StoreErrorKind::Unavailable, operation)
}

#[cfg(test)]
mod tests {
    use viva_contract::blob_store_contract;

    use super::*;
    use crate::MemoryBlobStore;

    async fn alive(case: impl AsyncFnOnce(&dyn BlobStore)) {
        let store: Arc<dyn BlobStore> = Arc::new(MemoryBlobStore::default());
        case(&*Crashing::new(store, &CrashPoint::never())).await;
    }

    blob_store_contract!(alive);

    #[tokio::test]
    async fn the_last_call_happens_or_not_and_nothing_does_afterwards() {
        for (crash, expected) in [(Crash::Before, 1), (Crash::After, 2)] {
            let memory = Arc::new(MemoryBlobStore::default());
            let point = CrashPoint::at(2, crash);
            let store = Crashing::<dyn BlobStore>::new(memory.clone(), &point);
            let put = async |name| store.put(&BlobKey::parse(name).unwrap(), Bytes::new()).await;
            put("a").await.unwrap();
            for name in ["b", "c"] {
                put(name).await.unwrap_err();
            }
            assert_eq!(memory.keys().len(), expected, "{crash:?}");
            assert_eq!(point.calls(), ["store content"; 2]);
        }
    }
}

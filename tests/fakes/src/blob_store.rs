use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, stream};
use viva_domain::ports::{
    BlobError, BlobErrorKind, BlobKey, BlobList, BlobStore, Clock as _, RemovedBlobs, StoredBlob,
};

use crate::{FaultSwitch, ManualClock, MemoryAudioSpool, lock};

/// Keeps finished files in memory.
#[derive(Debug, Default)]
pub struct MemoryBlobStore {
    spool: MemoryAudioSpool,
    blobs: Mutex<BTreeMap<BlobKey, Blob>>,
    clock: ManualClock,
    faults: FaultSwitch<BlobErrorKind>,
    bytes_read: AtomicU64,
}

#[derive(Debug)]
struct Blob {
    content: Bytes,
    modified: DateTime<Utc>,
}

impl MemoryBlobStore {
    /// A store that takes files from this spool, and from the disk those that are not in it.
    pub fn new(spool: MemoryAudioSpool) -> Self {
        Self {
            spool,
            ..Self::default()
        }
    }

    /// Makes every call fail, as when the disk is full.
    pub fn faults(&self) -> &FaultSwitch<BlobErrorKind> {
        &self.faults
    }

    /// The clock of the storage, which stamps what is stored.
    pub fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// The keys of everything that is stored.
    pub fn keys(&self) -> Vec<BlobKey> {
        lock(&self.blobs).keys().cloned().collect()
    }

    /// How much was read of all files together.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }

    fn check(&self, operation: &str, key: &BlobKey) -> Result<(), BlobError> {
        self.faults.check().map_err(|kind| error(kind, operation, key))
    }

    fn keep(&self, key: &BlobKey, content: Bytes) {
        let modified = self.clock.now();
        lock(&self.blobs).insert(key.clone(), Blob { content, modified });
    }
}

#[async_trait]
impl BlobStore for MemoryBlobStore {
    async fn put_file(&self, key: &BlobKey, file: &Path) -> Result<(), BlobError> {
        self.check("put", key)?;
        let content = match self.spool.wav(file) {
            Some(wav) => wav,
            None => tokio::fs::read(file)
                .await
                .map_err(|err| BlobError {
                    source: Some(err.into()),
                    ..error(BlobErrorKind::Unavailable, "put", key)
                })?
                .into(),
        };
        self.keep(key, content);
        Ok(())
    }

    async fn put(&self, key: &BlobKey, content: Bytes) -> Result<(), BlobError> {
        self.check("put", key)?;
        self.keep(key, content);
        Ok(())
    }

    async fn len(&self, key: &BlobKey) -> Result<Option<u64>, BlobError> {
        self.check("measure", key)?;
        Ok(lock(&self.blobs).get(key).map(|blob| blob.content.len() as u64))
    }

    async fn read(&self, key: &BlobKey, start: u64, end: u64) -> Result<Option<Bytes>, BlobError> {
        self.check("read", key)?;
        let blobs = lock(&self.blobs);
        let Some(Blob { content: blob, .. }) = blobs.get(key) else {
            return Ok(None);
        };
        if start >= end || end > blob.len() as u64 {
            return Err(error(BlobErrorKind::Range, "read", key));
        }
        self.bytes_read.fetch_add(end - start, Ordering::Relaxed);
        let at = |position: u64| usize::try_from(position).unwrap_or(usize::MAX);
        Ok(Some(blob.slice(at(start)..at(end))))
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        self.check("delete", key)?;
        lock(&self.blobs).remove(key);
        Ok(())
    }

    async fn delete_all(&self, keys: Vec<BlobKey>) -> Result<(), BlobError> {
        for key in keys {
            self.delete(&key).await?;
        }
        Ok(())
    }

    async fn delete_below(&self, folder: &BlobKey) -> Result<RemovedBlobs, BlobError> {
        self.check("delete what is below", folder)?;
        let mut removed = RemovedBlobs::default();
        lock(&self.blobs).retain(|key, blob| {
            if key.is_below(folder) {
                removed.files += 1;
                removed.bytes += blob.content.len() as u64;
            }
            !key.is_below(folder)
        });
        Ok(removed)
    }

    fn list(&self, folder: &BlobKey) -> BlobList {
        if let Err(err) = self.check("list", folder) {
            return stream::iter([Err(err)]).boxed();
        }
        let blobs = lock(&self.blobs);
        let found = blobs.iter().filter(|(key, _)| key.is_below(folder));
        let found = found.map(|(key, blob)| {
            Ok(StoredBlob {
                key: key.clone(),
                len: blob.content.len() as u64,
                modified: blob.modified,
            })
        });
        stream::iter(found.collect::<Vec<_>>()).boxed()
    }

    async fn ping(&self) -> Result<(), BlobError> {
        self.faults.check().map_err(|kind| BlobError {
            kind,
            operation: "ping".to_owned(),
            source: None,
        })
    }
}

fn error(kind: BlobErrorKind, operation: &str, key: &BlobKey) -> BlobError {
    BlobError {
        kind,
        operation: format!("{operation} {key}"),
        source: None,
    }
}

#[cfg(test)]
mod tests {
    use viva_contract::blob_store_contract;
    use viva_domain::ports::AudioSpool;

    use super::*;

    async fn memory(case: impl AsyncFnOnce(&dyn BlobStore)) {
        case(&MemoryBlobStore::default()).await;
    }

    blob_store_contract!(memory);

    #[tokio::test]
    async fn what_the_spool_recorded_is_stored_as_wav() {
        let spool = MemoryAudioSpool::default();
        let store = MemoryBlobStore::new(spool.clone());
        let key = BlobKey::parse("interactions/a/turn_001_user.wav").unwrap();
        let mut file = spool.create(&key, 16_000).await.unwrap();
        file.append(&[1, -1]).await.unwrap();
        let audio = file.finish().await.unwrap();
        store.put_file(&key, &audio.path).await.unwrap();
        assert_eq!(store.len(&key).await.unwrap(), Some(48));
        let tail = store.read(&key, 44, 48).await.unwrap();
        assert_eq!(tail.as_deref(), Some(&[1, 0, 255, 255][..]));
    }
}

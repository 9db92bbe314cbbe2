//! Finished recordings, through `object_store`: in a local folder, or in a bucket of S3 or of what speaks as it does.

mod s3;
#[cfg(test)]
pub(crate) mod testing;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{
    Error as ObjectError, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt, PutPayload,
};
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tracing::instrument;
use viva_domain::ports::{
    BlobError, BlobErrorKind, BlobKey, BlobList, BlobStore, RemovedBlobs, Source, StoredBlob,
};

use crate::disk;

pub use self::s3::S3Config;

/// Files are sent in parts of this many bytes: the smallest that S3-compatible stores take is 5 MiB.
const PART: usize = 5 * 1024 * 1024;
/// So many files are removed with one request where the store can do that.
const AT_ONCE: usize = 1_000;

/// Keeps finished files in an object store.
#[derive(Debug, Clone)]
pub struct ObjectBlobStore {
    store: Arc<dyn ObjectStore>,
    /// The same, for files: nobody waits for these.
    uploads: Arc<dyn ObjectStore>,
    /// Where the store is a local folder.
    folder: Option<Arc<Path>>,
}

impl ObjectBlobStore {
    /// A store in this local folder, which is created when it is missing. A file is on the disk before it is visible.
    ///
    /// # Errors
    /// [`BlobError`] when the folder cannot be created or written; its source names the folder.
    pub async fn open_folder(folder: impl Into<PathBuf>) -> Result<Self, BlobError> {
        let folder = folder.into();
        let operation = || "open the folder".to_owned();
        let path = folder.clone();
        let opened = tokio::task::spawn_blocking(move || {
            disk::prepare_folder(&path)?;
            LocalFileSystem::new_with_prefix(&path).map_err(io::Error::other)
        });
        match opened.await {
            Ok(Ok(store)) => {
                let store = Arc::new(store.with_fsync(true).with_automatic_cleanup(true));
                Ok(Self {
                    uploads: store.clone(),
                    store,
                    folder: Some(folder.into()),
                })
            }
            Ok(Err(err)) => Err(failed(operation(), err)),
            Err(err) => Err(failed(operation(), err)),
        }
    }

    /// A store in a bucket, which has to be there. A file is stored before it is visible.
    ///
    /// # Errors
    /// [`BlobError`] when the bucket cannot be written, or there is not all that is needed to try.
    pub async fn open_bucket(config: &S3Config) -> Result<Self, BlobError> {
        let failed = |err: ObjectError| failed(format!("open the bucket {}", config.bucket), err);
        let store = Arc::new(s3::store(config, s3::Limits::WAITED_FOR).map_err(failed)?);
        let uploads = Arc::new(s3::store(config, s3::Limits::UPLOADS).map_err(failed)?);
        s3::probe(&*store).await.map_err(failed)?;
        Ok(Self {
            store,
            uploads,
            folder: None,
        })
    }

    async fn upload(&self, path: &ObjectPath, mut file: File) -> Result<(), Source> {
        let first = read_part(&mut file).await?;
        if first.len() < PART {
            self.uploads.put(path, first.into()).await?;
            return Ok(());
        }
        let mut upload = self.uploads.put_multipart(path).await?;
        let sent = send_parts(&mut *upload, first, &mut file).await;
        if sent.is_err() {
            // The failure that counts is the first one.
            let _ = upload.abort().await;
        }
        sent
    }

    /// Removes what is stored under these names; a bucket takes many of them with one request.
    async fn delete_paths(&self, paths: Vec<ObjectPath>) -> Result<(), ObjectError> {
        let mut deleted = self
            .store
            .delete_stream(stream::iter(paths.into_iter().map(Ok)).boxed());
        while let Some(deleted) = deleted.next().await {
            found(deleted)?;
        }
        Ok(())
    }

    /// Removes what is left of a local folder: files that were being written when a process died have names that are not
    /// listed.
    async fn delete_folder(&self, folder: &BlobKey) -> io::Result<()> {
        let Some(root) = &self.folder else {
            return Ok(());
        };
        let path = root.join(folder.as_str());
        match tokio::fs::remove_dir_all(&path).await {
            Err(err) if err.kind() != io::ErrorKind::NotFound => Err(disk::at_path(&path)(err)),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl BlobStore for ObjectBlobStore {
    #[instrument(name = "blobs.put", skip_all, fields(blob.key = %key))]
    async fn put_file(&self, key: &BlobKey, file: &Path) -> Result<(), BlobError> {
        let operation = || format!("put {key}");
        let source = File::open(file)
            .await
            .map_err(|err| failed(operation(), disk::at_path(file)(err)))?;
        self.upload(&path_of(key), source)
            .await
            .map_err(|err| failed(operation(), err))
    }

    #[instrument(name = "blobs.put", skip_all, fields(blob.key = %key))]
    async fn put(&self, key: &BlobKey, content: Bytes) -> Result<(), BlobError> {
        let put = self.store.put(&path_of(key), content.into()).await;
        put.map(|_| ()).map_err(|err| failed(format!("put {key}"), err))
    }

    #[instrument(name = "blobs.len", skip_all, fields(blob.key = %key))]
    async fn len(&self, key: &BlobKey) -> Result<Option<u64>, BlobError> {
        let found = found(self.store.head(&path_of(key)).await);
        found
            .map(|meta| meta.map(|meta| meta.size))
            .map_err(|err| failed(format!("measure {key}"), err))
    }

    #[instrument(name = "blobs.read", skip_all, fields(blob.key = %key))]
    async fn read(&self, key: &BlobKey, start: u64, end: u64) -> Result<Option<Bytes>, BlobError> {
        // The library clips ranges instead of refusing them.
        let Some(len) = self.len(key).await? else {
            return Ok(None);
        };
        let operation = || format!("read {key}");
        if start >= end || end > len {
            return Err(BlobError {
                kind: BlobErrorKind::Range,
                operation: operation(),
                source: None,
            });
        }
        found(self.store.get_range(&path_of(key), start..end).await).map_err(|err| failed(operation(), err))
    }

    #[instrument(name = "blobs.delete", skip_all, fields(blob.key = %key))]
    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        let deleted = found(self.store.delete(&path_of(key)).await);
        deleted
            .map(|_| ())
            .map_err(|err| failed(format!("delete {key}"), err))
    }

    #[instrument(name = "blobs.delete_all", skip_all, fields(blob.count = keys.len()))]
    async fn delete_all(&self, keys: Vec<BlobKey>) -> Result<(), BlobError> {
        let paths = keys.iter().map(path_of).collect();
        let deleted = self.delete_paths(paths).await;
        deleted.map_err(|err| failed(format!("delete {} files", keys.len()), err))
    }

    #[instrument(name = "blobs.delete_below", skip_all, fields(blob.folder = %folder))]
    async fn delete_below(&self, folder: &BlobKey) -> Result<RemovedBlobs, BlobError> {
        let operation = || format!("delete {folder}");
        let mut removed = RemovedBlobs::default();
        let listed = self.store.list(Some(&path_of(folder)));
        let mut some = listed.try_chunks(AT_ONCE);
        while let Some(files) = some.next().await {
            let files = files.map_err(|err| failed(operation(), err.1))?;
            removed.files += files.len() as u64;
            removed.bytes += files.iter().map(|file| file.size).sum::<u64>();
            let paths = files.into_iter().map(|file| file.location).collect();
            let deleted = self.delete_paths(paths).await;
            deleted.map_err(|err| failed(operation(), err))?;
        }
        let left = self.delete_folder(folder).await;
        left.map_err(|err| failed(operation(), err))?;
        Ok(removed)
    }

    fn list(&self, folder: &BlobKey) -> BlobList {
        let folder = folder.clone();
        let found = self.store.list(Some(&path_of(&folder)));
        let listed = found.filter_map(move |found| {
            let listed = match found {
                Ok(meta) => stored(&meta).map(Ok),
                Err(err) => Some(Err(failed(format!("list {folder}"), err))),
            };
            std::future::ready(listed)
        });
        listed.boxed()
    }

    #[instrument(level = "debug", name = "blobs.ping", skip_all)]
    async fn ping(&self) -> Result<(), BlobError> {
        const OPERATION: &str = "ping";
        let Some(folder) = self.folder.clone() else {
            // Nearly always empty: a short answer.
            let first = self.list(&BlobKey::of_tombstones()).next().await;
            return first.transpose().map(|_| ());
        };
        let written = disk::blocking(OPERATION, move || disk::check_folder(&folder)).await;
        written.map_err(|err| failed(OPERATION.to_owned(), err))
    }
}

/// `None` for what has a name that is no key.
fn stored(meta: &ObjectMeta) -> Option<StoredBlob> {
    Some(StoredBlob {
        key: BlobKey::parse(meta.location.as_ref()).ok()?,
        len: meta.size,
        modified: meta.last_modified,
    })
}

async fn send_parts(upload: &mut dyn MultipartUpload, first: Bytes, file: &mut File) -> Result<(), Source> {
    let mut part = first;
    while !part.is_empty() {
        upload.put_part(PutPayload::from(part)).await?;
        part = read_part(file).await?;
    }
    upload.complete().await?;
    Ok(())
}

/// The next part; shorter than [`PART`] only at the end of the file.
async fn read_part(file: &mut File) -> io::Result<Bytes> {
    let mut part = BytesMut::with_capacity(PART);
    while part.len() < PART {
        let room = PART - part.len();
        if (&mut *file).take(room as u64).read_buf(&mut part).await? == 0 {
            break;
        }
    }
    Ok(part.freeze())
}

/// A [`BlobKey`] is stricter than the library's paths, so nothing is escaped and the path is the key.
fn path_of(key: &BlobKey) -> ObjectPath {
    ObjectPath::from(key.as_str())
}

fn found<T>(res: Result<T, ObjectError>) -> Result<Option<T>, ObjectError> {
    match res {
        Ok(value) => Ok(Some(value)),
        Err(ObjectError::NotFound { .. }) => Ok(None),
        Err(err) => Err(err),
    }
}

fn failed(operation: String, err: impl Into<Source>) -> BlobError {
    let source = err.into();
    let kind = if disk::is_full(&*source) {
        BlobErrorKind::Full
    } else {
        BlobErrorKind::Unavailable
    };
    BlobError {
        kind,
        operation,
        source: Some(source),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use viva_contract::blob_store_contract;

    use super::*;

    async fn local_folder(case: impl AsyncFnOnce(&dyn BlobStore)) {
        let place = tempfile::tempdir().unwrap();
        let store = ObjectBlobStore::open_folder(place.path().join("blobs")).await;
        case(&store.unwrap()).await;
        let left: Vec<String> = files_below(place.path());
        assert!(
            left.iter().all(|name| !name.contains('#')),
            "unfinished: {left:?}"
        );
    }

    blob_store_contract!(local_folder);

    fn files_below(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let names = entries.flat_map(|path| {
            if path.is_dir() {
                files_below(&path)
            } else {
                vec![path.to_string_lossy().into_owned()]
            }
        });
        names.collect()
    }

    fn key(raw: &str) -> BlobKey {
        BlobKey::parse(raw).unwrap()
    }

    #[tokio::test]
    async fn the_path_is_the_key() {
        let place = tempfile::tempdir().unwrap();
        let source = place.path().join("source");
        fs::write(&source, "sound").unwrap();
        let store = ObjectBlobStore::open_folder(place.path().join("new/blobs"))
            .await
            .unwrap();
        let name = "interactions/0199a6a4-0000-7000-8000-000000000001/turn_001_user.wav";
        store.put_file(&key(name), &source).await.unwrap();
        let stored = place.path().join("new/blobs").join(name);
        assert_eq!(fs::read_to_string(stored).unwrap(), "sound");
    }

    #[tokio::test]
    async fn what_a_process_left_that_died_while_it_stored_goes_with_its_folder() {
        let place = tempfile::tempdir().unwrap();
        let store = ObjectBlobStore::open_folder(place.path()).await.unwrap();
        store.put(&key("a/b/1.wav"), "sound".into()).await.unwrap();
        fs::write(place.path().join("a/b/1.wav#1"), "so").unwrap();
        fs::create_dir_all(place.path().join("a/c")).unwrap();
        fs::write(place.path().join("a/c/2.wav#1"), "so").unwrap();
        let removed = store.delete_below(&key("a/b")).await.unwrap();
        assert_eq!((removed.files, removed.bytes), (1, 5));
        assert!(!place.path().join("a/b").exists());
        assert!(place.path().join("a/c/2.wav#1").exists(), "that of another one");
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_written_is_unavailable_and_named() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("file"), "").unwrap();
        let folder = place.path().join("file/blobs");
        let err = ObjectBlobStore::open_folder(&folder).await.unwrap_err();
        assert_eq!(err.kind, BlobErrorKind::Unavailable);
        let source = err.source.unwrap().to_string();
        assert!(source.contains(&*folder.to_string_lossy()), "{source}");
    }

    #[tokio::test]
    async fn a_folder_that_disappears_is_unavailable_until_it_is_back() {
        let place = tempfile::tempdir().unwrap();
        let (root, source) = (place.path().join("blobs"), place.path().join("source"));
        fs::write(&source, "sound").unwrap();
        let store = ObjectBlobStore::open_folder(&root).await.unwrap();
        fs::remove_dir(&root).unwrap();
        fs::write(&root, "in the way").unwrap();
        let err = store.put_file(&key("a/b.wav"), &source).await.unwrap_err();
        assert_eq!(err.kind, BlobErrorKind::Unavailable);
        fs::remove_file(&root).unwrap();
        store.put_file(&key("a/b.wav"), &source).await.unwrap();
        assert_eq!(store.len(&key("a/b.wav")).await.unwrap(), Some(5));
    }

    #[tokio::test]
    async fn a_ping_notices_that_the_folder_is_gone_and_does_not_make_it_anew() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("blobs");
        let store = ObjectBlobStore::open_folder(&root).await.unwrap();
        store.ping().await.unwrap();
        assert_eq!(files_below(&root), Vec::<String>::new());
        fs::remove_dir(&root).unwrap();
        assert_eq!(store.ping().await.unwrap_err().kind, BlobErrorKind::Unavailable);
        assert!(!root.exists());
        fs::create_dir(&root).unwrap();
        store.ping().await.unwrap();
    }

    #[test]
    fn a_full_disk_is_full() {
        let full = ObjectError::Generic {
            store: "LocalFileSystem",
            source: Box::new(io::Error::from(io::ErrorKind::StorageFull)),
        };
        assert_eq!(failed("put a".to_owned(), full).kind, BlobErrorKind::Full);
    }
}

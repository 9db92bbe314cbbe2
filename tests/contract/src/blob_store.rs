//! What every [`BlobStore`] must do.

use std::path::PathBuf;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use tempfile::TempDir;
use viva_domain::ports::{BlobErrorKind, BlobKey, BlobStore};

/// Runs the suite; the factory is `async fn(impl AsyncFnOnce(&dyn BlobStore))`.
#[macro_export]
macro_rules! blob_store_contract {
    ($factory:ident) => {
        $crate::contract_cases!(blob_store, $factory:
            stored_files_are_read_back,
            parts_are_read,
            ranges_outside_the_file_are_refused,
            large_files_survive,
            empty_files_are_stored,
            storing_again_replaces,
            unknown_files_are_absent,
            deleted_files_are_gone,
            a_missing_source_changes_nothing,
            names_do_not_mix,
            content_is_stored_without_a_file,
            files_of_a_folder_are_listed_with_their_lengths,
            a_folder_that_is_not_there_is_empty,
            files_of_one_folder_are_listed_together,
            listed_files_can_be_deleted_meanwhile,
            a_ping_is_answered,
            many_files_are_deleted_at_once,
            what_is_below_a_folder_is_deleted_and_counted,
        );
    };
}

pub async fn a_ping_is_answered(store: &dyn BlobStore) {
    store.ping().await.unwrap();
    assert!(store.list(&key("a")).next().await.is_none());
}

pub async fn stored_files_are_read_back(store: &dyn BlobStore) {
    let source = Source::of(b"sound");
    store.put_file(&key("a/b.wav"), &source.path).await.unwrap();
    assert_eq!(whole(store, "a/b.wav").await, b"sound");
    assert_eq!(std::fs::read(&source.path).unwrap(), b"sound");
}

pub async fn parts_are_read(store: &dyn BlobStore) {
    put(store, "a.wav", b"0123456789").await;
    for (start, end, expected) in [(0, 1, "0"), (3, 7, "3456"), (9, 10, "9"), (0, 10, "0123456789")] {
        let part = store.read(&key("a.wav"), start, end).await.unwrap().unwrap();
        assert_eq!(part, expected.as_bytes());
    }
}

pub async fn ranges_outside_the_file_are_refused(store: &dyn BlobStore) {
    put(store, "a.wav", b"0123456789").await;
    for (start, end) in [
        (0, 11),
        (10, 11),
        (5, 5),
        (6, 5),
        (0, 0),
        (0, u64::MAX),
        (u64::MAX, 1),
    ] {
        let err = store.read(&key("a.wav"), start, end).await.unwrap_err();
        assert_eq!(err.kind, BlobErrorKind::Range, "{start}..{end}");
    }
}

pub async fn large_files_survive(store: &dyn BlobStore) {
    const LEN: u64 = 23 * 1024 * 1024 + 1;
    let pattern = |at: u64| (at % 251).to_le_bytes()[0];
    let content: Vec<u8> = (0..LEN).map(pattern).collect();
    put(store, "large.wav", &content).await;
    assert_eq!(store.len(&key("large.wav")).await.unwrap(), Some(LEN));
    assert!(whole(store, "large.wav").await == content, "the content changed");
}

pub async fn empty_files_are_stored(store: &dyn BlobStore) {
    put(store, "empty.wav", b"").await;
    assert_eq!(store.len(&key("empty.wav")).await.unwrap(), Some(0));
    let err = store.read(&key("empty.wav"), 0, 1).await.unwrap_err();
    assert_eq!(err.kind, BlobErrorKind::Range);
}

pub async fn storing_again_replaces(store: &dyn BlobStore) {
    put(store, "a.wav", b"a longer text").await;
    put(store, "a.wav", b"short").await;
    assert_eq!(whole(store, "a.wav").await, b"short");
}

pub async fn unknown_files_are_absent(store: &dyn BlobStore) {
    let unknown = key("no/such.wav");
    assert_eq!(store.len(&unknown).await.unwrap(), None);
    assert_eq!(store.read(&unknown, 0, 1).await.unwrap(), None);
    store.delete(&unknown).await.unwrap();
}

pub async fn deleted_files_are_gone(store: &dyn BlobStore) {
    put(store, "a/b.wav", b"sound").await;
    store.delete(&key("a/b.wav")).await.unwrap();
    assert_eq!(store.len(&key("a/b.wav")).await.unwrap(), None);
    put(store, "a/b.wav", b"again").await;
    assert_eq!(whole(store, "a/b.wav").await, b"again");
}

pub async fn a_missing_source_changes_nothing(store: &dyn BlobStore) {
    put(store, "a.wav", b"sound").await;
    let nowhere = Source::of(b"").path.with_file_name("missing");
    let err = store.put_file(&key("a.wav"), &nowhere).await.unwrap_err();
    assert_eq!(err.kind, BlobErrorKind::Unavailable);
    assert_eq!(whole(store, "a.wav").await, b"sound");
    store.put_file(&key("b.wav"), &nowhere).await.unwrap_err();
    assert_eq!(store.len(&key("b.wav")).await.unwrap(), None);
}

pub async fn names_do_not_mix(store: &dyn BlobStore) {
    let names = ["a/x.wav", "b/x.wav", "a/X.wav2", "a/x.wav.bak", "x-1_2.wav"];
    for name in names {
        put(store, name, name.as_bytes()).await;
    }
    store.delete(&key("a/x.wav")).await.unwrap();
    for name in &names[1..] {
        assert_eq!(whole(store, name).await, name.as_bytes());
    }
}

pub async fn content_is_stored_without_a_file(store: &dyn BlobStore) {
    for content in [b"first and longer".as_slice(), b"second", b""] {
        store
            .put(&key("a/note"), Bytes::copy_from_slice(content))
            .await
            .unwrap();
        assert_eq!(
            store.len(&key("a/note")).await.unwrap(),
            Some(content.len() as u64)
        );
    }
    put_bytes(store, "a/note", b"third").await;
    assert_eq!(whole(store, "a/note").await, b"third");
}

pub async fn files_of_a_folder_are_listed_with_their_lengths(store: &dyn BlobStore) {
    for (name, len) in [
        ("a/1.wav", 3),
        ("a/2.wav", 0),
        ("a/deep/3.wav", 5),
        ("b/1.wav", 7),
        ("ab/1.wav", 9),
        ("a.wav", 9),
    ] {
        put_bytes(store, name, &vec![1; len]).await;
    }
    let expected = [("a/1.wav", 3), ("a/2.wav", 0), ("a/deep/3.wav", 5)];
    let expected = expected.map(|(name, len)| (name.to_owned(), len));
    assert_eq!(listed(store, "a").await, expected);
    assert_eq!(listed(store, "a/deep").await, [("a/deep/3.wav".to_owned(), 5)]);
    let first: Vec<_> = store.list(&key("b")).try_collect().await.unwrap();
    put_bytes(store, "b/2.wav", b"later").await;
    let both: Vec<_> = store.list(&key("b")).try_collect().await.unwrap();
    let second = both.iter().find(|file| file.key == key("b/2.wav")).unwrap();
    assert!(first[0].modified <= second.modified, "{both:?}");
}

pub async fn a_folder_that_is_not_there_is_empty(store: &dyn BlobStore) {
    assert_eq!(listed(store, "nowhere").await, []);
    put_bytes(store, "a/1.wav", b"sound").await;
    store.delete(&key("a/1.wav")).await.unwrap();
    assert_eq!(listed(store, "a").await, []);
}

pub async fn files_of_one_folder_are_listed_together(store: &dyn BlobStore) {
    for file in ["1.wav", "2.wav", "3.wav"] {
        for folder in ["c", "a", "b"] {
            put_bytes(store, &format!("all/{folder}/{file}"), b"sound").await;
        }
    }
    let files: Vec<_> = store.list(&key("all")).try_collect().await.unwrap();
    let mut folders: Vec<&str> = files
        .iter()
        .map(|file| file.key.as_str().rsplit_once('/').unwrap().0)
        .collect();
    assert_eq!(folders.len(), 9);
    folders.dedup();
    assert_eq!(folders.len(), 3, "{folders:?}");
}

pub async fn many_files_are_deleted_at_once(store: &dyn BlobStore) {
    let names: Vec<String> = (0..30).map(|n| format!("a/{n}.wav")).collect();
    for name in &names {
        put_bytes(store, name, b"sound").await;
    }
    let keys = names[1..]
        .iter()
        .map(|name| key(name))
        .chain([key("no/such.wav")]);
    store.delete_all(keys.collect()).await.unwrap();
    assert_eq!(listed(store, "a").await, [("a/0.wav".to_owned(), 5)]);
    store.delete_all(Vec::new()).await.unwrap();
}

pub async fn what_is_below_a_folder_is_deleted_and_counted(store: &dyn BlobStore) {
    for name in ["a/b/1.wav", "a/b/deep/2.wav", "a/b.wav", "a/bc/1.wav"] {
        put_bytes(store, name, b"sound").await;
    }
    for (files, bytes) in [(2, 10), (0, 0)] {
        let removed = store.delete_below(&key("a/b")).await.unwrap();
        assert_eq!((removed.files, removed.bytes), (files, bytes));
        let left = listed(store, "a").await;
        let left: Vec<&str> = left.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(left, ["a/b.wav", "a/bc/1.wav"]);
    }
    put_bytes(store, "a/b/1.wav", b"again").await;
    assert_eq!(whole(store, "a/b/1.wav").await, b"again");
}

pub async fn listed_files_can_be_deleted_meanwhile(store: &dyn BlobStore) {
    for n in 0..20 {
        put_bytes(store, &format!("a/b/{n}"), b"sound").await;
    }
    let mut files = store.list(&key("a"));
    while let Some(file) = files.next().await {
        store.delete(&file.unwrap().key).await.unwrap();
    }
    assert_eq!(listed(store, "a").await, []);
}

/// Names and lengths, in order.
async fn listed(store: &dyn BlobStore, folder: &str) -> Vec<(String, u64)> {
    let files: Vec<_> = store.list(&key(folder)).try_collect().await.unwrap();
    let mut files: Vec<_> = files
        .into_iter()
        .map(|file| (file.key.as_str().to_owned(), file.len))
        .collect();
    files.sort();
    files
}

async fn put_bytes(store: &dyn BlobStore, name: &str, content: &[u8]) {
    store
        .put(&key(name), Bytes::copy_from_slice(content))
        .await
        .unwrap();
}

/// A local file, gone when dropped.
struct Source {
    path: PathBuf,
    _folder: TempDir,
}

impl Source {
    fn of(content: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("source.wav");
        std::fs::write(&path, content).unwrap();
        Self {
            path,
            _folder: folder,
        }
    }
}

async fn put(store: &dyn BlobStore, name: &str, content: &[u8]) {
    let source = Source::of(content);
    store.put_file(&key(name), &source.path).await.unwrap();
}

async fn whole(store: &dyn BlobStore, name: &str) -> Vec<u8> {
    let len = store.len(&key(name)).await.unwrap().unwrap();
    store.read(&key(name), 0, len).await.unwrap().unwrap().to_vec()
}

fn key(raw: &str) -> BlobKey {
    BlobKey::parse(raw).unwrap()
}

//! What every [`BlobStore`] must do.

use std::path::PathBuf;

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
        );
    };
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

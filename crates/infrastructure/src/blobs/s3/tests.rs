//! On a server that speaks S3.

use std::fs;

use bytes::Bytes;
use futures_util::TryStreamExt;
use viva_contract::blob_store_contract;
use viva_domain::ports::{BlobErrorKind, BlobKey, BlobStore};

use super::super::ObjectBlobStore;
use super::super::testing::S3Server;

async fn bucket(case: impl AsyncFnOnce(&dyn BlobStore)) {
    let server = S3Server::start().await;
    case(&server.open("").await).await;
}

async fn folder_of_a_bucket(case: impl AsyncFnOnce(&dyn BlobStore)) {
    let server = S3Server::start().await;
    case(&server.open("viva/one").await).await;
}

blob_store_contract!(bucket);
blob_store_contract!(folder_of_a_bucket);

fn key(raw: &str) -> BlobKey {
    BlobKey::parse(raw).unwrap()
}

#[tokio::test]
async fn the_key_is_below_the_prefix_and_nothing_else_is_seen() {
    let server = S3Server::start().await;
    let (one, two) = (server.open("viva/one").await, server.open("viva/two").await);
    one.put(&key("a/b.wav"), Bytes::from_static(b"sound"))
        .await
        .unwrap();
    assert!(server.path("viva/one/a/b.wav").is_file());
    assert_eq!(two.len(&key("a/b.wav")).await.unwrap(), None);
    let seen: Vec<_> = two.list(&key("a")).try_collect().await.unwrap();
    assert_eq!(seen, []);
    let seen: Vec<_> = one.list(&key("a")).try_collect().await.unwrap();
    assert_eq!(seen[0].key, key("a/b.wav"));
    assert!(!server.path("viva/one/writable").exists(), "the probe is removed");
}

#[tokio::test]
async fn a_ping_notices_that_the_bucket_is_gone() {
    let server = S3Server::start().await;
    let store = server.open("viva").await;
    store.ping().await.unwrap();
    std::fs::remove_dir_all(server.path("")).unwrap();
    let err = store.ping().await.unwrap_err();
    assert_eq!(err.kind, BlobErrorKind::Unavailable);
}

#[tokio::test]
async fn more_files_are_listed_than_the_server_tells_at_once() {
    let server = S3Server::start().await;
    let store = server.open("").await;
    std::fs::create_dir(server.path("many")).unwrap();
    for n in 0..2_001 {
        std::fs::write(server.path(&format!("many/{n}")), "").unwrap();
    }
    let listed: Vec<_> = store.list(&key("many")).try_collect().await.unwrap();
    assert_eq!(listed.len(), 2_001);
}

#[tokio::test]
async fn who_may_not_use_the_bucket_is_told_so_and_no_secret() {
    let server = S3Server::start().await;
    let mut wrong_key = server.config("");
    wrong_key.variables[2].1 = "hunter3".to_owned().into();
    let mut half_a_key = server.config("");
    half_a_key.variables.remove(1);
    for config in [wrong_key, half_a_key] {
        let err = ObjectBlobStore::open_bucket(&config).await.unwrap_err();
        assert_eq!(err.kind, BlobErrorKind::Unavailable);
        assert!(err.operation.contains(&config.bucket), "{err}");
        let said = format!("{err:?} {config:?}");
        assert!(!said.contains("hunter"), "{said}");
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_unavailable() {
    let server = S3Server::start().await;
    let store = server.open("").await;
    let away = server.config("");
    drop(server);
    let err = store.len(&key("a")).await.unwrap_err();
    assert_eq!(err.kind, BlobErrorKind::Unavailable);
    let err = ObjectBlobStore::open_bucket(&away).await.unwrap_err();
    assert_eq!(err.kind, BlobErrorKind::Unavailable);
}

#[tokio::test]
async fn a_file_that_broke_off_is_not_there() {
    let server = S3Server::start().await;
    let store = server.open("").await;
    let place = tempfile::tempdir().unwrap();
    let source = place.path().join("source.wav");
    fs::write(&source, vec![1; 6 * 1024 * 1024]).unwrap();
    server.refuse("partNumber=2");
    let err = store.put_file(&key("a/b.wav"), &source).await.unwrap_err();
    assert_eq!(err.kind, BlobErrorKind::Unavailable);
    assert_eq!(server.refused(), 1);
    assert_eq!(store.len(&key("a/b.wav")).await.unwrap(), None);
    assert_eq!(server.parts(), 0, "nothing of it takes space");
    server.refuse("nothing");
    store.put_file(&key("a/b.wav"), &source).await.unwrap();
    assert_eq!(store.len(&key("a/b.wav")).await.unwrap(), Some(6 * 1024 * 1024));
}

#[tokio::test]
async fn many_files_go_with_few_requests() {
    let server = S3Server::start().await;
    let store = server.open("viva").await;
    fs::create_dir_all(server.path("viva/a/b")).unwrap();
    for n in 0..1_001 {
        fs::write(server.path(&format!("viva/a/b/{n}")), "sound").unwrap();
    }
    let before = server.requests();
    let removed = store.delete_below(&key("a/b")).await.unwrap();
    assert_eq!((removed.files, removed.bytes), (1_001, 5_005));
    // Two pages of the list, and what is on each.
    assert_eq!(server.requests() - before, 4);
    let left: Vec<_> = store.list(&key("a")).try_collect().await.unwrap();
    assert_eq!(left, []);
}

#[tokio::test]
async fn who_cannot_remove_many_at_once_is_asked_for_each() {
    let server = S3Server::start().await;
    let mut config = server.config("");
    let single = ("AWS_DISABLE_BULK_DELETE".to_owned(), "true".to_owned().into());
    config.variables.push(single);
    server.refuse("delete");
    let store = ObjectBlobStore::open_bucket(&config).await.unwrap();
    for name in ["a/1", "a/2"] {
        store.put(&key(name), Bytes::from_static(b"sound")).await.unwrap();
    }
    let removed = store.delete_below(&key("a")).await.unwrap();
    assert_eq!((removed.files, server.refused()), (2, 0));
    assert_eq!(store.len(&key("a/1")).await.unwrap(), None);
}

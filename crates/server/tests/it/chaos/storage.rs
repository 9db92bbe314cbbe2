//! A disk that gets full, and a bucket that takes nothing more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder as Connections;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s::{S3Result, s3_error};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use viva_client::ClientError;
use viva_protocol::rest::SessionStatus;
use viva_protocol::ws::{NoticeCode, StartSession};

use super::caller::{Caller, offline};
use super::kept::{
    assert_disconnected, assert_texts, assert_whole, session_with, until_nothing_waits, waiting,
};
use crate::bench::{Folder, Server};

const BUCKET: &str = "recordings";
const KEY_ID: &str = "VIVAVIVAVIVAVIVA";
const SECRET: &str = "hunter2hunter2hunter2hunter2hunter2hunt";

/// A bucket that can be full.
struct Bucket {
    _folder: TempDir,
    url: String,
    is_full: Arc<AtomicBool>,
    _serving: JoinSet<()>,
}

/// Refuses what would be stored while there is no room.
struct Room(Arc<AtomicBool>);

#[async_trait]
impl S3Access for Room {
    async fn check(&self, asked: &mut S3AccessContext<'_>) -> S3Result<()> {
        if asked.method() == "PUT" && self.0.load(Ordering::Relaxed) {
            return Err(s3_error!(AccessDenied, "the quota is used up"));
        }
        Ok(())
    }
}

impl Bucket {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(folder.path().join(BUCKET)).expect("it can be written");
        let files = s3s_fs::FileSystem::new(folder.path()).expect("it is a folder");
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single(KEY_ID, SECRET));
        let is_full = Arc::<AtomicBool>::default();
        service.set_access(Room(Arc::clone(&is_full)));
        let service = service.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it has an address"));
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                let service = service.clone();
                open.spawn(async move {
                    let connections = Connections::new(TokioExecutor::new());
                    // Who hangs up needs no answer.
                    let _ = connections.serve_connection(TokioIo::new(socket), service).await;
                });
            }
        });
        Self {
            _folder: folder,
            url,
            is_full,
            _serving: serving,
        }
    }

    async fn serve(&self, folder: &Folder) -> Server {
        folder
            .serve_with(&[
                ("VIVA__STORAGE__URL", format!("s3://{BUCKET}/viva")),
                ("VIVA__STORAGE__FOLDER", folder.storage().display().to_string()),
                ("AWS_ENDPOINT_URL", self.url.clone()),
                ("AWS_REGION", "us-east-1".to_owned()),
                ("AWS_ACCESS_KEY_ID", KEY_ID.to_owned()),
                ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
            ])
            .await
    }
}

/// What it did not take is there when it has room, without a start.
async fn a_full_bucket_has_the_recordings_later() {
    let bucket = Bucket::start().await;
    let folder = Folder::new();
    let server = bucket.serve(&folder).await;
    let mut caller = Caller::start(&server, &offline(&["Yes, it is."])).await;
    caller.turn(1).await;
    bucket.is_full.store(true, Ordering::Relaxed);
    caller.turn(2).await;
    caller
        .until(|told| told.notices.contains(&NoticeCode::StorageDelayed))
        .await;
    caller.hang_up().await;
    // The turn does not wait for its recordings.
    let session = session_with(&server, &caller, &[1, 2]).await;
    assert_eq!(session.session.status, SessionStatus::Completed);
    assert_texts(&caller.told, &session.turns[1]);
    assert!(!waiting(&folder).is_empty(), "the recordings wait");
    let log = folder.log();
    assert!(
        log.contains("Cannot store recording") && log.contains("is tried again"),
        "{log}"
    );
    bucket.is_full.store(false, Ordering::Relaxed);
    until_nothing_waits(&folder).await;
    for turn in &session.turns {
        assert_whole(&server, &caller, turn).await;
    }
    assert_eq!(caller.told.errors, []);
}

/// The same, and the server dies meanwhile.
async fn a_full_bucket_has_the_recordings_after_the_next_start() {
    let bucket = Bucket::start().await;
    let folder = Folder::new();
    let server = bucket.serve(&folder).await;
    let mut caller = Caller::start(&server, &offline(&["Yes, it is."])).await;
    caller.turn(1).await;
    bucket.is_full.store(true, Ordering::Relaxed);
    caller.turn(2).await;
    server.kill().await;
    bucket.is_full.store(false, Ordering::Relaxed);
    let server = bucket.serve(&folder).await;
    let session = session_with(&server, &caller, &[1, 2]).await;
    assert_disconnected(&session);
    for turn in &session.turns {
        assert_whole(&server, &caller, turn).await;
    }
    assert_eq!(waiting(&folder), [""; 0]);
}

/// Database, recordings and journal have no room at all, and then some.
#[cfg(target_os = "linux")]
async fn a_full_disk_costs_recordings_and_no_turn() {
    let folder = Folder::new();
    let server = folder.serve_that_fills().await;
    let mut caller = Caller::start(&server, &offline(&["Yes, it is."])).await;
    caller.turn(1).await;
    session_with(&server, &caller, &[1]).await;
    until_nothing_waits(&folder).await;
    server.limit_files(Some(0));
    caller.turn(2).await;
    caller
        .until(|told| {
            [NoticeCode::RecordingFailed, NoticeCode::StorageDelayed]
                .iter()
                .all(|code| told.notices.contains(code))
        })
        .await;
    let refused = server
        .client()
        .connect()
        .await
        .expect("the server takes connections");
    let another = StartSession::new(&offline(&["Yes, it is."]));
    let refused = refused.start(another).await.map(|_| ());
    assert!(matches!(refused, Err(ClientError::Refused(_))), "{refused:?}");

    server.limit_files(None);
    session_with(&server, &caller, &[1, 2]).await;
    caller.turn(3).await;
    caller.hang_up().await;
    let session = session_with(&server, &caller, &[1, 2, 3]).await;
    assert_eq!(session.session.status, SessionStatus::Completed);
    assert_whole(&server, &caller, &session.turns[0]).await;
    assert_texts(&caller.told, &session.turns[1]);
    let lengths = [session.turns[1].user_audio_ms, session.turns[1].ai_audio_ms];
    assert_eq!(lengths, [None, None], "there was no room for them");
    assert_whole(&server, &caller, &session.turns[2]).await;
    until_nothing_waits(&folder).await;
    let log = folder.log();
    assert!(log.contains("the conversation goes on without it"), "{log}");
    assert!(log.contains("The database is back"), "{log}");
    assert!(!log.contains("panicked"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_storage_holds_up_nobody_and_has_everything_later() {
    tokio::join!(
        a_full_bucket_has_the_recordings_later(),
        a_full_bucket_has_the_recordings_after_the_next_start(),
    );
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_costs_the_recordings_and_nothing_else() {
    a_full_disk_costs_recordings_and_no_turn().await;
}

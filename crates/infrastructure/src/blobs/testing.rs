//! A server that speaks S3 and was not written for these tests, with its files in a temporary folder.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

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

use super::{ObjectBlobStore, S3Config};

const BUCKET: &str = "recordings";
const KEY_ID: &str = "VIVAVIVAVIVAVIVA";
const SECRET: &str = "hunter2hunter2hunter2hunter2hunter2hunt";

/// A server with one bucket.
pub(crate) struct S3Server {
    folder: TempDir,
    url: String,
    traffic: Arc<Traffic>,
    _serving: JoinSet<()>,
}

/// What was asked for.
#[derive(Default)]
struct Traffic {
    requests: AtomicUsize,
    refused: AtomicUsize,
    /// Part of the query of what is refused.
    refusing: Mutex<Option<String>>,
}

/// Lets in who has the key, with what is not refused.
struct Door(Arc<Traffic>);

#[async_trait]
impl S3Access for Door {
    async fn check(&self, asked: &mut S3AccessContext<'_>) -> S3Result<()> {
        let traffic = &self.0;
        traffic.requests.fetch_add(1, Ordering::Relaxed);
        let query = asked.uri().query().unwrap_or_default();
        let refusing = traffic.refusing.lock().unwrap_or_else(PoisonError::into_inner);
        let is_refused = refusing
            .as_ref()
            .is_some_and(|part| query.contains(part.as_str()));
        if is_refused || asked.credentials().is_none() {
            traffic.refused.fetch_add(1, Ordering::Relaxed);
            return Err(s3_error!(AccessDenied));
        }
        Ok(())
    }
}

impl S3Server {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let mut service = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).unwrap());
        service.set_auth(SimpleAuth::from_single(KEY_ID, SECRET));
        let traffic = Arc::<Traffic>::default();
        service.set_access(Door(Arc::clone(&traffic)));
        let service = service.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                let service = service.clone();
                open.spawn(async move {
                    let connections = Connections::new(TokioExecutor::new());
                    let _ = connections.serve_connection(TokioIo::new(socket), service).await;
                });
            }
        });
        Self {
            folder,
            url,
            traffic,
            _serving: serving,
        }
    }

    pub(crate) fn config(&self, prefix: &str) -> S3Config {
        let variables = [
            ("AWS_ENDPOINT_URL", self.url.as_str()),
            ("AWS_ACCESS_KEY_ID", KEY_ID),
            ("AWS_SECRET_ACCESS_KEY", SECRET),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_PAGER", "less"),
        ];
        S3Config {
            bucket: BUCKET.to_owned(),
            prefix: prefix.to_owned(),
            variables: variables
                .map(|(name, value)| (name.to_owned(), value.to_owned().into()))
                .into(),
        }
    }

    pub(crate) async fn open(&self, prefix: &str) -> ObjectBlobStore {
        ObjectBlobStore::open_bucket(&self.config(prefix)).await.unwrap()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(BUCKET).join(name)
    }

    /// Refuses from now on what has this in its query, instead of anything else.
    pub(crate) fn refuse(&self, part: &str) {
        let mut refusing = self
            .traffic
            .refusing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *refusing = Some(part.to_owned());
    }

    pub(crate) fn requests(&self) -> usize {
        self.traffic.requests.load(Ordering::Relaxed)
    }

    pub(crate) fn refused(&self) -> usize {
        self.traffic.refused.load(Ordering::Relaxed)
    }

    /// Parts of files that are being stored, and what says so.
    pub(crate) fn parts(&self) -> usize {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name());
        names
            .filter(|name| name.to_string_lossy().starts_with(".upload"))
            .count()
    }
}

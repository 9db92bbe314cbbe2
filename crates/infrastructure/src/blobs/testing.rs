//! A server that speaks S3 and was not written for these tests, with its files in a temporary folder.

use std::path::PathBuf;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder as Connections;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
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
    _serving: JoinSet<()>,
}

impl S3Server {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let mut service = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).unwrap());
        service.set_auth(SimpleAuth::from_single(KEY_ID, SECRET));
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
}

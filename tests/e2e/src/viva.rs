//! A server of its own for every test.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines, copy, sink};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

const START_LIMIT: Duration = Duration::from_mins(1);

/// A running server; it ends when this is dropped, and its files go.
pub struct Viva {
    pub address: SocketAddr,
    _child: Child,
    folder: TempDir,
}

impl Viva {
    pub async fn start() -> Result<Self> {
        Self::start_with(&[]).await
    }

    /// With more settings.
    pub async fn start_with(settings: &[(&str, &str)]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut child = Command::new(required("VIVA_BIN")?)
            .arg("serve")
            .current_dir(folder.path())
            .env("VIVA__SERVER__LISTEN", "127.0.0.1:0")
            .env("VIVA__DATABASE__URL", database_in(&folder))
            .env("VIVA__STORAGE__URL", folder.path().join("storage"))
            .env("VIVA__WEB__SITE", required("VIVA_SITE")?)
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("the server could not be started")?;
        let output = child.stdout.take().context("the server has no output")?;
        let mut output = BufReader::new(output).lines();
        let address = timeout(START_LIMIT, address_in(&mut output))
            .await
            .context("the server does not listen")??;
        // A pipe that is full, or that nobody holds open, would stop it at its next line.
        TaskTracker::new().spawn(async move { copy(output.get_mut(), &mut sink()).await });
        Ok(Self {
            address,
            _child: child,
            folder,
        })
    }

    /// Makes a token for this user.
    pub async fn token(&self, user: &str) -> Result<String> {
        let args = ["token", "create", "--name", "browser", "--user", user];
        Ok(self.said(&args).await?.trim_end().to_owned())
    }

    /// Takes a token back, and with it whoever signed in by it.
    pub async fn revoke(&self, token: &str) -> Result<()> {
        let id = token.split('_').nth(1).context("it is no token")?;
        self.said(&["token", "revoke", id]).await.map(drop)
    }

    /// What a command prints that uses the server's database.
    async fn said(&self, args: &[&str]) -> Result<String> {
        let output = Command::new(required("VIVA_BIN")?)
            .args(args)
            .current_dir(self.folder.path())
            .env("VIVA__DATABASE__URL", database_in(&self.folder))
            .output()
            .await
            .context("the server's program could not be started")?;
        let complaints = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(output.status.success(), "{args:?}: {complaints}");
        Ok(String::from_utf8(output.stdout)?)
    }

    /// What is stored of a session, such as its recordings.
    pub fn files_of(&self, session_id: Uuid) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        let mut folders = vec![self.storage()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.to_string_lossy().contains(&session_id.to_string()) {
                    files.push(path);
                }
            }
        }
        Ok(files)
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Where its database is.
    pub(crate) fn database(&self) -> String {
        database_in(&self.folder)
    }

    /// Where it stores what it keeps of sessions.
    pub fn storage(&self) -> PathBuf {
        self.folder.path().join("storage")
    }
}

fn database_in(folder: &TempDir) -> String {
    format!("sqlite://{}", folder.path().join("viva.db").display())
}

async fn address_in(output: &mut Lines<BufReader<ChildStdout>>) -> Result<SocketAddr> {
    while let Some(line) = output.next_line().await? {
        if let Some((_, rest)) = line.split_once("listening on http://") {
            let address: String = rest
                .chars()
                .take_while(|character| character.is_ascii_digit() || ".:".contains(*character))
                .collect();
            return address
                .trim_end_matches('.')
                .parse()
                .with_context(|| format!("no address in {line:?}"));
        }
    }
    anyhow::bail!("the server ended before it listened; run `viva config check`")
}

pub(crate) fn required(name: &str) -> Result<PathBuf> {
    let value = std::env::var_os(name);
    value
        .map(PathBuf::from)
        .with_context(|| format!("{name} is not set; run these tests with `cargo xtask e2e`"))
}

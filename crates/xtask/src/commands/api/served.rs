//! A program that serves while the rest is done.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::supervised::Supervised;

const START_LIMIT: Duration = Duration::from_mins(1);

/// A running server, with a storage that goes with it.
pub(super) struct Served {
    /// Where it listens.
    pub(super) url: String,
    viva: PathBuf,
    settings: Vec<(String, String)>,
    log: PathBuf,
    // Dropped in this order: the server leaves its folder before that is removed.
    _process: Supervised,
    folder: TempDir,
}

impl Served {
    /// Starts the server with these settings besides those that give it a storage of its own.
    pub(super) fn start(viva: &Path, settings: &[(&str, &str)]) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("viva-api-").tempdir()?;
        let path = |name: &str| folder.path().join(name).display().to_string();
        let own = [
            ("VIVA__SERVER__LISTEN", "127.0.0.1:0".to_owned()),
            ("VIVA__DATABASE__URL", format!("sqlite://{}", path("viva.db"))),
            ("VIVA__STORAGE__URL", path("storage")),
            ("VIVA__LOG__FILTER", "warn".to_owned()),
            ("NO_COLOR", "1".to_owned()),
        ];
        let settings = own
            .into_iter()
            .chain(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let settings: Vec<_> = settings.map(|(name, value)| (name.to_owned(), value)).collect();
        let log = folder.path().join("log");
        let mut command = Supervised::command("TERM", None);
        command.arg(viva).arg("serve").current_dir(folder.path());
        command.envs(settings.iter().map(|(name, value)| (name, value)));
        let (process, url) = serving(command, &log, |line| {
            let (_, url) = line.split_once("listening on ")?;
            url.split_whitespace().next()
        })?;
        Ok(Self {
            url,
            viva: viva.to_owned(),
            settings,
            log,
            _process: process,
            folder,
        })
    }

    /// A folder that goes with the server.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Makes a token for this user.
    pub(super) fn token(&self, user: &str) -> Result<String> {
        let mut command = Command::new(&self.viva);
        command.args(["token", "create", "--name", "test", "--user", user]);
        command.current_dir(self.folder());
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        Ok(printed_by(&mut command)?.trim().to_owned())
    }

    /// What it logged that somebody should look at.
    ///
    /// # Errors
    /// When there is anything.
    pub(super) fn ensure_no_error(&self) -> Result<()> {
        let log = fs::read_to_string(&self.log)?;
        let errors: Vec<&str> = log.lines().filter(|line| line.contains("ERROR")).collect();
        ensure!(
            errors.is_empty(),
            "the server logged errors:\n{}",
            errors.join("\n")
        );
        Ok(())
    }
}

/// Starts a program whose output goes into the file, and waits for the line that tells where it listens.
pub(super) fn serving(
    mut command: Command,
    output: &Path,
    address: impl Fn(&str) -> Option<&str>,
) -> Result<(Supervised, String)> {
    let file = File::create(output)?;
    command.stdout(file.try_clone()?).stderr(file);
    let mut process = Supervised::spawn(command)?;
    let started = Instant::now();
    loop {
        let ended = process.ended()?;
        let said = fs::read_to_string(output)?;
        if let Some(address) = said.lines().find_map(&address) {
            return Ok((process, address.to_owned()));
        }
        if let Some(ended) = ended {
            bail!("it ended at once ({ended}): {}", said.trim());
        }
        ensure!(
            started.elapsed() < START_LIMIT,
            "it does not listen: {}",
            said.trim()
        );
        thread::sleep(Duration::from_millis(20));
    }
}

/// What a program prints that ends well.
pub(super) fn printed_by(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| command.get_program().display().to_string())?;
    let complaints = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{} failed ({}): {}",
        command.get_program().display(),
        output.status,
        complaints.trim()
    );
    Ok(String::from_utf8(output.stdout)?)
}

//! What one process at a time may use.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use chrono::{DateTime, SecondsFormat, Utc};
use tracing::warn;
use viva_application::retention::ClockRecord;
use viva_infrastructure::db::{Database, DatabaseConfig, DatabaseLock};

use crate::config::{Recordings, Settings, StorageSettings};
use crate::failure::Failure;

/// The file in a folder that a server holds while it runs.
const LOCK: &str = ".lock";
/// The one that who removes what is no longer kept holds, also beside a server.
const RETENTION_LOCK: &str = ".retention.lock";

/// What keeps other servers from the storage and the database.
#[derive(Debug)]
pub(crate) struct ServerLock {
    folders: Vec<File>,
    database: DatabaseLock,
    config: DatabaseConfig,
}

impl ServerLock {
    /// Keeps it while it is polled, also when the database was away; resolves when another server has the database, with the
    /// folders, which are still kept from others.
    pub(crate) async fn hold(self) -> Vec<File> {
        self.database.hold(&self.config).await;
        self.folders
    }
}

/// Takes storage and database for this process for as long as the lock lives. The system lets go of them however the process
/// ends.
///
/// A second server would take what the first one's live sessions have for what an earlier process left behind.
pub(crate) async fn lock(settings: &Settings) -> Result<ServerLock> {
    let mut folders = vec![lock_folder(&settings.storage.folder())?];
    if let Some(folder) = folder_of_recordings(&settings.storage) {
        folders.push(lock_folder(&folder)?);
    }
    let config = DatabaseConfig::new(settings.database.url().clone());
    let database = Database::lock(&config).await.context(Failure::Database)?;
    Ok(ServerLock {
        folders,
        database,
        config,
    })
}

/// The folder of the recordings, where that is another one than the one that stays on this machine.
fn folder_of_recordings(storage: &StorageSettings) -> Option<PathBuf> {
    let Recordings::Folder(folder) = storage.recordings() else {
        return None;
    };
    let same = |one: &Path, other: &Path| match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    };
    (!same(&folder, &storage.folder())).then_some(folder)
}

fn lock_folder(folder: &Path) -> Result<File> {
    match lock_file(folder, LOCK)? {
        Locked::Ours(file) | Locked::Unknown(file) => Ok(file),
        Locked::Others => Err(anyhow!("another server uses {}", folder.display()).context(Failure::Storage)),
    }
}

/// Who has a lock.
enum Locked {
    Ours(File),
    Others,
    /// There are no locks where the file is.
    Unknown(File),
}

fn lock_file(folder: &Path, name: &str) -> Result<Locked> {
    let path = folder.join(name);
    let file = std::fs::create_dir_all(folder)
        .and_then(|()| open_file(&path))
        .with_context(|| path.display().to_string())
        .context(Failure::Storage)?;
    match file.try_lock() {
        Ok(()) => Ok(Locked::Ours(file)),
        Err(TryLockError::WouldBlock) => Ok(Locked::Others),
        Err(TryLockError::Error(err)) => {
            warn!(
                event = "storage.not_locked",
                error = &err as &dyn std::error::Error,
                "The storage cannot be locked; take care that no other server uses it"
            );
            Ok(Locked::Unknown(file))
        }
    }
}

/// What is in it stays.
fn open_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    options.open(path)
}

/// What keeps others from removing what is no longer kept. The file has what runs have seen of the clock.
#[derive(Debug)]
pub(crate) struct RetentionLock {
    file: File,
    _database: DatabaseLock,
}

impl RetentionLock {
    /// A run of the server begins, and the clock shows this. Answers as of when it may remove things.
    pub(crate) fn note(&mut self, now: DateTime<Utc>) -> io::Result<Option<DateTime<Utc>>> {
        let mut text = Vec::new();
        self.file.rewind()?;
        self.file.read_to_end(&mut text)?;
        let mut record = parse(&String::from_utf8_lossy(&text));
        let as_of = record.note(now);
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(written(record).as_bytes())?;
        self.file.sync_all()?;
        Ok(as_of)
    }
}

/// One time per line; a line that says nothing is a time that is not known.
fn parse(text: &str) -> ClockRecord {
    let mut times = text.lines().map(|line| {
        let time = DateTime::parse_from_rfc3339(line).ok();
        time.map(|time| time.to_utc())
    });
    ClockRecord {
        proven: times.next().flatten(),
        shown: times.next().flatten(),
    }
}

fn written(record: ClockRecord) -> String {
    let line = |time: Option<DateTime<Utc>>| {
        let time = time.map(|time| time.to_rfc3339_opts(SecondsFormat::Micros, true));
        time.unwrap_or_else(|| "-".to_owned())
    };
    format!("{}\n{}\n", line(record.proven), line(record.shown))
}

/// Takes it; `None` when another process does the same.
pub(crate) async fn lock_retention(settings: &Settings) -> Result<Option<RetentionLock>> {
    let folder = settings.storage.folder();
    let file = match lock_file(&folder, RETENTION_LOCK)? {
        Locked::Ours(file) | Locked::Unknown(file) => file,
        Locked::Others => return Ok(None),
    };
    let config = DatabaseConfig::new(settings.database.url().clone());
    refuse_elsewhere(&config, &folder).await?;
    let locked = Database::lock_retention(&config)
        .await
        .context(Failure::Database)?;
    Ok(locked.map(|database| RetentionLock {
        file,
        _database: database,
    }))
}

/// What waits in the spool of a server on another machine cannot be seen here, and would count as lost.
async fn refuse_elsewhere(config: &DatabaseConfig, folder: &Path) -> Result<()> {
    let has_server = Database::is_locked(config).await.context(Failure::Database)?;
    // Where a server has the database, no other one can start, so this lock is nobody's way.
    if has_server && matches!(lock_file(folder, LOCK)?, Locked::Ours(_)) {
        bail!(
            "the server that uses the database does not use {}; run this on its machine, with its settings",
            folder.display()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_saw_of_the_clock_is_kept() {
        let time = |second| DateTime::from_timestamp(second, 7_000);
        for record in [
            ClockRecord::default(),
            ClockRecord {
                proven: None,
                shown: time(9),
            },
            ClockRecord {
                proven: time(1),
                shown: time(9),
            },
        ] {
            assert_eq!(parse(&written(record)), record);
        }
        for text in ["", "yesterday\n", "\n\n\n"] {
            assert_eq!(parse(text), ClockRecord::default(), "{text:?}");
        }
    }
}

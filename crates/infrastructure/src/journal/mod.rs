//! Finished turns until the database has them: one JSON file per turn, with the rows that the database would have. And ends of
//! sessions, one file each.
//!
//! A file is complete and on the disk before it has its name, so neither a killed process nor a power cut leaves half a
//! turn, and a turn that was kept is there.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tracing::{instrument, warn};
use uuid::Uuid;
use viva_domain::ids::{SessionId, TurnId, UserId};
use viva_domain::ports::{KeptEnd, SpoolError, TurnJournal};
use viva_domain::sessions::SessionStatus;
use viva_domain::turns::Turn;

use crate::db::entities::TurnRows;
use crate::disk::{self, at_path, blocking};

/// Most turns that one call returns, and most ends.
const MOST: usize = 1_000;
/// How the file of a turn is called after its id, and that of an end after its session.
const TURN: &str = "json";
const END: &str = "end";

/// Keeps finished turns in a local folder.
#[derive(Debug, Clone)]
pub struct FileTurnJournal {
    folder: Arc<Path>,
}

/// The content of a file.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    owner: Uuid,
    #[serde(flatten)]
    rows: TurnRows,
}

/// The content of the file of an end.
#[derive(Debug, Serialize, Deserialize)]
struct EndEntry {
    owner: Uuid,
    session_id: Uuid,
    at: DateTime<Utc>,
    status: String,
}

impl FileTurnJournal {
    /// A journal in this folder, which is created when it is missing.
    ///
    /// # Errors
    /// [`SpoolError`] when the folder cannot be created or written; its source names the folder.
    pub async fn open(folder: impl Into<PathBuf>) -> Result<Self, SpoolError> {
        let folder: Arc<Path> = folder.into().into();
        blocking("open the journal", move || {
            disk::prepare_folder(&folder)?;
            Ok(Self { folder })
        })
        .await
    }
}

#[async_trait]
impl TurnJournal for FileTurnJournal {
    #[instrument(name = "journal.keep", skip_all, fields(turn.id = %turn.id))]
    async fn keep(&self, owner: UserId, turn: &Turn) -> Result<(), SpoolError> {
        let (folder, id) = (Arc::clone(&self.folder), turn.id);
        let entry = Entry {
            owner: owner.as_uuid(),
            rows: turn.into(),
        };
        blocking("keep turn", move || keep(&folder, &path_of(&folder, id), &entry)).await
    }

    #[instrument(name = "journal.kept_after", skip_all)]
    async fn kept_after(&self, after: Option<TurnId>) -> Result<Vec<(UserId, Turn)>, SpoolError> {
        let folder = Arc::clone(&self.folder);
        blocking("read the journal", move || kept(&folder, after)).await
    }

    #[instrument(name = "journal.remove", skip_all, fields(turn.id = %turn.id))]
    async fn remove(&self, turn: &Turn) -> Result<(), SpoolError> {
        let path = path_of(&self.folder, turn.id);
        blocking("remove turn", move || disk::remove_file(&path)).await
    }

    #[instrument(name = "journal.keep_end", skip_all, fields(session.id = %end.session))]
    async fn keep_end(&self, end: KeptEnd) -> Result<(), SpoolError> {
        let folder = Arc::clone(&self.folder);
        let entry = EndEntry {
            owner: end.owner.as_uuid(),
            session_id: end.session.as_uuid(),
            at: end.at,
            status: SessionStatus::Ended(end.status).as_str().to_owned(),
        };
        let work = move || keep(&folder, &path_of_end(&folder, end.session), &entry);
        blocking("keep a session's end", work).await
    }

    #[instrument(name = "journal.ends_after", skip_all)]
    async fn ends_after(&self, after: Option<SessionId>) -> Result<Vec<KeptEnd>, SpoolError> {
        let folder = Arc::clone(&self.folder);
        blocking("read the journal", move || ends(&folder, after)).await
    }

    #[instrument(name = "journal.remove_end", skip_all, fields(session.id = %session))]
    async fn remove_end(&self, session: SessionId) -> Result<(), SpoolError> {
        let path = path_of_end(&self.folder, session);
        blocking("remove a session's end", move || disk::remove_file(&path)).await
    }

    #[instrument(name = "journal.has_session", skip_all, fields(session.id = %session))]
    async fn has_session(&self, session: SessionId) -> Result<bool, SpoolError> {
        let folder = Arc::clone(&self.folder);
        let files = blocking("look into the journal", move || files_of(&folder, session)).await?;
        Ok(!files.found.is_empty() || files.unreadable > 0)
    }

    #[instrument(name = "journal.remove_session", skip_all, fields(session.id = %session))]
    async fn remove_session(&self, session: SessionId) -> Result<(), SpoolError> {
        let folder = Arc::clone(&self.folder);
        blocking("remove a session's turns", move || {
            files_of(&folder, session)?
                .found
                .iter()
                .try_for_each(|path| disk::remove_file(path))
        })
        .await
    }
}

/// Files that hold a turn of a session, whole, unfinished or set aside.
#[derive(Debug, Default)]
struct FilesOf {
    found: Vec<PathBuf>,
    /// What cannot be read may be anybody's.
    unreadable: usize,
}

fn files_of(folder: &Path, session: SessionId) -> io::Result<FilesOf> {
    let mut files = FilesOf::default();
    for entry in fs::read_dir(folder).map_err(at_path(folder))? {
        let entry = entry.map_err(at_path(folder))?;
        let name = entry.file_name();
        let turn = name.to_str().and_then(|name| name.split('.').next());
        if turn.and_then(|turn| turn.parse::<TurnId>().ok()).is_none() {
            continue;
        }
        let path = entry.path();
        match fs::read(&path) {
            Ok(content) if is_of(&content, session) => files.found.push(path),
            // Another one was stored meanwhile.
            Err(err) if err.kind() != io::ErrorKind::NotFound => {
                files.unreadable += 1;
                warn!(
                    event = "journal.unreadable",
                    journal.path = %path.display(), error = &err as &dyn std::error::Error,
                    "Left {} in the journal, since it cannot be read", path.display()
                );
            }
            _ => {}
        }
    }
    Ok(files)
}

/// What does not name the session is not its, so only that is parsed; what cannot be read as a turn is its if it does.
fn is_of(content: &[u8], session: SessionId) -> bool {
    String::from_utf8_lossy(content).contains(&session.to_string())
        && serde_json::from_slice::<Entry>(content)
            .map_or(true, |entry| entry.rows.turn.session_id == session.as_uuid())
}

fn keep(folder: &Path, path: &Path, entry: &impl Serialize) -> io::Result<()> {
    // Another turn's name never ends like this.
    let unfinished = path.with_extension("unfinished");
    let content = serde_json::to_vec(entry)?;
    let written = File::create(&unfinished).and_then(|mut file| {
        file.write_all(&content)?;
        file.sync_all()
    });
    if let Err(err) = written {
        // There may never be another attempt. What cannot be removed takes the next one's place, or stays.
        let _ = fs::remove_file(&unfinished);
        return Err(at_path(&unfinished)(err));
    }
    fs::rename(&unfinished, path).map_err(at_path(path))?;
    // The name is on the disk when the folder is.
    File::open(folder)?.sync_all()
}

fn kept(folder: &Path, after: Option<TurnId>) -> io::Result<Vec<(UserId, Turn)>> {
    let ids = ids(folder, TURN, after.as_ref())?.into_iter();
    let turns = ids.filter_map(|id| read(&path_of(folder, id), parse));
    Ok(turns.take(MOST).collect())
}

fn ends(folder: &Path, after: Option<SessionId>) -> io::Result<Vec<KeptEnd>> {
    let sessions = ids(folder, END, after.as_ref())?.into_iter();
    let ends = sessions.filter_map(|session| read(&path_of_end(folder, session), parse_end));
    Ok(ends.take(MOST).collect())
}

/// `None` for what cannot be read, which is logged.
fn read<T>(path: &Path, parse: impl Fn(&[u8]) -> Result<T, Box<dyn std::error::Error>>) -> Option<T> {
    match fs::read(path).map(|content| parse(&content)) {
        Ok(Ok(entry)) => Some(entry),
        Ok(Err(err)) => {
            set_aside(path, &*err);
            None
        }
        Err(err) => {
            warn!(
                event = "journal.unreadable",
                journal.path = %path.display(), error = &err as &dyn std::error::Error,
                "Left {} in the journal, since it cannot be read", path.display()
            );
            None
        }
    }
}

/// What is in the folder of this kind after this one, by id, which is by age.
fn ids<T: FromStr + Ord>(folder: &Path, kind: &str, after: Option<&T>) -> io::Result<Vec<T>> {
    let mut ids = Vec::new();
    for entry in fs::read_dir(folder).map_err(at_path(folder))? {
        let name = entry.map_err(at_path(folder))?.file_name();
        let id = name.to_str().and_then(|name| name.rsplit_once('.'));
        let id = id.filter(|(_, extension)| *extension == kind);
        let id = id.and_then(|(id, _)| id.parse().ok());
        ids.extend(id.filter(|id| after.is_none_or(|after| id > after)));
    }
    ids.sort_unstable();
    Ok(ids)
}

fn parse(content: &[u8]) -> Result<(UserId, Turn), Box<dyn std::error::Error>> {
    let entry: Entry = serde_json::from_slice(content)?;
    Ok((UserId::from_uuid(entry.owner), entry.rows.try_into()?))
}

fn parse_end(content: &[u8]) -> Result<KeptEnd, Box<dyn std::error::Error>> {
    let entry: EndEntry = serde_json::from_slice(content)?;
    match SessionStatus::from_name(&entry.status) {
        Some(SessionStatus::Ended(status)) => Ok(KeptEnd {
            owner: UserId::from_uuid(entry.owner),
            session: SessionId::from_uuid(entry.session_id),
            at: entry.at,
            status,
        }),
        _ => Err(format!("{} is no end", entry.status).into()),
    }
}

fn set_aside(path: &Path, reason: &(dyn std::error::Error + 'static)) {
    let mut aside = OsString::from(path);
    aside.push(".damaged");
    let moved = fs::rename(path, aside);
    warn!(
        event = "journal.set_aside",
        journal.path = %path.display(), error = reason, journal.moved = moved.is_ok(),
        "Set aside {}, which is no turn", path.display()
    );
}

fn path_of(folder: &Path, id: TurnId) -> PathBuf {
    folder.join(format!("{id}.{TURN}"))
}

fn path_of_end(folder: &Path, session: SessionId) -> PathBuf {
    folder.join(format!("{session}.{END}"))
}

#[cfg(test)]
mod tests {
    use viva_contract::samples::{OWNER, failed_turn, session_id, turn, turn_id};
    use viva_contract::turn_journal_contract;
    use viva_domain::ports::SpoolErrorKind;

    use super::*;

    async fn in_a_folder(case: impl AsyncFnOnce(&dyn TurnJournal)) {
        let place = tempfile::tempdir().unwrap();
        let journal = FileTurnJournal::open(place.path().join("journal")).await;
        case(&journal.unwrap()).await;
    }

    turn_journal_contract!(in_a_folder);

    #[tokio::test]
    async fn turns_are_there_after_a_restart() {
        let place = tempfile::tempdir().unwrap();
        let journal = FileTurnJournal::open(place.path()).await.unwrap();
        journal.keep(OWNER, &turn(1, 1)).await.unwrap();
        drop(journal);
        let journal = FileTurnJournal::open(place.path()).await.unwrap();
        assert_eq!(journal.kept().await.unwrap(), [(OWNER, turn(1, 1))]);
    }

    #[tokio::test]
    async fn what_is_no_end_is_set_aside() {
        let place = tempfile::tempdir().unwrap();
        let journal = FileTurnJournal::open(place.path()).await.unwrap();
        let path = path_of_end(place.path(), session_id(1));
        let active = "\"at\":\"2026-03-01T12:00:00Z\",\"status\":\"active\"}";
        let id = session_id(1).to_string();
        let active = format!("{{\"owner\":\"{id}\",\"session_id\":\"{id}\",{active}");
        for content in ["", &active] {
            fs::write(&path, content).unwrap();
            assert_eq!(journal.ends().await.unwrap(), []);
            assert!(!path.exists(), "{content}");
        }
        assert!(path.with_extension("end.damaged").exists());
    }

    #[tokio::test]
    async fn damaged_entries_are_set_aside() {
        let place = tempfile::tempdir().unwrap();
        let journal = FileTurnJournal::open(place.path()).await.unwrap();
        for number in 1..=5 {
            journal.keep(OWNER, &failed_turn(1, number)).await.unwrap();
        }
        let path = |number| path_of(place.path(), turn_id(1, number));
        let content = fs::read_to_string(path(3)).unwrap();
        fs::write(path(1), "").unwrap();
        fs::write(path(2), &content[..content.len() / 2]).unwrap();
        fs::write(path(4), content.replace("\"number\":3", "\"number\":0")).unwrap();
        fs::write(place.path().join("notes.json"), "not a turn").unwrap();

        let expected = [3, 5].map(|number| (OWNER, failed_turn(1, number)));
        for _ in 0..2 {
            assert_eq!(journal.kept().await.unwrap(), expected);
        }
        for number in [1, 2, 4] {
            assert!(path(number).with_extension("json.damaged").exists(), "{number}");
        }
    }

    #[tokio::test]
    async fn what_was_set_aside_goes_with_its_session() {
        let place = tempfile::tempdir().unwrap();
        let journal = FileTurnJournal::open(place.path()).await.unwrap();
        for n in [1, 2] {
            journal.keep(OWNER, &turn(n, 1)).await.unwrap();
            let path = path_of(place.path(), turn_id(n, 1));
            let half = fs::read_to_string(&path).unwrap();
            let half = &half[..half.len() - 10];
            fs::write(path.with_extension("unfinished"), half).unwrap();
            fs::write(path.with_extension("json.damaged"), half).unwrap();
            fs::remove_file(path).unwrap();
        }
        fs::write(place.path().join("notes.txt"), session_id(1).to_string()).unwrap();
        assert!(journal.has_session(session_id(1)).await.unwrap());
        journal.remove_session(session_id(1)).await.unwrap();
        assert!(!journal.has_session(session_id(1)).await.unwrap());
        let left: Vec<_> = fs::read_dir(place.path()).unwrap().collect();
        assert_eq!(
            left.len(),
            3,
            "the other session's, and what is no turn: {left:?}"
        );
    }

    #[tokio::test]
    async fn what_cannot_be_read_stays_and_keeps_nothing_from_going() {
        let place = tempfile::tempdir().unwrap();
        let journal = FileTurnJournal::open(place.path()).await.unwrap();
        journal.keep(OWNER, &turn(1, 1)).await.unwrap();
        let unreadable = path_of(place.path(), turn_id(2, 1));
        fs::create_dir(&unreadable).unwrap();
        journal.remove_session(session_id(1)).await.unwrap();
        assert!(!path_of(place.path(), turn_id(1, 1)).exists());
        assert!(unreadable.exists());
        // It may be a turn of any session.
        assert!(journal.has_session(session_id(3)).await.unwrap());
        fs::remove_dir(unreadable).unwrap();
        assert!(!journal.has_session(session_id(3)).await.unwrap());
    }

    #[tokio::test]
    async fn at_most_a_thousand_turns_are_returned() {
        let place = tempfile::tempdir().unwrap();
        let journal = FileTurnJournal::open(place.path()).await.unwrap();
        for number in 1..=1_002 {
            let entry = Entry {
                owner: OWNER.as_uuid(),
                rows: (&failed_turn(1, number)).into(),
            };
            let content = serde_json::to_vec(&entry).unwrap();
            fs::write(path_of(place.path(), turn_id(1, number)), content).unwrap();
        }
        // What is set aside does not count.
        fs::write(path_of(place.path(), turn_id(1, 7)), "damaged").unwrap();
        let kept = journal.kept().await.unwrap();
        assert_eq!(kept.len(), 1_000);
        assert_eq!(kept[999].1.id, turn_id(1, 1_001));
    }

    #[tokio::test]
    async fn half_a_turn_is_never_seen() {
        let place = tempfile::tempdir().unwrap();
        let journal = FileTurnJournal::open(place.path()).await.unwrap();
        let unfinished = path_of(place.path(), turn_id(1, 1)).with_extension("unfinished");
        fs::write(&unfinished, "{\"owner\":").unwrap();
        assert_eq!(journal.kept().await.unwrap(), []);
        journal.keep(OWNER, &turn(1, 1)).await.unwrap();
        assert_eq!(journal.kept().await.unwrap(), [(OWNER, turn(1, 1))]);
        assert!(!unfinished.exists());
    }

    #[tokio::test]
    async fn a_folder_that_disappears_is_unavailable_until_it_is_back() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("journal");
        let journal = FileTurnJournal::open(&folder).await.unwrap();
        fs::remove_dir(&folder).unwrap();
        let err = journal.keep(OWNER, &turn(1, 1)).await.unwrap_err();
        assert_eq!(err.kind, SpoolErrorKind::Unavailable);
        assert_eq!(
            journal.kept().await.unwrap_err().kind,
            SpoolErrorKind::Unavailable
        );
        fs::create_dir(&folder).unwrap();
        journal.keep(OWNER, &turn(1, 1)).await.unwrap();
        assert_eq!(journal.kept().await.unwrap().len(), 1);
    }
}

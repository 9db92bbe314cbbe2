//! Finds files without rows, rows without files, and files of recordings that are purged.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use tracing::{error, warn};
use viva_domain::ids::{SessionId, UserId};
use viva_domain::ports::{
    BlobKey, EndedSession, KnownSession, RemovedBlobs, StoreError, StoreErrorKind, StoredBlob,
};
use viva_domain::sessions::SessionState;
use viva_domain::turns::{Turn, TurnNumber};

use super::report::{LostRecording, Removal, RetentionReport};
use super::{PAGE, RetentionRun};
use crate::deletion::{Deletions, RemovalError};

/// Most of a kind that one run removes; the next one goes on.
const MOST: usize = 10_000;
/// Files that are removed before it is told of them.
const AT_ONCE: usize = 1_000;
/// So few may be most of what there is, without anything being wrong: it is known that the storage is the right one.
const FEW: u64 = 100;

/// Looks at every file and at every session that is over, and removes nothing until it has seen all.
pub(super) struct Sweep<'a> {
    deletions: &'a Deletions,
    /// What is younger is not looked at.
    before: DateTime<Utc>,
    /// Of sessions that ended before, recordings are not kept, so nothing of them is missing or too much; `None`: all are kept.
    purged_before: Option<DateTime<Utc>>,
    /// Sessions that have files.
    seen: HashSet<SessionId>,
    orphans: Found<StoredBlob>,
    /// Files of sessions that the database does not know, however young.
    strangers: u64,
    lost: Found<LostRecording>,
    /// What is stored of sessions whose recordings are purged: a process died before it had removed all, or something was
    /// stored afterwards, as by a restoration.
    purged: Vec<(EndedSession, RemovedBlobs)>,
    /// Whether the storage is the database's.
    pub(super) is_paired: bool,
}

/// What does not belong anywhere.
struct Found<T> {
    /// The first of them.
    items: Vec<T>,
    count: u64,
    /// All things of the kind, also those that are as they should be.
    of: u64,
}

impl<T> Default for Found<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            count: 0,
            of: 0,
        }
    }
}

impl<T> Found<T> {
    fn push(&mut self, item: T) {
        self.count += 1;
        if self.items.len() < MOST {
            self.items.push(item);
        }
    }

    fn are_most(&self) -> bool {
        self.count * 2 > self.of
    }

    /// What is to be removed now, and how many stay: all of them when it looks as if something else were wrong.
    fn due(self, run: RetentionRun, is_wrong: bool, what: &str) -> (Vec<T>, u64) {
        let is_wrong = is_wrong || (self.count > FEW && self.are_most());
        if is_wrong && self.count > 0 && run != RetentionRun::Forced {
            error!(
                event = "retention.held_back",
                retention.found = self.count,
                retention.seen = self.of,
                "{} of {} {what}: they stay, since it looks as if this were not all of the database, or of the storage; if it \
                 is, `viva retention run --force` removes them",
                self.count,
                self.of
            );
            return (Vec::new(), self.count);
        }
        let left = self.count - self.items.len() as u64;
        (self.items, left)
    }
}

impl<'a> Sweep<'a> {
    /// Looks at everything. The storage has the mark of the database.
    pub(super) async fn of(
        deletions: &'a Deletions,
        before: DateTime<Utc>,
        purged_before: Option<DateTime<Utc>>,
    ) -> Result<Self, RemovalError> {
        let mut sweep = Self {
            deletions,
            before,
            purged_before,
            seen: HashSet::new(),
            orphans: Found::default(),
            strangers: 0,
            lost: Found::default(),
            purged: Vec::new(),
            is_paired: true,
        };
        sweep.look_at_files().await?;
        sweep.look_at_sessions_without_files().await?;
        Ok(sweep)
    }

    /// Whether most of what is there is as it should be, so that a storage without a mark is the database's.
    pub(super) fn looks_whole(&self) -> bool {
        self.strangers * 2 <= self.orphans.of && !self.lost.are_most()
    }

    /// Removes what was found.
    pub(super) async fn remove(
        self,
        run: RetentionRun,
        tell: &mut (dyn FnMut(&Removal) + Send),
        report: &mut RetentionReport,
    ) -> Result<(), RemovalError> {
        let ports = &self.deletions.ports;
        for (session, found) in self.purged.into_iter().filter(|_| self.is_paired) {
            let gone = match run {
                RetentionRun::Dry => Ok(found),
                RetentionRun::Careful | RetentionRun::Forced => {
                    let gone = self.deletions.remove_recordings(session.id).await;
                    gone.map_err(RemovalError::from)
                }
            };
            match gone {
                Ok(gone) => report.purged(session, gone, tell),
                Err(err) if self.deletions.is_away(&err, session.id).await => return Err(err),
                Err(err) => {
                    report.failed += 1;
                    warn!(event = "retention.files_left", session.id = %session.id, error = &err as &dyn std::error::Error,
                        "Files of session {}, whose recordings are purged, stay for now", session.id);
                }
            }
        }
        let is_empty = self.orphans.of == 0;
        let (orphans, left) = self
            .orphans
            .due(run, !self.is_paired, "files belong to no session");
        report.orphans_left = left;
        for some in orphans.chunks(AT_ONCE) {
            if run != RetentionRun::Dry {
                let keys = some.iter().map(|orphan| orphan.key.clone());
                ports.blob_store.delete_all(keys.collect()).await?;
            }
            for orphan in some {
                report.orphans += 1;
                report.orphan_bytes += orphan.len;
                tell(&Removal::Orphan(orphan.clone()));
            }
        }
        let is_wrong = !self.is_paired || is_empty;
        let (lost, left) = self.lost.due(run, is_wrong, "recordings have no file");
        report.lost_left = left;
        for lost in lost {
            if run != RetentionRun::Dry {
                let forgotten = ports
                    .retention_store
                    .forget_recording(lost.owner, lost.turn, &lost.key);
                forgotten.await?;
            }
            report.lost += 1;
            tell(&Removal::Lost(lost));
        }
        Ok(())
    }

    /// Files of a session come together.
    async fn look_at_files(&mut self) -> Result<(), RemovalError> {
        let mut files = self.deletions.ports.blob_store.list(&BlobKey::of_sessions());
        let mut of_one = Vec::new();
        let mut session = None;
        while let Some(file) = files.try_next().await? {
            let Some(its) = file.key.session() else {
                continue;
            };
            if let Some(session) = session.filter(|session| *session != its) {
                self.look_at_files_of(session, std::mem::take(&mut of_one))
                    .await?;
            }
            session = Some(its);
            of_one.push(file);
        }
        match session {
            Some(session) => self.look_at_files_of(session, of_one).await,
            None => Ok(()),
        }
    }

    async fn look_at_files_of(&mut self, id: SessionId, files: Vec<StoredBlob>) -> Result<(), RemovalError> {
        self.seen.insert(id);
        self.orphans.of += files.len() as u64;
        match readable(id, self.deletions.ports.retention_store.whose(id).await)? {
            Some(None) => {
                self.strangers += files.len() as u64;
                let files = self.only_strays(id, files).await?;
                self.note_orphans(files);
            }
            Some(Some(KnownSession {
                owner,
                state: SessionState::Ended { at, .. },
                recordings_purged_at: Some(_),
            })) => {
                let session = EndedSession {
                    id,
                    owner,
                    ended_at: at,
                };
                let bytes = files.iter().map(|file| file.len).sum();
                let files = files.len() as u64;
                self.purged.push((session, RemovedBlobs { files, bytes }));
            }
            Some(Some(KnownSession {
                owner,
                state: SessionState::Ended { at, .. },
                recordings_purged_at: None,
            })) if self.is_swept(at) => {
                let Some(turns) = self.turns(owner, id).await? else {
                    return Ok(());
                };
                let stored: HashSet<&BlobKey> = files.iter().map(|file| &file.key).collect();
                self.note_lost(owner, &turns, &stored).await?;
                let strays = self.only_strays(id, of_no_turn(files, &turns)).await?;
                if strays.is_empty() {
                    return Ok(());
                }
                // A turn that was in the journal when the turns were read may have come out of it since, as at a start.
                let Some(turns) = self.turns(owner, id).await? else {
                    return Ok(());
                };
                self.note_orphans(of_no_turn(strays, &turns));
            }
            // Its session cannot be read, or something of it may still be written.
            None | Some(Some(_)) => {}
        }
        Ok(())
    }

    async fn look_at_sessions_without_files(&mut self) -> Result<(), RemovalError> {
        let mut last = None::<EndedSession>;
        loop {
            let store = &self.deletions.ports.retention_store;
            let sessions = store.unpurged_before(self.before, last.as_ref(), PAGE).await?;
            let Some(session) = sessions.last() else {
                return Ok(());
            };
            last = Some(*session);
            for EndedSession { id, owner, ended_at } in sessions {
                if self.seen.contains(&id) || !self.is_swept(ended_at) {
                    continue;
                }
                if let Some(turns) = self.turns(owner, id).await? {
                    self.note_lost(owner, &turns, &HashSet::new()).await?;
                }
            }
        }
    }

    /// Whether a session that ended then is long enough over, and its recordings are kept.
    fn is_swept(&self, ended_at: DateTime<Utc>) -> bool {
        ended_at < self.before && self.purged_before.is_none_or(|before| ended_at >= before)
    }

    /// Those of the files that are old enough; none when a turn of the session waits in the journal, or the session is being
    /// deleted.
    async fn only_strays(
        &self,
        id: SessionId,
        files: Vec<StoredBlob>,
    ) -> Result<Vec<StoredBlob>, RemovalError> {
        let is_old = |file: &StoredBlob| file.modified < self.before;
        let old: Vec<StoredBlob> = files.into_iter().filter(is_old).collect();
        if old.is_empty()
            || self.deletions.ports.turn_journal.has_session(id).await?
            || self.deletions.is_begun(id).await?
        {
            return Ok(Vec::new());
        }
        Ok(old)
    }

    fn note_orphans(&mut self, files: Vec<StoredBlob>) {
        for file in files {
            self.orphans.push(file);
        }
    }

    /// Notes the recordings that are neither stored nor in the spool, where they wait for the next start.
    async fn note_lost(
        &mut self,
        owner: UserId,
        turns: &[Turn],
        stored: &HashSet<&BlobKey>,
    ) -> Result<(), RemovalError> {
        let ports = &self.deletions.ports;
        for turn in turns {
            for recording in [&turn.user_audio, &turn.ai_audio].into_iter().flatten() {
                self.lost.of += 1;
                let key = &recording.key;
                if !stored.contains(key)
                    && !ports.audio_spool.contains(key).await?
                    && ports.blob_store.len(key).await?.is_none()
                {
                    self.lost.push(LostRecording {
                        owner,
                        session: turn.session_id,
                        turn: turn.id,
                        key: key.clone(),
                    });
                }
            }
        }
        Ok(())
    }

    async fn turns(&self, owner: UserId, id: SessionId) -> Result<Option<Vec<Turn>>, StoreError> {
        readable(id, self.deletions.ports.session_store.turns(owner, id).await)
    }
}

/// Those of the files that belong to a turn, and to none of these.
fn of_no_turn(files: Vec<StoredBlob>, turns: &[Turn]) -> Vec<StoredBlob> {
    let numbers: HashSet<TurnNumber> = turns.iter().map(|turn| turn.number).collect();
    let is_of_no_turn = |file: &StoredBlob| file.key.turn().is_some_and(|turn| !numbers.contains(&turn));
    files.into_iter().filter(is_of_no_turn).collect()
}

/// `None` for what a damaged row says. It stays with all that belongs to it.
fn readable<T>(id: SessionId, read: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match read {
        Err(err) if err.kind == StoreErrorKind::Damaged => {
            warn!(event = "retention.session_unreadable", session.id = %id, error = &err as &dyn std::error::Error,
                "Left the files of session {id} alone, since its rows cannot be read");
            Ok(None)
        }
        read => read.map(Some),
    }
}

use std::fmt;

use viva_domain::ids::{SessionId, TurnId, UserId};
use viva_domain::ports::{BlobKey, EndedSession, RemovedBlobs, StoredBlob};

/// One thing that is removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removal {
    /// What is left of a session whose deletion was begun.
    Begun(SessionId),
    /// A session that ended too long ago, with its files.
    Session(EndedSession, RemovedBlobs),
    /// A file that belongs to no session or turn.
    Orphan(StoredBlob),
    /// That a turn has a recording, whose file is gone.
    Lost(LostRecording),
}

/// A recording that has no file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostRecording {
    /// Whose session it is.
    pub owner: UserId,
    /// The session.
    pub session: SessionId,
    /// The turn.
    pub turn: TurnId,
    /// Where the file should be.
    pub key: BlobKey,
}

/// What a run removed, or would remove.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RetentionReport {
    /// Deletions that were begun earlier.
    pub begun: u64,
    /// Sessions that ended too long ago.
    pub sessions: u64,
    /// Their files.
    pub files: u64,
    /// The length of these.
    pub bytes: u64,
    /// Files that belong to no session or turn.
    pub orphans: u64,
    /// The length of these.
    pub orphan_bytes: u64,
    /// Recordings that have no file.
    pub lost: u64,
    /// Sessions that could not be deleted, or not wholly; the next run tries again.
    pub failed: u64,
    /// Orphans that stay: they are most of all files, or too many for one run.
    pub orphans_left: u64,
    /// Recordings without a file that stay, for the same reasons.
    pub lost_left: u64,
}

impl fmt::Display for RetentionReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            begun,
            sessions,
            files,
            bytes,
            orphans,
            orphan_bytes,
            lost,
            failed,
            orphans_left,
            lost_left,
        } = self;
        write!(
            f,
            "{sessions} sessions with {files} files of {bytes} bytes, {begun} deletions that were begun, {orphans} files of \
             {orphan_bytes} bytes without a session, {lost} recordings without a file"
        )?;
        for (count, what) in [
            (failed, "sessions could not be removed"),
            (orphans_left, "files without a session stay"),
            (lost_left, "recordings without a file stay"),
        ] {
            if *count > 0 {
                write!(f, "; {count} {what}")?;
            }
        }
        Ok(())
    }
}

use std::fmt;
use std::path::Path;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_core::stream::BoxStream;
use thiserror::Error;

use super::Source;
use crate::ids::SessionId;
use crate::turns::TurnNumber;

/// What all sessions' files are below.
const SESSIONS: &str = "interactions";
/// What marks the sessions that are being deleted is below.
const TOMBSTONES: &str = "tombstones";
/// What says whose storage it is.
const MARK: &str = "storage-id";

/// Names a stored file: `/`-separated parts of letters, digits, `-`, `_` and `.`; no part is empty or starts with `.`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobKey(String);

/// The text is no [`BlobKey`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a valid storage key")]
pub struct InvalidBlobKey;

impl BlobKey {
    /// Checks a key.
    ///
    /// # Errors
    /// [`InvalidBlobKey`] for anything that could leave the store's folder or mean different things on different stores.
    pub fn parse(raw: &str) -> Result<Self, InvalidBlobKey> {
        let is_part = |part: &str| {
            !part.is_empty()
                && !part.starts_with('.')
                && part
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        };
        if raw.len() <= 512 && raw.split('/').all(is_part) {
            Ok(Self(raw.to_owned()))
        } else {
            Err(InvalidBlobKey)
        }
    }

    /// The folder of all sessions' files.
    pub fn of_sessions() -> Self {
        Self(SESSIONS.to_owned())
    }

    /// The folder of a session's files: all that is below belongs to it and goes with it.
    pub fn of_session(id: SessionId) -> Self {
        Self(format!("{SESSIONS}/{id}"))
    }

    /// The folder of the tombstones.
    pub fn of_tombstones() -> Self {
        Self(TOMBSTONES.to_owned())
    }

    /// What says that a session is being deleted: as long as it is there, the deletion is not at its end.
    pub fn tombstone_of(id: SessionId) -> Self {
        Self(format!("{TOMBSTONES}/{id}"))
    }

    /// What says which storage this is.
    pub fn of_mark() -> Self {
        Self(MARK.to_owned())
    }

    /// The session whose file, or whose tombstone, this is.
    pub fn session(&self) -> Option<SessionId> {
        let mut parts = self.0.split('/');
        let is_folder = matches!(parts.next()?, SESSIONS | TOMBSTONES);
        parts.next().filter(|_| is_folder)?.parse().ok()
    }

    /// The turn of its session to which this file belongs, such as 12 for `…/turn_012_user.wav`; `None` for what belongs to
    /// the whole session.
    pub fn turn(&self) -> Option<TurnNumber> {
        let name = self.0.rsplit('/').next()?.strip_prefix("turn_")?;
        let digits = name.split(['_', '.']).next()?;
        digits.parse().ok().and_then(TurnNumber::new)
    }

    /// Whether this lies below the folder.
    pub fn is_below(&self, folder: &Self) -> bool {
        let rest = self.0.strip_prefix(&folder.0);
        rest.is_some_and(|rest| rest.starts_with('/'))
    }

    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A failure of a [`BlobStore`].
#[derive(Debug, Error)]
#[error("storage failed to {operation}: {kind}")]
pub struct BlobError {
    /// What callers branch on.
    pub kind: BlobErrorKind,
    /// What was being done, such as `put interactions/…`.
    pub operation: String,
    /// The cause, for the log.
    #[source]
    pub source: Option<Source>,
}

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BlobErrorKind {
    /// The store cannot be reached or written.
    #[error("the storage is unavailable")]
    Unavailable,
    /// No space is left.
    #[error("no space is left")]
    Full,
    /// A range that lies outside the file.
    #[error("the range lies outside the file")]
    Range,
}

/// A file that is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBlob {
    /// Its name.
    pub key: BlobKey,
    /// Its length in bytes.
    pub len: u64,
    /// When it was stored, on the clock of the storage, UTC.
    pub modified: DateTime<Utc>,
}

/// How much was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RemovedBlobs {
    /// Files.
    pub files: u64,
    /// Their length.
    pub bytes: u64,
}

/// Files as they are found, or why no more can be; dropping it ends the search.
pub type BlobList = BoxStream<'static, Result<StoredBlob, BlobError>>;

/// Keeps finished files, such as recordings. Every implementation passes `contract::blob_store`.
#[async_trait]
pub trait BlobStore: Send + Sync {
    /// Stores the local file's content under the key, replacing what was there; the local file is left alone.
    ///
    /// # Errors
    /// [`BlobError`] when it cannot be read or stored; nothing half-written is ever visible under the key.
    async fn put_file(&self, key: &BlobKey, file: &Path) -> Result<(), BlobError>;

    /// Stores this content under the key, replacing what was there: for small files, that need not lie on a disk before.
    ///
    /// # Errors
    /// As for [`Self::put_file`].
    async fn put(&self, key: &BlobKey, content: Bytes) -> Result<(), BlobError>;

    /// Length in bytes; `None` when there is no such file.
    ///
    /// # Errors
    /// [`BlobErrorKind::Unavailable`] when the store cannot answer.
    async fn len(&self, key: &BlobKey) -> Result<Option<u64>, BlobError>;

    /// The bytes from `start` up to, not including, `end`; `None` when there is no such file.
    ///
    /// # Errors
    /// [`BlobErrorKind::Range`] when `start >= end` or `end` is past the file's end; [`BlobErrorKind::Unavailable`].
    async fn read(&self, key: &BlobKey, start: u64, end: u64) -> Result<Option<Bytes>, BlobError>;

    /// Removes the file; nothing happens when there is none.
    ///
    /// # Errors
    /// [`BlobErrorKind::Unavailable`] when the store cannot answer.
    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError>;

    /// Removes these files, some at a time; nothing happens for those that are not there.
    ///
    /// # Errors
    /// [`BlobErrorKind::Unavailable`] when the store cannot answer; some may be removed then.
    async fn delete_all(&self, keys: Vec<BlobKey>) -> Result<(), BlobError>;

    /// Removes everything below the folder, also what [`Self::list`] does not name, such as what a process left that died
    /// while it stored a file. Nobody may store anything below it meanwhile.
    ///
    /// # Errors
    /// [`BlobErrorKind::Unavailable`] when the store cannot answer; some may be removed then.
    async fn delete_below(&self, folder: &BlobKey) -> Result<RemovedBlobs, BlobError>;

    /// Every file below the folder, also in folders below it, in no order; but what is below one folder comes together. What
    /// is stored or removed meanwhile may be among them or not. A folder that does not exist is empty. A file whose name is
    /// no [`BlobKey`] is not ours and not listed.
    fn list(&self, folder: &BlobKey) -> BlobList;

    /// Answers when the store can be used. It costs little, and leaves nothing behind.
    ///
    /// # Errors
    /// [`BlobErrorKind::Unavailable`] or [`BlobErrorKind::Full`] when it cannot.
    async fn ping(&self) -> Result<(), BlobError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_cannot_leave_the_store() {
        for bad in [
            "", "/a", "a/", "a//b", "..", "a/../b", ".hidden", "a\\b", "a b", "ä",
        ] {
            assert_eq!(BlobKey::parse(bad), Err(InvalidBlobKey), "{bad:?}");
        }
        assert!(BlobKey::parse("interactions/0199a6a4/turn_001_user.wav").is_ok());
    }

    #[test]
    fn a_file_says_whose_it_is() {
        let id: SessionId = "0199a6a4-0000-7000-8000-000000000001".parse().unwrap();
        let key = |raw: &str| BlobKey::parse(raw).unwrap();
        let file = |name: &str| key(&format!("interactions/{id}/{name}"));
        for (name, number) in [
            ("turn_001_user.wav", Some(1)),
            ("turn_65535_ai.wav", Some(65_535)),
            ("turn_012.peaks", Some(12)),
            ("turn_000_ai.wav", None),
            ("turn_65536_ai.wav", None),
            ("peaks", None),
        ] {
            let file = file(name);
            assert_eq!(file.session(), Some(id), "{name}");
            assert_eq!(file.turn().map(TurnNumber::get), number, "{name}");
            assert!(file.is_below(&BlobKey::of_session(id)), "{name}");
            assert!(file.is_below(&BlobKey::of_sessions()), "{name}");
        }
        assert_eq!(BlobKey::tombstone_of(id).session(), Some(id));
        assert!(BlobKey::tombstone_of(id).is_below(&BlobKey::of_tombstones()));
        assert_eq!(key("interactions/someone/turn_001_ai.wav").session(), None);
        assert_eq!(key(&format!("spool/{id}/a.wav")).session(), None);
        assert!(!key("ab/c").is_below(&key("a")));
        assert!(!key("a").is_below(&key("a")));
    }

    #[test]
    fn keys_that_are_made_are_keys() {
        let id = SessionId::from_uuid(uuid::Uuid::nil());
        for made in [
            BlobKey::of_sessions(),
            BlobKey::of_session(id),
            BlobKey::of_tombstones(),
            BlobKey::tombstone_of(id),
            BlobKey::of_mark(),
        ] {
            assert_eq!(BlobKey::parse(made.as_str()), Ok(made));
        }
    }

    #[test]
    fn keys_have_a_longest_length() {
        assert!(BlobKey::parse(&"a".repeat(512)).is_ok());
        assert_eq!(BlobKey::parse(&"a".repeat(513)), Err(InvalidBlobKey));
    }
}

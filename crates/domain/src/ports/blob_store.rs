use std::fmt;
use std::path::Path;

use async_trait::async_trait;
use bytes::Bytes;
use thiserror::Error;

use super::Source;

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

/// Keeps finished files, such as recordings. Every implementation passes `contract::blob_store`.
#[async_trait]
pub trait BlobStore: Send + Sync {
    /// Stores the local file's content under the key, replacing what was there; the local file is left alone.
    ///
    /// # Errors
    /// [`BlobError`] when it cannot be read or stored; nothing half-written is ever visible under the key.
    async fn put_file(&self, key: &BlobKey, file: &Path) -> Result<(), BlobError>;

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
    fn keys_have_a_longest_length() {
        assert!(BlobKey::parse(&"a".repeat(512)).is_ok());
        assert_eq!(BlobKey::parse(&"a".repeat(513)), Err(InvalidBlobKey));
    }
}

use std::path::PathBuf;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use thiserror::Error;

use super::Source;
use super::blob_store::BlobKey;

/// Writes recordings to local files while they grow. What is in the spool is playable at any moment, also after the
/// process was killed. Every implementation passes `contract::audio_spool`.
#[async_trait]
pub trait AudioSpool: Send + Sync {
    /// Begins a WAV file (PCM16 mono at `sample_rate` Hz) that shall be stored under `key` in the end.
    ///
    /// # Errors
    /// [`SpoolErrorKind::Full`] or [`SpoolErrorKind::Unavailable`].
    async fn create(&self, key: &BlobKey, sample_rate: u32) -> Result<Box<dyn SpoolFile>, SpoolError>;

    /// Files that an earlier process left behind, repaired so that they can be played; empty ones are removed.
    ///
    /// # Errors
    /// [`SpoolErrorKind::Unavailable`] when the folder cannot be read.
    async fn left_over(&self) -> Result<Vec<LeftOverAudio>, SpoolError>;

    /// Forgets the file that was begun under this key, after it was stored, or when it is given up. Needs no space on the
    /// disk.
    ///
    /// # Errors
    /// [`SpoolErrorKind::Unavailable`] when it cannot be removed.
    async fn remove(&self, key: &BlobKey) -> Result<(), SpoolError>;

    /// Whether something was begun under this key and not removed.
    ///
    /// # Errors
    /// [`SpoolErrorKind::Unavailable`] when the folder cannot be read.
    async fn contains(&self, key: &BlobKey) -> Result<bool, SpoolError>;

    /// Forgets everything that was begun below this folder, also what cannot be played. Needs no space on the disk.
    ///
    /// # Errors
    /// [`SpoolErrorKind::Unavailable`] when something cannot be removed.
    async fn remove_below(&self, folder: &BlobKey) -> Result<(), SpoolError>;
}

/// A recording that grows.
#[async_trait]
pub trait SpoolFile: Send {
    /// Appends samples and brings the header up to date: when this returns, the file plays to here even if the process
    /// is killed.
    ///
    /// # Errors
    /// [`SpoolErrorKind::Full`] or [`SpoolErrorKind::Unavailable`]; the file stays playable up to the previous append.
    async fn append(&mut self, samples: &[i16]) -> Result<(), SpoolError>;

    /// The last samples of what was appended so far, at most so many.
    ///
    /// # Errors
    /// [`SpoolError`] when it cannot be read; the recording can still go on.
    async fn read_last(&mut self, most: u64) -> Result<Vec<i16>, SpoolError>;

    /// Closes the file.
    ///
    /// # Errors
    /// As for [`Self::append`].
    async fn finish(self: Box<Self>) -> Result<SpooledAudio, SpoolError>;
}

/// A finished file in the spool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpooledAudio {
    /// Where it shall be stored.
    pub key: BlobKey,
    /// Where it lies now.
    pub path: PathBuf,
    /// Its length in samples.
    pub samples: u64,
    /// Its sample rate in Hz.
    pub sample_rate: u32,
}

/// What an earlier process left behind of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOverAudio {
    /// The file, which can be played.
    pub audio: SpooledAudio,
    /// When it was appended to last, UTC.
    pub written_at: DateTime<Utc>,
}

/// A failure of an [`AudioSpool`].
#[derive(Debug, Error)]
#[error("recording failed to {operation}: {kind}")]
pub struct SpoolError {
    /// What callers branch on.
    pub kind: SpoolErrorKind,
    /// What was being done.
    pub operation: &'static str,
    /// The cause, for the log.
    #[source]
    pub source: Option<Source>,
}

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SpoolErrorKind {
    /// No space is left on the disk.
    #[error("no space is left")]
    Full,
    /// The folder cannot be written.
    #[error("the folder cannot be written")]
    Unavailable,
}

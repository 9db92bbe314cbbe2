//! A session from which a file is made, which takes its time: meanwhile recordings may be stored, or deleted.

use std::collections::HashSet;
use std::ops::Range;

use futures_util::TryStreamExt;
use viva_domain::ids::{SessionId, UserId};
use viva_domain::ports::{BlobKey, OpenBlob};
use viva_domain::turns::Recording;

use super::{History, HistoryError, SessionRecord};

/// A session from which a file is made.
#[derive(Debug, Clone, PartialEq)]
pub struct Export {
    /// All that is kept of it, but for the sound.
    pub record: SessionRecord,
    /// What was stored before that was read.
    stored: HashSet<BlobKey>,
}

/// A recording that goes into a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedRecording {
    /// The recording, without where it lies and its peaks.
    pub(super) recording: Recording,
    /// Whether it has to be there: one that is not stored yet is a gap, and one that is gone makes the file worthless.
    was_stored: bool,
}

impl Export {
    /// A recording of the session.
    pub fn recording(&self, recording: &Recording) -> ExportedRecording {
        ExportedRecording {
            recording: recording.bare(),
            was_stored: self.stored.contains(&recording.key),
        }
    }
}

impl History {
    /// A session as it is now, to make a file from it.
    ///
    /// # Errors
    /// As of [`Self::record`], and [`HistoryError::Blob`] when the storage does not say what is stored.
    pub async fn export(&self, owner: UserId, id: SessionId) -> Result<Export, HistoryError> {
        self.session(owner, id).await?;
        // Whoever deletes recordings changes the rows first, so nothing was removed before a list that is older than the rows.
        let files = self.blob_store.list(&BlobKey::of_session(id));
        let stored = files.map_ok(|file| file.key).try_collect().await?;
        let record = self.record(owner, id).await?;
        Ok(Export { record, stored })
    }

    /// Opens a recording to read these bytes of it, as far as it has them; `None` while it is not stored.
    ///
    /// # Errors
    /// [`HistoryError::Deleted`] when it was stored when the export began, and is not there any more.
    pub async fn open_exported(
        &self,
        exported: &ExportedRecording,
        bytes: Range<u64>,
    ) -> Result<Option<OpenBlob>, HistoryError> {
        let key = &exported.recording.key;
        match self.blob_store.open(key, bytes).await? {
            None if exported.was_stored => Err(HistoryError::Deleted(key.clone())),
            opened => Ok(opened),
        }
    }
}

//! Recordings as samples, read as they are needed.

use viva_audio::{HEADER_LEN, pcm};
use viva_domain::turns::Recording;

use super::{History, HistoryError};

/// Samples that are in memory at once of one recording.
const PIECE: u64 = 8 * 1024;

/// A part of a recording.
pub(super) struct Samples {
    history: History,
    recording: Recording,
    next: u64,
    end: u64,
}

impl Samples {
    /// The samples from `first` up to, not including, `end`, as far as they are stored; `None` when nothing of the recording
    /// is (yet).
    pub(super) async fn open(
        history: &History,
        recording: &Recording,
        first: u64,
        end: u64,
    ) -> Result<Option<Self>, HistoryError> {
        let Some(len) = history.stored_len(recording).await? else {
            return Ok(None);
        };
        let stored = len.saturating_sub(HEADER_LEN as u64) / 2;
        Ok(Some(Self {
            history: history.clone(),
            recording: recording.clone(),
            next: first,
            end: end.min(stored),
        }))
    }

    /// The next ones; none when all were read.
    pub(super) async fn next(&mut self) -> Result<Vec<i16>, HistoryError> {
        if self.next >= self.end {
            return Ok(Vec::new());
        }
        let end = self.end.min(self.next + PIECE);
        let at = |sample: u64| HEADER_LEN as u64 + sample * 2;
        let bytes = self.history.read(&self.recording, at(self.next), at(end)).await?;
        self.next = end;
        Ok(pcm::samples_from_le_bytes(&bytes)
            .map(Iterator::collect)
            .unwrap_or_default())
    }
}

//! Recordings as samples, read as they are needed.

use bytes::Bytes;
use viva_audio::{HEADER_LEN, pcm};
use viva_domain::turns::Recording;

use super::{History, HistoryError};

const BYTES_PER_SAMPLE: u64 = 2;
/// Samples of a recording that are read at once: a storage far away takes its time for each request.
const READ: u64 = 64 * 1024;
/// Bytes that are handed on at once: resampled, they take less than 500 µs.
const PIECE: usize = 8 * 1024;

/// A part of a recording.
pub(super) struct Samples {
    history: History,
    recording: Recording,
    next: u64,
    end: u64,
    /// What was read and not handed on yet.
    read: Bytes,
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
        let stored = len.saturating_sub(HEADER_LEN as u64) / BYTES_PER_SAMPLE;
        Ok(Some(Self {
            history: history.clone(),
            recording: recording.clone(),
            next: first,
            end: end.min(stored),
            read: Bytes::new(),
        }))
    }

    /// The next ones; none when all were read.
    pub(super) async fn next(&mut self) -> Result<Vec<i16>, HistoryError> {
        if self.read.is_empty() && self.next < self.end {
            let end = self.end.min(self.next + READ);
            let at = |sample: u64| HEADER_LEN as u64 + sample * BYTES_PER_SAMPLE;
            self.read = self.history.read(&self.recording, at(self.next), at(end)).await?;
            self.next = end;
        }
        let piece = self.read.split_to(self.read.len().min(PIECE));
        Ok(pcm::samples_from_le_bytes(&piece)
            .map(Iterator::collect)
            .unwrap_or_default())
    }
}

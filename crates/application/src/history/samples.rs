//! Recordings as samples, read as they are needed.

use std::ops::Range;

use bytes::BytesMut;
use futures_util::TryStreamExt;
use viva_audio::{HEADER_LEN, pcm};
use viva_domain::ports::{BlobBytes, OpenBlob};

use super::HistoryError;

const BYTES_PER_SAMPLE: usize = 2;
/// Samples that are handed on at once: resampled, they take less than 500 µs.
const PIECE: u64 = 4 * 1024;
/// So many samples are read for nothing before the storage is asked anew.
const SURPLUS: u64 = 128 * 1024;

/// A recording that is being read, from its beginning to its end.
pub(super) struct Samples {
    bytes: BlobBytes,
    /// What was read and not handed on yet.
    read: BytesMut,
    /// The sample that comes next.
    next: u64,
    /// The part that is wanted.
    part: Range<u64>,
}

impl Samples {
    /// Where samples are in a file. One that is cut short has only the first of them.
    pub(super) fn bytes(samples: Range<u64>) -> Range<u64> {
        let at = |sample: u64| {
            let bytes = sample.saturating_mul(BYTES_PER_SAMPLE as u64);
            bytes.saturating_add(HEADER_LEN as u64)
        };
        at(samples.start)..at(samples.end)
    }

    /// Reads these samples of a file that was opened where the first of them is.
    pub(super) fn of(blob: OpenBlob, part: Range<u64>) -> Self {
        Self {
            bytes: blob.bytes,
            read: BytesMut::new(),
            next: part.start,
            part,
        }
    }

    /// Reads another part, if it comes soon after what was read.
    pub(super) fn go_on_with(mut self, part: Range<u64>) -> Option<Self> {
        let surplus = part.start.checked_sub(self.next)?;
        self.part = part;
        (surplus <= SURPLUS).then_some(self)
    }

    /// The next ones; none when all were read.
    pub(super) async fn next(&mut self) -> Result<Vec<i16>, HistoryError> {
        while self.next < self.part.start {
            let surplus = self.part.start - self.next;
            if self.take(surplus).await?.is_empty() {
                return Ok(Vec::new());
            }
        }
        let wanted = self.part.end.saturating_sub(self.next);
        let piece = self.take(wanted).await?;
        Ok(pcm::samples_from_le_bytes(&piece)
            .map(Iterator::collect)
            .unwrap_or_default())
    }

    /// At most so many samples; none when there are no more.
    async fn take(&mut self, most: u64) -> Result<BytesMut, HistoryError> {
        let wanted = usize::try_from(most.min(PIECE)).unwrap_or_default() * BYTES_PER_SAMPLE;
        while self.read.len() < wanted {
            match self.bytes.try_next().await? {
                Some(bytes) => self.read.extend_from_slice(&bytes),
                None => break,
            }
        }
        let whole = self.read.len().min(wanted) / BYTES_PER_SAMPLE;
        self.next += whole as u64;
        Ok(self.read.split_to(whole * BYTES_PER_SAMPLE))
    }
}

//! Everything of a session in one archive, of which only a moment is in memory.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use ::zip::result::ZipError;
use ::zip::write::{SimpleFileOptions, StreamWriter};
use ::zip::{CompressionMethod, ZipWriter};
use axum::body::Bytes;
use chrono::{DateTime, Datelike, Timelike, Utc};
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt, TryStreamExt};
use thiserror::Error;
use viva_application::history::{Export, ExportedRecording, History, HistoryError, Stereo};

use super::super::file_name;
use super::super::recordings::placed;
use super::{csv, json};

/// Bytes that are compressed at once, which takes less than 500 µs, and sent at once.
const BLOCK: usize = 16 * 1024;
/// Sound gets hardly smaller by trying harder, and silence is small at once.
const COMPRESSION_LEVEL: i64 = 1;
/// From here on, a file's sizes are written as ZIP64.
const LARGE: u64 = 4_000_000_000;

/// Why an archive breaks off.
#[derive(Debug, Error)]
pub(super) enum ArchiveError {
    /// What belongs in it cannot be read.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// It cannot be written.
    #[error("the archive cannot be written")]
    Zip(#[from] ZipError),
    /// It cannot be compressed.
    #[error("the archive cannot be compressed")]
    Compress(#[from] io::Error),
}

/// What in an archive is no sound.
pub(super) struct Texts {
    json: Vec<u8>,
    csv: Vec<u8>,
}

/// Why it cannot be written.
#[derive(Debug, Error)]
pub(super) enum TextsError {
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Csv(#[from] ::csv::Error),
}

impl Texts {
    pub(super) fn of(export: &Export) -> Result<Self, TextsError> {
        Ok(Self {
            json: json::file(&export.record)?,
            csv: csv::file(&export.record)?,
        })
    }
}

/// An archive that is written while it is read.
pub(super) struct Archive {
    history: History,
    options: SimpleFileOptions,
    /// `None` when all was written.
    writer: Option<ZipWriter<StreamWriter<Written>>>,
    written: Written,
    entries: VecDeque<Entry>,
    /// What is left of the entry that is being written.
    content: Option<BoxStream<'static, Result<Bytes, HistoryError>>>,
}

/// A file that shall be in it.
enum Entry {
    Bytes(&'static str, Bytes),
    Conversation(Box<Stereo>),
    Recording(String, ExportedRecording),
}

impl Archive {
    pub(super) fn new(history: History, export: &Export, texts: Texts) -> Result<Self, HistoryError> {
        let record = &export.record;
        let mut entries = VecDeque::from([
            Entry::Bytes("session.json", texts.json.into()),
            Entry::Bytes("turns.csv", texts.csv.into()),
        ]);
        match history.stereo(export) {
            Ok(stereo) => {
                entries.push_back(Entry::Conversation(Box::new(stereo)));
                entries.extend(placed(record).filter_map(|placed| {
                    let turn = record.turns.get(placed.turn)?.number.get();
                    let name = file_name::in_archive(turn, placed.side);
                    Some(Entry::Recording(name, export.recording(placed.recording)))
                }));
            }
            // `session.json` says so.
            Err(HistoryError::Purged(_)) => {}
            Err(err) => return Err(err),
        }
        let written = Written::default();
        Ok(Self {
            history,
            options: options(record.session.started_at),
            writer: Some(ZipWriter::new_stream(written.clone())),
            written,
            entries,
            content: None,
        })
    }

    /// The archive's bytes, made as they are taken. Who drops it stops the work.
    pub(super) fn into_stream(self) -> impl Stream<Item = Result<Bytes, ArchiveError>> + Send + 'static {
        stream::try_unfold(self, |mut archive| async move {
            while archive.writer.is_some() && archive.written.len() < BLOCK {
                archive.write_on().await?;
            }
            let bytes = archive.written.take();
            Ok((!bytes.is_empty()).then_some((bytes, archive)))
        })
    }

    /// Writes the next block, or begins the next entry, or ends.
    async fn write_on(&mut self) -> Result<(), ArchiveError> {
        if let Some(content) = &mut self.content {
            match content.try_next().await? {
                Some(bytes) => self.write(&bytes).await?,
                None => self.content = None,
            }
            return Ok(());
        }
        match self.entries.pop_front() {
            Some(entry) => self.begin(entry).await?,
            None => {
                if let Some(writer) = self.writer.take() {
                    writer.finish()?;
                }
            }
        }
        Ok(())
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        let effort = self.history.effort();
        for block in bytes.chunks(BLOCK) {
            if let Some(writer) = &mut self.writer {
                effort.spend(|| writer.write_all(block)).await?;
            }
        }
        Ok(())
    }

    async fn begin(&mut self, entry: Entry) -> Result<(), ArchiveError> {
        let (name, len, content) = match entry {
            Entry::Bytes(name, bytes) => {
                let len = bytes.len() as u64;
                (name.to_owned(), len, stream::iter([Ok(bytes)]).boxed())
            }
            Entry::Conversation(stereo) => {
                let len = stereo.file_len();
                ("conversation.wav".to_owned(), len, stereo.into_stream().boxed())
            }
            Entry::Recording(name, recording) => {
                let opened = self.history.open_exported(&recording, 0..u64::MAX).await?;
                let Some(opened) = opened else {
                    return Ok(()); // It is not stored yet.
                };
                (name, opened.len, opened.bytes.err_into().boxed())
            }
        };
        if let Some(writer) = &mut self.writer {
            writer.start_file(name, self.options.large_file(len >= LARGE))?;
        }
        self.content = Some(content);
        Ok(())
    }
}

/// Everything in it is as old as the session, which ZIP tells to 2 s, from 1980 on.
fn options(began: DateTime<Utc>) -> SimpleFileOptions {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(COMPRESSION_LEVEL));
    let narrow = |value: u32| u8::try_from(value).unwrap_or_default();
    let time = ::zip::DateTime::from_date_and_time(
        u16::try_from(began.year()).unwrap_or_default(),
        narrow(began.month()),
        narrow(began.day()),
        narrow(began.hour()),
        narrow(began.minute()),
        narrow(began.second()),
    );
    options.last_modified_time(time.unwrap_or_default())
}

/// What was written and not taken yet.
#[derive(Debug, Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn take(&self) -> Bytes {
        let mut bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *bytes).into()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

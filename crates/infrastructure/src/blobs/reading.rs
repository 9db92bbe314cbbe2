//! Reads a file while it is taken. Whoever takes it slowly lets a connection to a bucket wait until it breaks off; then reading
//! goes on where it was, in the same version of the file.

use std::io;
use std::io::SeekFrom;
use std::ops::Range;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use object_store::client::HttpError;
use object_store::path::Path as ObjectPath;
use object_store::{
    Error as ObjectError, GetOptions, GetRange, GetResult, GetResultPayload, ObjectStore, ObjectStoreExt,
};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tracing::debug;
use viva_domain::ports::Source;

use super::found;

/// Bytes that are read of a local file at once.
const PIECE: u64 = 64 * 1024;

type Pieces = BoxStream<'static, Result<Bytes, Source>>;

/// A file that is open.
pub(super) struct Opened {
    /// The length of all of it.
    pub(super) len: u64,
    /// What was asked for.
    pub(super) pieces: Pieces,
}

impl Opened {
    fn empty(len: u64) -> Self {
        Self {
            len,
            pieces: stream::empty().boxed(),
        }
    }
}

/// Opens these bytes of a file, as far as there are any; `None` when there is no such file.
pub(super) async fn open(
    store: &Arc<dyn ObjectStore>,
    path: ObjectPath,
    wanted: Range<u64>,
) -> Result<Option<Opened>, ObjectError> {
    if wanted.is_empty() {
        let meta = found(store.head(&path).await)?;
        return Ok(meta.map(|meta| Opened::empty(meta.size)));
    }
    let options = GetOptions {
        range: range(&wanted),
        ..GetOptions::default()
    };
    let got = match found(store.get_opts(&path, options).await) {
        Ok(Some(got)) => got,
        Ok(None) => return Ok(None),
        Err(err) if is_unanswered(&err) => return Err(err),
        // What lies beyond the end of a file cannot be asked for, nor can any of an empty one.
        Err(err) => {
            return match found(store.head(&path).await)? {
                Some(meta) if meta.size <= wanted.start => Ok(Some(Opened::empty(meta.size))),
                Some(_) => Err(err),
                None => Ok(None),
            };
        }
    };
    let len = got.meta.size;
    let reading = Reading {
        store: Arc::clone(store),
        path,
        tag: got.meta.e_tag.clone(),
        left: got.range.clone(),
        has_progressed: false,
        body: body(got),
    };
    let pieces = stream::try_unfold(reading, |mut reading| async {
        Ok(reading.next().await?.map(|piece| (piece, reading)))
    });
    Ok(Some(Opened {
        len,
        pieces: pieces.boxed(),
    }))
}

/// `None` for all of it, which an empty file has as well.
fn range(wanted: &Range<u64>) -> Option<GetRange> {
    match wanted {
        Range {
            start: 0,
            end: u64::MAX,
        } => None,
        Range { start, end: u64::MAX } => Some(GetRange::Offset(*start)),
        bounded => Some(GetRange::Bounded(bounded.clone())),
    }
}

/// Whether the store said nothing, so that it need not be asked what it meant.
fn is_unanswered(err: &ObjectError) -> bool {
    let first: &(dyn std::error::Error + 'static) = err;
    std::iter::successors(Some(first), |err| err.source()).any(<dyn std::error::Error>::is::<HttpError>)
}

/// A file that is being read.
struct Reading {
    store: Arc<dyn ObjectStore>,
    path: ObjectPath,
    /// Its version, if the store tells them apart.
    tag: Option<String>,
    /// What was not read yet.
    left: Range<u64>,
    /// Whether anything came since the store was asked the last time.
    has_progressed: bool,
    body: Pieces,
}

impl Reading {
    /// The next piece; `None` when all was read.
    async fn next(&mut self) -> Result<Option<Bytes>, Source> {
        while !self.left.is_empty() {
            match self.body.next().await {
                Some(Ok(mut piece)) => {
                    let left = self.left.end - self.left.start;
                    piece.truncate(usize::try_from(left).unwrap_or(usize::MAX));
                    if !piece.is_empty() {
                        self.left.start += piece.len() as u64;
                        self.has_progressed = true;
                        return Ok(Some(piece));
                    }
                }
                Some(Err(err)) => self.go_on_after(err).await?,
                None => {
                    let ended = io::Error::from(io::ErrorKind::UnexpectedEof);
                    self.go_on_after(ended.into()).await?;
                }
            }
        }
        Ok(None)
    }

    /// Asks for the rest, if anything came since it was asked for before.
    async fn go_on_after(&mut self, err: Source) -> Result<(), Source> {
        if !self.has_progressed || self.tag.is_none() {
            return Err(err);
        }
        debug!(event = "storage.read_resumed", blob.key = %self.path, error = &*err as &dyn std::error::Error,
            "The storage broke off at byte {}; asking for the rest", self.left.start);
        let options = GetOptions {
            range: Some(GetRange::Bounded(self.left.clone())),
            if_match: self.tag.clone(),
            ..GetOptions::default()
        };
        let got = self.store.get_opts(&self.path, options).await?;
        if got.meta.e_tag != self.tag || got.range != self.left {
            return Err(err);
        }
        self.has_progressed = false;
        self.body = body(got);
        Ok(())
    }
}

fn body(got: GetResult) -> Pieces {
    match got.payload {
        GetResultPayload::File(file, _) => of_file(File::from_std(file), got.range),
        GetResultPayload::Stream(pieces) => pieces.map_err(Source::from).boxed(),
    }
}

fn of_file(mut file: File, range: Range<u64>) -> Pieces {
    let sought = async move {
        file.seek(SeekFrom::Start(range.start)).await?;
        Ok::<_, Source>(stream::try_unfold(
            file.take(range.end - range.start),
            |mut file| async {
                let mut piece = BytesMut::new();
                piece.reserve(usize::try_from(file.limit().min(PIECE)).unwrap_or_default());
                let is_more = file.read_buf(&mut piece).await? > 0;
                Ok::<_, Source>(is_more.then(|| (piece.freeze(), file)))
            },
        ))
    };
    stream::once(sought).try_flatten().boxed()
}

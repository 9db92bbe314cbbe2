use std::collections::VecDeque;
use std::io;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use tokio_util::sync::CancellationToken;

use super::record::Note;
use super::{ChatScript, ChatStep, ChatVendor};

/// An answer that is being written to a client.
struct Writing {
    vendor: ChatVendor,
    steps: VecDeque<ChatStep>,
    pieces: VecDeque<Bytes>,
    note: Note,
    stop: CancellationToken,
    /// Called as the first text goes out.
    on_first_text: Option<Box<dyn FnOnce() + Send>>,
    is_over: bool,
}

/// The body of an answer.
pub(super) fn body(
    vendor: ChatVendor,
    script: ChatScript,
    note: Note,
    stop: CancellationToken,
    on_first_text: impl FnOnce() + Send + 'static,
) -> Body {
    let writing = Writing {
        vendor,
        steps: script.steps.into(),
        pieces: pieces(&vendor.opening()),
        note,
        stop,
        on_first_text: Some(Box::new(on_first_text)),
        is_over: false,
    };
    let written = stream::unfold(writing, |mut writing| async move {
        let piece = writing.next().await?;
        Some((piece, writing))
    });
    Body::from_stream(written)
}

impl Writing {
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        loop {
            if let Some(piece) = self.pieces.pop_front() {
                // What was written before goes out by itself: bytes that are ready together would leave together.
                tokio::task::yield_now().await;
                return Some(Ok(piece));
            }
            if self.is_over {
                self.note.finish();
                return None;
            }
            match self.steps.pop_front() {
                Some(ChatStep::Wait(time)) => tokio::time::sleep(time).await,
                Some(ChatStep::Text(text)) => {
                    if let Some(tell) = self.on_first_text.take() {
                        tell();
                    }
                    self.pieces = pieces(&self.vendor.text(&text));
                }
                Some(ChatStep::Overloaded) => {
                    self.is_over = true;
                    self.pieces = pieces(&self.vendor.overloaded());
                }
                Some(ChatStep::Done) => {
                    self.is_over = true;
                    self.pieces = pieces(&self.vendor.closing());
                }
                Some(ChatStep::EndEarly) => self.is_over = true,
                Some(ChatStep::HangUp) => {
                    // Whatever is not on its way yet would be lost.
                    tokio::task::yield_now().await;
                    self.note.finish();
                    return Some(Err(io::ErrorKind::ConnectionReset.into()));
                }
                None => {
                    self.stop.cancelled().await;
                    self.note.finish();
                    return Some(Err(io::ErrorKind::ConnectionReset.into()));
                }
            }
        }
    }
}

/// Cuts text where nobody expects it: odd, in the middle of lines and letters.
fn pieces(text: &str) -> VecDeque<Bytes> {
    const PIECE: usize = 37;
    text.as_bytes()
        .chunks(PIECE)
        .map(Bytes::copy_from_slice)
        .collect()
}

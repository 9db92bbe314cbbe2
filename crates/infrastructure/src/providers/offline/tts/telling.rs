//! One text, as it is spoken.

use std::future::pending;

use futures_util::StreamExt;
use futures_util::stream;
use tokio::time::Instant;
use viva_domain::ports::{ProviderError, ProviderErrorKind, SpeechPart, SpeechStream};

use super::super::options::FaultKind;
use super::super::pieces::Pieces;
use super::super::voice::Prepared;
use super::super::{failure, scripted_failure, until};
use super::config::Options;

/// A text that is being spoken.
#[derive(Debug)]
pub(super) struct Telling {
    options: Options,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Preparing { prepared: Prepared, asked: Instant },
    Telling { pieces: Pieces, began: Instant },
    Over,
}

impl Telling {
    /// Speaks what was prepared as the options want it; it was asked for at that time.
    pub(super) fn new(prepared: Prepared, options: Options, asked: Instant) -> Self {
        Self {
            options,
            stage: Stage::Preparing { prepared, asked },
        }
    }

    /// Every piece in its time.
    pub(super) fn stream(self) -> SpeechStream {
        let next = |mut telling: Self| async {
            let piece = telling.next().await?;
            Some((piece.map(SpeechPart::Audio), telling))
        };
        stream::unfold(self, next).fuse().boxed()
    }

    /// The next piece or the failure; `None` when nothing follows.
    async fn next(&mut self) -> Option<Result<Vec<i16>, ProviderError>> {
        if let Stage::Preparing { prepared, asked } = &mut self.stage {
            let due = *asked + self.options.delay;
            let spoken = prepared.speech().await;
            until(due).await;
            match spoken {
                Ok(speech) => {
                    self.stage = Stage::Telling {
                        pieces: Pieces::new(speech, self.options.chunk_ms, self.options.lead_silence_ms),
                        began: Instant::now(),
                    };
                }
                Err(err) => return Some(Err(self.end_with(err))),
            }
        }
        let Stage::Telling { pieces, began } = &mut self.stage else {
            return None;
        };
        until(*began + pieces.due(self.options.pace)).await;
        if let Some(fault) = self.options.faults.of_any()
            && fault.after == pieces.taken()
            && !pieces.is_over()
        {
            let err = match fault.kind {
                FaultKind::Fail => scripted_failure(),
                FaultKind::Hang => pending().await,
                FaultKind::Drop => failure(ProviderErrorKind::Unavailable, None),
            };
            return Some(Err(self.end_with(err)));
        }
        pieces.next().map(Ok)
    }

    fn end_with(&mut self, err: ProviderError) -> ProviderError {
        self.stage = Stage::Over;
        err
    }
}

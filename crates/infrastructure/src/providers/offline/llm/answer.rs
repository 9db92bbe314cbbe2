//! One answer, as it is written.

use std::collections::VecDeque;
use std::future::pending;

use futures_util::StreamExt;
use futures_util::stream;
use tokio::time::Instant;
use viva_domain::ports::{LanguageModelEvent, LanguageModelStream, ProviderError};

use super::super::options::{Fault, FaultKind};
use super::super::words::words;
use super::super::{scripted_failure, until};
use super::config::Options;

/// An answer that is being written.
#[derive(Debug)]
pub(super) struct Answer {
    tokens: VecDeque<String>,
    /// Tokens that were told.
    told: u32,
    options: Options,
    fault: Option<Fault>,
    asked: Instant,
    is_over: bool,
}

impl Answer {
    /// Writes `text` as the options want it for answer `turn`, which was asked for at that time.
    pub(super) fn new(text: &str, options: Options, turn: u16, asked: Instant) -> Self {
        Self {
            tokens: words(text).map(str::to_owned).collect(),
            told: 0,
            fault: options.faults.of(turn),
            options,
            asked,
            is_over: false,
        }
    }

    /// Every token in its time.
    pub(super) fn stream(self) -> LanguageModelStream {
        let next = |mut answer: Self| async {
            let event = answer.next().await?;
            Some((event, answer))
        };
        stream::unfold(self, next).fuse().boxed()
    }

    /// The next token, the end or the failure; `None` when nothing follows.
    async fn next(&mut self) -> Option<Result<LanguageModelEvent, ProviderError>> {
        if self.is_over {
            return None;
        }
        let Some(token) = self.tokens.pop_front() else {
            self.is_over = true;
            return Some(Ok(LanguageModelEvent::Done { usage: None }));
        };
        until(self.asked + self.options.due(self.told)).await;
        if let Some(fault) = self.fault
            && fault.after == self.told
        {
            self.is_over = true;
            return match fault.kind {
                FaultKind::Fail => Some(Err(scripted_failure())),
                FaultKind::Hang => pending().await,
                FaultKind::Drop => None,
            };
        }
        self.told += 1;
        Some(Ok(LanguageModelEvent::Delta(token)))
    }
}

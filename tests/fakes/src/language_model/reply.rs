use std::collections::VecDeque;
use std::time::Duration;

use viva_domain::ports::{LanguageModelEvent, ProviderError, ProviderErrorKind};
use viva_domain::turns::Usage;

use super::PROVIDER;

/// What the model writes after one request, in order. It is cut off where the steps end without one that ends it.
///
/// ```
/// # use std::time::Duration;
/// # use viva_fakes::Reply;
/// let reply = Reply::new()
///     .wait(Duration::from_millis(200))
///     .text("Once upon")
///     .wait(Duration::from_millis(30))
///     .text(" a time.")
///     .done();
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Reply {
    pub(super) steps: VecDeque<Step>,
}

#[derive(Debug, Clone)]
pub(super) enum Step {
    Wait(Duration),
    Write(LanguageModelEvent),
    Fail(ProviderErrorKind),
    /// Nothing follows, and it does not end.
    Hang,
}

impl Reply {
    /// Nothing at all: cut off before the first word.
    pub fn new() -> Self {
        Self::default()
    }

    /// A complete answer at once, in one piece.
    pub fn written(text: &str) -> Self {
        Self::new().text(text).done()
    }

    /// Time passes on tokio's clock.
    pub fn wait(self, time: Duration) -> Self {
        self.step(Step::Wait(time))
    }

    /// More text.
    pub fn text(self, delta: &str) -> Self {
        self.step(Step::Write(LanguageModelEvent::Delta(delta.to_owned())))
    }

    /// The answer is complete.
    pub fn done(self) -> Self {
        let usage = Some(Usage {
            input_tokens: Some(10),
            output_tokens: Some(20),
        });
        self.step(Step::Write(LanguageModelEvent::Done { usage }))
    }

    /// The answer fails and ends.
    pub fn fails(self, kind: ProviderErrorKind) -> Self {
        self.step(Step::Fail(kind))
    }

    /// Nothing more comes, and the answer does not end.
    pub fn hangs(self) -> Self {
        self.step(Step::Hang)
    }

    fn step(mut self, step: Step) -> Self {
        self.steps.push_back(step);
        self
    }
}

pub(super) fn failure(kind: ProviderErrorKind) -> ProviderError {
    ProviderError {
        kind,
        provider: PROVIDER.to_owned(),
        retry_after: None,
        source: None,
    }
}

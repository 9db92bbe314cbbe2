use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use viva_domain::ports::{ProviderErrorKind, SpeechToTextEventKind};

use crate::desk::failure;

/// What the ears do after one order to write down, in order.
///
/// ```
/// # use std::time::Duration;
/// # use viva_fakes::Transcript;
/// let transcript = Transcript::new()
///     .partial("Tell me")
///     .wait(Duration::from_millis(150))
///     .text("Tell me a story.");
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Transcript {
    pub(super) steps: VecDeque<Step>,
}

#[derive(Debug, Clone)]
pub(super) enum Step {
    Wait(Duration),
    Say(SpeechToTextEventKind),
    HangUp,
}

impl Transcript {
    /// Nothing at all: the provider never answers.
    pub fn new() -> Self {
        Self::default()
    }

    /// This final text at once.
    pub fn of(text: &str) -> Self {
        Self::new().text(text)
    }

    /// Time passes on tokio's clock.
    pub fn wait(self, time: Duration) -> Self {
        self.step(Step::Wait(time))
    }

    /// What is understood so far.
    pub fn partial(self, text: &str) -> Self {
        self.say(SpeechToTextEventKind::Partial(text.to_owned()))
    }

    /// What was said; the answer to the order.
    pub fn text(self, text: &str) -> Self {
        self.say(SpeechToTextEventKind::Final(text.to_owned()))
    }

    /// It cannot be written down; the conversation goes on.
    pub fn fails(self, kind: ProviderErrorKind) -> Self {
        self.say(SpeechToTextEventKind::FinalFailed(Arc::new(failure(kind))))
    }

    /// The provider says that the conversation cannot go on, and closes it.
    pub fn breaks_off(self, kind: ProviderErrorKind) -> Self {
        self.say(SpeechToTextEventKind::Failed(Arc::new(failure(kind))))
            .hangs_up()
    }

    /// The provider closes the session without a word.
    pub fn hangs_up(self) -> Self {
        self.step(Step::HangUp)
    }

    /// Any event.
    pub fn say(self, kind: SpeechToTextEventKind) -> Self {
        self.step(Step::Say(kind))
    }

    fn step(mut self, step: Step) -> Self {
        self.steps.push_back(step);
        self
    }
}

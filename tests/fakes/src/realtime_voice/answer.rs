use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use viva_domain::ports::{ProviderErrorKind, RealtimeEventKind};
use viva_domain::turns::Usage;

use crate::desk::failure;

/// What the voice does after one commit or greeting, in order; an interruption drops the rest.
///
/// ```
/// # use std::time::Duration;
/// # use viva_fakes::Answer;
/// let answer = Answer::new()
///     .transcript("Tell me a story.")
///     .wait(Duration::from_millis(300))
///     .started()
///     .text("Once upon a time.")
///     .audio(2_400)
///     .done();
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Answer {
    pub(super) steps: VecDeque<Step>,
}

#[derive(Debug, Clone)]
pub(super) enum Step {
    Wait(Duration),
    Say(RealtimeEventKind),
    HangUp,
}

impl Answer {
    /// Nothing at all: the provider stays silent.
    pub fn new() -> Self {
        Self::default()
    }

    /// A complete answer at once: started, text, this many samples, done.
    pub fn spoken(text: &str, samples: usize) -> Self {
        Self::new().started().text(text).audio(samples).done()
    }

    /// Time passes on tokio's clock.
    pub fn wait(self, time: Duration) -> Self {
        self.step(Step::Wait(time))
    }

    /// What the user said, final.
    pub fn transcript(self, text: &str) -> Self {
        self.say(RealtimeEventKind::UserTranscript {
            text: text.to_owned(),
            is_final: true,
        })
    }

    /// The answer begins.
    pub fn started(self) -> Self {
        self.say(RealtimeEventKind::ResponseStarted)
    }

    /// More text.
    pub fn text(self, delta: &str) -> Self {
        self.say(RealtimeEventKind::TextDelta(delta.to_owned()))
    }

    /// One piece of audio: a ramp, so that no sample is silent and lost ones are noticed.
    pub fn audio(self, samples: usize) -> Self {
        self.say(RealtimeEventKind::Audio(
            (1..=1_000).cycle().take(samples).collect(),
        ))
    }

    /// The answer is complete.
    pub fn done(self) -> Self {
        self.say(RealtimeEventKind::ResponseDone {
            usage: Some(Usage {
                input_tokens: Some(10),
                output_tokens: Some(20),
            }),
        })
    }

    /// The answer fails; the conversation goes on.
    pub fn fails(self, kind: ProviderErrorKind) -> Self {
        self.say(RealtimeEventKind::ResponseFailed(Arc::new(failure(kind))))
    }

    /// The provider says that the conversation cannot go on, and closes it.
    pub fn breaks_off(self, kind: ProviderErrorKind) -> Self {
        self.say(RealtimeEventKind::Failed(Arc::new(failure(kind))))
            .hangs_up()
    }

    /// The provider closes the conversation without a word.
    pub fn hangs_up(self) -> Self {
        self.step(Step::HangUp)
    }

    /// Any event.
    pub fn say(self, kind: RealtimeEventKind) -> Self {
        self.step(Step::Say(kind))
    }

    fn step(mut self, step: Step) -> Self {
        self.steps.push_back(step);
        self
    }
}

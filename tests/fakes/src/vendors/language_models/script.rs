use std::time::Duration;

/// What a server does with one request, in order; without an end it hangs.
///
/// ```
/// # use std::time::Duration;
/// # use viva_fakes::vendors::language_models::ChatScript;
/// let script = ChatScript::new()
///     .wait(Duration::from_millis(200))
///     .text("Once upon")
///     .text(" a time.")
///     .done();
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct ChatScript {
    /// Before the headers of the response.
    pub(super) accept_delay: Duration,
    pub(super) refuse: Option<(u16, Option<Duration>)>,
    pub(super) steps: Vec<ChatStep>,
}

/// What a server does within an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChatStep {
    /// Time passes.
    Wait(Duration),
    /// More text.
    Text(String),
    /// The vendor's error within an answer; nothing follows.
    Overloaded,
    /// The connection breaks.
    HangUp,
    /// The answer ends as the vendor ends it.
    Done,
    /// The body ends without what ends an answer.
    EndEarly,
}

impl ChatScript {
    /// Nothing: the server accepts the request and hangs.
    pub fn new() -> Self {
        Self::default()
    }

    /// A complete answer, a word at a time.
    pub fn answering(text: &str) -> Self {
        let words = text.split_inclusive(' ');
        words.fold(Self::new(), Self::text).done()
    }

    /// A refusal with this status.
    pub fn refusing(status: u16, retry_after: Option<Duration>) -> Self {
        Self {
            refuse: Some((status, retry_after)),
            ..Self::new()
        }
    }

    /// The headers of the response, or the refusal, take this long.
    pub fn accepting_after(self, delay: Duration) -> Self {
        Self {
            accept_delay: delay,
            ..self
        }
    }

    /// Time passes.
    pub fn wait(self, time: Duration) -> Self {
        self.step(ChatStep::Wait(time))
    }

    /// More text.
    pub fn text(self, text: &str) -> Self {
        self.step(ChatStep::Text(text.to_owned()))
    }

    /// The answer is complete.
    pub fn done(self) -> Self {
        self.step(ChatStep::Done)
    }

    /// The vendor breaks off its answer with an error.
    pub fn overloaded(self) -> Self {
        self.step(ChatStep::Overloaded)
    }

    /// The connection breaks.
    pub fn hangs_up(self) -> Self {
        self.step(ChatStep::HangUp)
    }

    /// The body ends, but the answer does not.
    pub fn ends_early(self) -> Self {
        self.step(ChatStep::EndEarly)
    }

    fn step(mut self, step: ChatStep) -> Self {
        self.steps.push(step);
        self
    }
}

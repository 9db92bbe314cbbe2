//! What a test writes down for servers that hear.

use std::time::Duration;

/// What the server understands of an utterance.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Spoken {
    pub(super) interims: Vec<String>,
    pub(super) segments: Vec<String>,
    pub(super) text: String,
    pub(super) delay: Duration,
    pub(super) fault: Option<Fault>,
}

/// What goes wrong instead of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    Hang,
    Cut,
    Close(u16, String),
    Error(String, String),
}

impl Spoken {
    /// This text, as soon as it is asked for.
    pub fn of(text: &str) -> Self {
        Self {
            interims: Vec::new(),
            segments: Vec::new(),
            text: text.to_owned(),
            delay: Duration::ZERO,
            fault: None,
        }
    }

    /// What is understood so far, told as soon as speech begins.
    pub fn interim(mut self, text: &str) -> Self {
        self.interims.push(text.to_owned());
        self
    }

    /// A part that is final before the end (v1), told after what is understood so far.
    pub fn segment(mut self, text: &str) -> Self {
        self.segments.push(text.to_owned());
        self
    }

    /// Exact time to the answer: from the order to end the utterance, from the beginning of the request that carries it, or where
    /// the vendor finds turns from the end of the silence that ends one.
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Never answers.
    pub fn hangs(self) -> Self {
        self.fails(Fault::Hang)
    }

    /// Breaks the connection off instead of answering.
    pub fn cuts(self) -> Self {
        self.fails(Fault::Cut)
    }

    /// Closes the connection with a code instead of answering.
    pub fn closes(self, code: u16, reason: &str) -> Self {
        self.fails(Fault::Close(code, reason.to_owned()))
    }

    /// Sends an error with this code and description instead of answering, and closes.
    pub fn errs(self, code: &str, description: &str) -> Self {
        self.fails(Fault::Error(code.to_owned(), description.to_owned()))
    }

    fn fails(mut self, fault: Fault) -> Self {
        self.fault = Some(fault);
        self
    }
}

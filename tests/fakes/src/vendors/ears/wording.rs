//! What a vendor says and takes.

use crate::vendors::line::{Incoming, Line};
use crate::vendors::spoken::Spoken;

/// One connection's side of a vendor's protocol. It does no I/O.
pub(super) trait Wording: Send {
    /// Whether an order is answered although there is nothing to write down.
    const ANSWERS_SILENCE: bool;

    /// What is said as soon as there is a connection.
    fn welcome(&mut self) -> Vec<String>;

    /// What a client's message asks for.
    fn read(&mut self, incoming: Incoming, line: &Line) -> Result<Vec<Act>, Wrong>;

    /// What is said when something is heard that is going to be understood so.
    fn began(&mut self, spoken: &Spoken) -> Vec<String>;

    /// What is said when all of it is written down.
    fn answer(&mut self, text: &str) -> Vec<String>;

    /// What is said when something is wrong, and the code with which the connection is closed after it, if it is.
    fn complain(&mut self, wrong: &Wrong) -> (Vec<String>, Option<u16>);
}

/// What a client asks for.
#[derive(Debug)]
pub(super) enum Act {
    Hear(Vec<i16>),
    /// Write down what was heard.
    Finalize,
    /// An answer at once.
    Say(String),
    /// The connection is of no use any more.
    Close,
}

/// What is wrong with a message.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) code: String,
    pub(super) message: String,
}

impl Wrong {
    pub(super) fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
        }
    }
}

use std::net::SocketAddr;
use std::time::Instant;

use serde_json::Value;
use tokio::sync::watch;

/// A request that a server got.
#[derive(Debug, Clone)]
pub struct RecordedChat {
    /// The client's end of the connection.
    pub peer: SocketAddr,
    /// Path and query.
    pub path: String,
    /// Names and values, without those that are no text.
    pub headers: Vec<(String, String)>,
    /// The body; null when it is no JSON.
    pub body: Value,
    /// When it was complete.
    pub at: Instant,
    /// The status that was answered; `None` while none was.
    pub status: Option<u16>,
    /// When the last byte of the answer was handed over; `None` while it is not.
    pub answered: Option<Instant>,
    /// When the client closed its connection before that; `None` when it did not.
    pub closed: Option<Instant>,
}

impl RecordedChat {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Notes what becomes of a request. Dropped before it is finished: the client went away.
pub(super) struct Note {
    recorded: watch::Sender<Vec<RecordedChat>>,
    index: usize,
    is_finished: bool,
}

impl Note {
    pub(super) fn begin(recorded: &watch::Sender<Vec<RecordedChat>>, chat: RecordedChat) -> Self {
        let mut index = 0;
        recorded.send_modify(|chats| {
            index = chats.len();
            chats.push(chat);
        });
        Self {
            recorded: recorded.clone(),
            index,
            is_finished: false,
        }
    }

    pub(super) fn status(&self, status: u16) {
        self.change(|chat| chat.status = Some(status));
    }

    /// The server did what it was told to.
    pub(super) fn finish(&mut self) {
        self.is_finished = true;
        self.change(|chat| chat.answered = Some(Instant::now()));
    }

    fn change(&self, change: impl FnOnce(&mut RecordedChat)) {
        self.recorded.send_modify(|chats| change(&mut chats[self.index]));
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        if !self.is_finished {
            self.change(|chat| chat.closed = Some(Instant::now()));
        }
    }
}

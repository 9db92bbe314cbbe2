use std::time::Duration;

use bytes::{BufMut, BytesMut};
use thiserror::Error;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;
use viva_protocol::ws::{
    AudioFrame, ClientMessage, FrameKind, HEADER_BYTES, Interrupt, MAX_MESSAGE_BYTES, ResumeSession,
    ServerMessage, SessionStarted,
};

use crate::ClientError;
use crate::link::{Incoming, Link};

/// How long [`Conversation::close`] waits for the server's goodbye.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

/// A running session on an open connection.
///
/// Reading and writing happen in the background, so neither waits for the other. Dropping a conversation stops both at
/// once; the server then sees a broken connection, and keeps the session for a while: see [`Conversation::ticket`].
#[derive(Debug)]
pub struct Conversation {
    link: Link,
    ticket: ResumeTicket,
}

/// Something from the server.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A control message.
    Message(ServerMessage),
    /// Audio of the AI.
    Audio {
        /// The audio.
        frame: AudioFrame,
        /// When it came out of the socket.
        arrived: Instant,
    },
    /// The connection is closed; nothing follows.
    Closed {
        /// The WebSocket close code; `None` when the connection broke.
        code: Option<u16>,
        /// What the other side, or the network, said about it.
        reason: String,
    },
}

/// Why audio was not sent. The conversation goes on, unless it is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotSent {
    /// 250 messages are waiting already, so the network does not keep up: the frame is lost.
    #[error("the network does not keep up, the frame was dropped")]
    QueueFull,
    /// More samples than a message may hold.
    #[error("a frame holds at most {} samples", (MAX_MESSAGE_BYTES - HEADER_BYTES) / 2)]
    TooLong,
    /// The connection is closed.
    #[error("the connection is closed")]
    Closed,
}

/// What it takes to resume a session on a new connection: the secret, and how far this client has got.
#[derive(Debug, Clone, PartialEq)]
pub struct ResumeTicket {
    started: Box<SessionStarted>,
    last_received_seq: Option<u32>,
    last_message_seq: Option<u32>,
    next_seq: u32,
}

impl ResumeTicket {
    pub(crate) fn new(started: Box<SessionStarted>, seq: Option<u32>) -> Self {
        Self {
            started,
            last_received_seq: None,
            last_message_seq: seq,
            next_seq: 0,
        }
    }

    pub(crate) fn request(&self) -> ResumeSession {
        ResumeSession {
            session_id: self.started.session_id,
            resume_token: self.started.resume_token.clone(),
            last_received_seq: self.last_received_seq,
            last_message_seq: self.last_message_seq,
        }
    }

    /// Takes note of what arrived. `None` when it had arrived before: a resume may send things twice.
    fn admit(&mut self, incoming: Incoming) -> Option<Event> {
        match incoming {
            Incoming::Message(envelope) => {
                if let Some(seq) = envelope.seq {
                    advance(&mut self.last_message_seq, seq)?;
                }
                Some(Event::Message(envelope.message))
            }
            Incoming::Audio { frame, arrived } => {
                advance(&mut self.last_received_seq, frame.seq)?;
                Some(Event::Audio { frame, arrived })
            }
            Incoming::Closed { code, reason } => Some(Event::Closed { code, reason }),
        }
    }
}

/// Moves `last` on to `seq`, unless `seq` is no newer; sequence numbers wrap.
fn advance(last: &mut Option<u32>, seq: u32) -> Option<()> {
    let is_new = last.is_none_or(|last| seq != last && seq.wrapping_sub(last) < u32::MAX / 2);
    is_new.then(|| *last = Some(seq))
}

impl Conversation {
    pub(crate) fn new(link: Link, ticket: ResumeTicket) -> Self {
        Self { link, ticket }
    }

    /// What the server said when the session started.
    pub fn started(&self) -> &SessionStarted {
        &self.ticket.started
    }

    /// What resumes this session, as of the events taken so far.
    pub fn ticket(&self) -> ResumeTicket {
        self.ticket.clone()
    }

    /// Waits for the next event; `None` after [`Event::Closed`]. Cancel safe: a dropped future loses no event.
    ///
    /// At most 256 events wait here; after that the socket is not read, and the server takes this for a slow client.
    /// Messages that are not understood are logged and skipped.
    pub async fn next_event(&mut self) -> Option<Event> {
        loop {
            let incoming = self.link.incoming.recv().await?;
            if let Some(event) = self.ticket.admit(incoming) {
                return Some(event);
            }
        }
    }

    /// Sends one stretch of the user's audio at the session's input rate. `captured` is when its first sample was
    /// captured, on a clock of the caller's choice, the same for the whole session. Never waits.
    ///
    /// # Errors
    /// [`NotSent`]; a frame that was not sent takes no sequence number.
    pub fn send_audio(&mut self, samples: &[i16], captured: Duration) -> Result<(), NotSent> {
        if HEADER_BYTES + samples.len() * 2 > MAX_MESSAGE_BYTES {
            return Err(NotSent::TooLong);
        }
        let mut payload = BytesMut::with_capacity(samples.len() * 2);
        for sample in samples {
            payload.put_i16_le(*sample);
        }
        let frame = AudioFrame {
            kind: FrameKind::User,
            is_last: false,
            turn_number: 0,
            seq: self.ticket.next_seq,
            position: u64::try_from(captured.as_micros()).unwrap_or(u64::MAX),
            payload: payload.freeze(),
        };
        self.link
            .outgoing
            .try_send(Message::Binary(frame.encode()))
            .map_err(|err| match err {
                TrySendError::Full(_) => NotSent::QueueFull,
                TrySendError::Closed(_) => NotSent::Closed,
            })?;
        self.ticket.next_seq = self.ticket.next_seq.wrapping_add(1);
        Ok(())
    }

    /// Sends a control message; waits while 250 messages are waiting already. Cancel safe: a dropped future has sent
    /// nothing.
    ///
    /// # Errors
    /// [`ClientError::Closed`] when the connection is closed; the next event may tell why.
    pub async fn send(&self, message: &ClientMessage) -> Result<(), ClientError> {
        self.link
            .outgoing
            .send(text(message))
            .await
            .map_err(|_| ClientError::Closed {
                code: None,
                reason: String::new(),
            })
    }

    /// Stops the AI; `played` is how much of its answer had been heard, if that is known.
    ///
    /// # Errors
    /// As [`Conversation::send`].
    pub async fn interrupt(&self, played: Option<Duration>) -> Result<(), ClientError> {
        let played_ms = played.map(|played| played.as_secs_f64() * 1_000.0);
        self.send(&ClientMessage::Interrupt(Interrupt { played_ms }))
            .await
    }

    /// Ends the session. `session_ended` follows, then the connection can be closed.
    ///
    /// # Errors
    /// As [`Conversation::send`].
    pub async fn end(&self) -> Result<(), ClientError> {
        self.send(&ClientMessage::EndSession).await
    }

    /// Closes the connection properly, within 2 s. Events that were not taken are lost.
    pub async fn close(self) {
        if timeout(CLOSE_LIMIT, self.link.close()).await.is_err() {
            tracing::debug!(event = "call.no_goodbye", "The server did not say goodbye");
        }
    }
}

pub(crate) fn text(message: &ClientMessage) -> Message {
    let json = serde_json::to_string(message).expect("only a message that was received can be unknown");
    Message::text(json)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::the_first(None, 0, true)]
    #[case::the_next(Some(4), 5, true)]
    #[case::after_a_gap(Some(4), 9, true)]
    #[case::the_same_again(Some(4), 4, false)]
    #[case::an_older_one(Some(4), 3, false)]
    #[case::the_next_after_the_largest(Some(u32::MAX), 0, true)]
    #[case::the_largest_again_after_zero(Some(0), u32::MAX, false)]
    fn only_what_is_newer_is_admitted(#[case] mut last: Option<u32>, #[case] seq: u32, #[case] is_new: bool) {
        let before = last;
        assert_eq!(advance(&mut last, seq).is_some(), is_new);
        assert_eq!(last, if is_new { Some(seq) } else { before });
    }
}

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use viva_domain::ids::SessionId;
use viva_domain::sessions::Interaction;
use viva_domain::turns::{Event, Limits, TurnNumber, TurnState};

/// Messages on their way to a client; less audio than the outbox keeps for a client that comes back. When it is full the
/// session keeps what follows in its outbox, and hangs up on a client that takes nothing for 5 s.
const LINK_CAPACITY: usize = 8;

/// The session's end of a client's connection.
#[derive(Debug)]
pub struct Link {
    pub(super) outgoing: mpsc::Sender<Outgoing>,
    pub(super) hang_up: oneshot::Sender<HangUp>,
}

/// The connection's end: what to write to the socket. Dropping it tells the session that the client is lost.
#[derive(Debug)]
pub struct LinkEnd {
    /// What to write, in order; it closes when the session is over.
    pub outgoing: mpsc::Receiver<Outgoing>,
    /// Resolves when the connection shall be closed at once, even if a write is stuck.
    pub hung_up: oneshot::Receiver<HangUp>,
}

impl Link {
    /// A link and its end.
    pub fn new() -> (Self, LinkEnd) {
        let (outgoing, outgoing_rx) = mpsc::channel(LINK_CAPACITY);
        let (hang_up, hang_up_rx) = oneshot::channel();
        (
            Self { outgoing, hang_up },
            LinkEnd {
                outgoing: outgoing_rx,
                hung_up: hang_up_rx,
            },
        )
    }
}

/// Why the session hangs up on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HangUp {
    /// It took nothing for 5 s. The session can be resumed.
    SlowClient,
    /// Another connection resumed the session.
    Replaced,
}

/// Something to write to the client.
#[derive(Debug, Clone, PartialEq)]
pub enum Outgoing {
    /// A control message.
    Message {
        /// Its place in the session's stream of messages, from 0; `None` for messages that belong to the connection.
        seq: Option<u32>,
        /// The message.
        message: SessionMessage,
    },
    /// Audio of an answer.
    Audio(AudioOut),
}

/// A control message.
#[derive(Debug, Clone, PartialEq)]
pub enum SessionMessage {
    /// The session runs.
    Started(Box<StartedSession>),
    /// The session was taken back.
    Resumed(ResumedSession),
    /// The mode failed: the client may go on with another one.
    FallbackOffered(Box<FallbackOffer>),
    /// The session goes on with this stack.
    ModeSwitched(Box<SwitchedMode>),
    /// What happens in it; never [`Event::Audio`].
    Event(Event),
}

/// What a client learns about its new session.
#[derive(Clone, PartialEq)]
pub struct StartedSession {
    /// The session.
    pub id: SessionId,
    /// The secret that resumes it.
    pub resume_token: String,
    /// The effective configuration.
    pub interaction: Interaction,
    /// What it may do.
    pub limits: Limits,
}

/// How a session can go on whose mode failed.
#[derive(Debug, Clone, PartialEq)]
pub struct FallbackOffer {
    /// Why it failed, for people.
    pub reason: String,
    /// What the client may switch to.
    pub interaction: Interaction,
}

/// What a session goes on with.
#[derive(Debug, Clone, PartialEq)]
pub struct SwitchedMode {
    /// The effective configuration.
    pub interaction: Interaction,
    /// Why it does, for people; `None` when the client asked for it.
    pub reason: Option<String>,
}

impl std::fmt::Debug for StartedSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StartedSession")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// What a client learns about the session that it took back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResumedSession {
    /// The session.
    pub id: SessionId,
    /// Where the conversation stands.
    pub state: TurnState,
    /// The current turn, or the last one.
    pub turn: Option<TurnNumber>,
}

/// Audio of an answer: PCM16 mono little-endian at the session's output rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioOut {
    /// Rises by one per frame of the session, from 0.
    pub seq: u32,
    /// The turn.
    pub turn: TurnNumber,
    /// Offset of the first sample in the answer; 0 marks the answer's first frame.
    pub position: u64,
    /// The samples.
    pub pcm: Bytes,
    /// Whether the answer's audio ends here.
    pub is_last: bool,
}

impl AudioOut {
    /// Whether the answer begins with this frame: the connection reports when it has written it.
    pub fn is_first(&self) -> bool {
        self.position == 0 && !self.pcm.is_empty()
    }

    /// Offset of the sample after the last one in the answer.
    pub(super) fn end(&self) -> u64 {
        self.position + self.pcm.len() as u64 / 2
    }
}

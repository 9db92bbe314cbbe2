//! A server that does what a test tells it, message by message.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use chrono::DateTime;
use futures_util::{SinkExt, StreamExt};
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};
use uuid::Uuid;
use viva_audio::pcm;
use viva_client::{ClientError, Connect, Connection, Conversation};
use viva_protocol::ws::*;

/// Room in memory for some seconds of audio, as a socket has.
const SOCKET_BYTES: usize = 256 * 1024;

/// The value of every sample of the AI: −6.02 dBFS.
pub(crate) const LOUD: i16 = 16_384;

pub(crate) const TOKEN: &str = "resume-secret";

pub(crate) fn session_id() -> Uuid {
    Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0001)
}

/// The server's end of one connection.
pub(crate) struct Server {
    socket: WebSocketStream<DuplexStream>,
    next_seq: u32,
    next_frame: u32,
    pub(crate) heard: Vec<Heard>,
    /// Control messages that came while the script listened to audio.
    backlog: VecDeque<ClientMessage>,
}

/// A frame of user audio, as the server got it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Heard {
    pub(crate) frame: AudioFrame,
    pub(crate) arrived: Instant,
}

/// Both ends of a new connection; the client's end has been greeted.
pub(crate) async fn connected() -> (Connection, Server) {
    let (connector, mut servers) = Connector::new([]);
    let connection = connector.connect().await.expect("the script accepts");
    (connection, servers.recv().await.expect("one connection was made"))
}

/// Both ends of a session that runs.
pub(crate) async fn in_session() -> (Conversation, Server) {
    let (connection, mut server) = connected().await;
    let start = StartSession::new(&Interaction::Realtime(RealtimeConfig::default()));
    let (conversation, _) = tokio::join!(connection.start(start), server.expect_start());
    (conversation.expect("the script starts the session"), server)
}

/// What becomes of an attempt to connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Accepted,
    Unreachable,
}

/// Hands the server's end of each connection to the script.
pub(crate) struct Connector {
    servers: mpsc::UnboundedSender<Server>,
    fates: Mutex<VecDeque<Fate>>,
}

impl Connector {
    /// The first attempts have these fates; later ones are accepted.
    pub(crate) fn new(fates: impl IntoIterator<Item = Fate>) -> (Self, mpsc::UnboundedReceiver<Server>) {
        let (servers, script) = mpsc::unbounded_channel();
        (
            Self {
                servers,
                fates: Mutex::new(fates.into_iter().collect()),
            },
            script,
        )
    }

    fn next_fate(&self) -> Fate {
        self.fates
            .lock()
            .expect("nobody panics while holding this")
            .pop_front()
            .unwrap_or(Fate::Accepted)
    }
}

impl Connect for Connector {
    async fn connect(&self) -> Result<Connection, ClientError> {
        if self.next_fate() == Fate::Unreachable {
            return Err(ClientError::Unreachable {
                url: "ws://script".to_owned(),
                source: "no route".into(),
            });
        }
        let (client, server) = tokio::io::duplex(SOCKET_BYTES);
        let (client, socket) = tokio::join!(
            WebSocketStream::from_raw_socket(client, Role::Client, None),
            WebSocketStream::from_raw_socket(server, Role::Server, None),
        );
        let mut server = Server {
            socket,
            next_seq: 0,
            next_frame: 0,
            heard: Vec::new(),
            backlog: VecDeque::new(),
        };
        server.send_unnumbered(greeting()).await;
        let _ = self.servers.send(server);
        Connection::over(client).await
    }
}

fn greeting() -> ServerMessage {
    ServerMessage::ConnectionReady(ConnectionReady {
        protocol_version: 1,
        server_time: DateTime::UNIX_EPOCH,
    })
}

impl Server {
    /// Sends a message of the session.
    pub(crate) async fn send(&mut self, message: ServerMessage) {
        let seq = self.next_seq;
        self.next_seq += 1;
        self.send_envelope(&ServerEnvelope {
            seq: Some(seq),
            message,
        })
        .await;
    }

    /// Sends a message of the connection.
    pub(crate) async fn send_unnumbered(&mut self, message: ServerMessage) {
        self.send_envelope(&ServerEnvelope { seq: None, message }).await;
    }

    /// Sends a message, whatever its number.
    pub(crate) async fn send_envelope(&mut self, envelope: &ServerEnvelope) {
        self.send_raw(Message::text(
            serde_json::to_string(envelope).expect("a known message"),
        ))
        .await;
    }

    /// Sends anything at all; a client that went away is none of the script's business.
    pub(crate) async fn send_raw(&mut self, message: Message) {
        let _ = self.socket.send(message).await;
    }

    /// Sends so much of an answer, in one frame.
    pub(crate) async fn send_audio(
        &mut self,
        turn_number: u16,
        position: u64,
        samples: usize,
        is_last: bool,
    ) {
        let frame = AudioFrame {
            kind: FrameKind::Ai,
            is_last,
            turn_number,
            seq: self.next_frame,
            position,
            payload: Bytes::from(pcm::to_le_bytes(&vec![LOUD; samples])),
        };
        self.next_frame += 1;
        self.send_raw(Message::Binary(frame.encode())).await;
    }

    /// Closes the connection with a code.
    pub(crate) async fn close(mut self, code: u16, reason: &'static str) {
        let frame = CloseFrame {
            code: code.into(),
            reason: reason.into(),
        };
        self.send_raw(Message::Close(Some(frame))).await;
        while let Some(Ok(_)) = self.socket.next().await {}
    }

    /// The next control message; audio that comes before it is kept in `heard`. `None` when the client is gone.
    pub(crate) async fn next_message(&mut self) -> Option<ClientMessage> {
        match self.backlog.pop_front() {
            Some(message) => Some(message),
            None => loop {
                if let Some(message) = self.receive().await? {
                    return Some(message);
                }
            },
        }
    }

    /// Takes one message off the socket: a control message, or `Some(None)` for audio.
    async fn receive(&mut self) -> Option<Option<ClientMessage>> {
        match self.socket.next().await?.ok()? {
            Message::Text(text) => Some(Some(
                ClientMessage::parse(&text).expect("the client sends messages"),
            )),
            Message::Binary(bytes) => {
                let frame = AudioFrame::decode(bytes).expect("the client sends frames");
                self.heard.push(Heard {
                    frame,
                    arrived: Instant::now(),
                });
                Some(None)
            }
            _ => None,
        }
    }

    /// Listens until so much audio was captured since the first frame.
    pub(crate) async fn hear_until(&mut self, captured: Duration) {
        while self.captured() < captured {
            match self.receive().await {
                Some(Some(message)) => self.backlog.push_back(message),
                Some(None) => {}
                None => panic!("the client went away after {:?}", self.captured()),
            }
        }
    }

    /// From the first sample of the first frame to the last of the last.
    fn captured(&self) -> Duration {
        match (self.heard.first(), self.heard.last()) {
            (Some(first), Some(last)) => {
                Duration::from_micros(last.frame.position - first.frame.position) + Duration::from_millis(20)
            }
            _ => Duration::ZERO,
        }
    }

    /// Accepts the session that the client wants.
    pub(crate) async fn expect_start(&mut self) -> StartSession {
        let message = self.next_message().await;
        let Some(ClientMessage::StartSession(start)) = message else {
            panic!("no start: {message:?}")
        };
        self.send(ServerMessage::SessionStarted(Box::new(started())))
            .await;
        *start
    }

    /// Takes the client back into its session.
    pub(crate) async fn expect_resume(&mut self) -> ResumeSession {
        let message = self.next_message().await;
        let Some(ClientMessage::ResumeSession(resume)) = message else {
            panic!("no resume: {message:?}")
        };
        let resumed = SessionResumed {
            session_id: session_id(),
            state: SessionState::Listening,
            turn_number: 0,
        };
        self.send_unnumbered(ServerMessage::SessionResumed(resumed)).await;
        self.next_seq = resume.last_message_seq.map_or(0, |seq| seq + 1);
        self.next_frame = resume.last_received_seq.map_or(0, |seq| seq + 1);
        resume
    }

    /// The next report of playback, which must be of this kind.
    pub(crate) async fn expect_playback(&mut self, event: PlaybackEvent) -> PlaybackReport {
        let message = self.next_message().await;
        let Some(ClientMessage::Playback(report)) = message else {
            panic!("no report of {event:?}: {message:?}")
        };
        assert_eq!(report.event, event, "{report:?}");
        report
    }

    /// Tells that the user's turn is over and the answer begins.
    pub(crate) async fn begin_answer(&mut self, turn_number: u16) {
        self.send(ServerMessage::SpeechStarted(SpeechStarted { timestamp: 100.0 }))
            .await;
        self.send(ServerMessage::SpeechEnded(SpeechEnded {
            timestamp: 300.0,
            duration_ms: 200.0,
        }))
        .await;
        self.send(ServerMessage::ResponseStarted(ResponseStarted {
            turn_number,
            timestamp: 500.0,
        }))
        .await;
    }

    /// Tells that an answer is over.
    pub(crate) async fn end_answer(&mut self, turn_number: u16, interrupted: bool) {
        self.end_answer_that(turn_number, interrupted, false).await;
    }

    /// Tells that nothing was heard of an answer, and another one follows.
    pub(crate) async fn take_answer_back(&mut self, turn_number: u16) {
        self.end_answer_that(turn_number, false, true).await;
    }

    async fn end_answer_that(&mut self, turn_number: u16, interrupted: bool, repeats: bool) {
        let latency = Latency {
            total_ms: Some(200.0),
            measured: Some(MeasuredAt::Client),
            ..Latency::default()
        };
        let ended = ResponseEnded {
            turn_number,
            interrupted,
            repeats,
            false_interruptions: 0,
            latency,
            usage: None,
        };
        self.send(ServerMessage::ResponseEnded(ended)).await;
    }

    /// Waits until the client hangs up, and ends the session.
    pub(crate) async fn expect_end(mut self) -> Vec<Heard> {
        loop {
            match self.next_message().await {
                Some(ClientMessage::EndSession) => break,
                Some(_) => {}
                None => panic!("the client left without a word"),
            }
        }
        let summary = SessionSummary {
            total_turns: 1,
            ..SessionSummary::default()
        };
        let ended = SessionEnded {
            session_id: session_id(),
            status: SessionEndStatus::Completed,
            summary,
        };
        self.send(ServerMessage::SessionEnded(ended)).await;
        while self.next_message().await.is_some() {}
        self.heard
    }

    /// Waits until the client is gone, and tells whether it said goodbye.
    pub(crate) async fn goodbye(mut self) -> Option<Message> {
        loop {
            match self.socket.next().await {
                Some(Ok(close @ Message::Close(_))) => return Some(close),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }
}

pub(crate) fn started() -> SessionStarted {
    SessionStarted {
        session_id: session_id(),
        resume_token: TOKEN.to_owned(),
        interaction: Interaction::Realtime(RealtimeConfig::default()),
        limits: Limits {
            max_message_bytes: 65_536,
            utterance_ms: 60_000,
            idle_ms: 1_800_000,
            resume_ms: 30_000,
        },
    }
}

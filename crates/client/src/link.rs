//! The two tasks that read and write one WebSocket.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use viva_protocol::ws::{AudioFrame, ServerEnvelope, ServerMessage};

/// Messages to the server. When full, audio is dropped (it would be late anyway) and control messages wait.
/// 250 frames of 20 ms are the burst of 5 s that the server accepts.
const OUTGOING: usize = 250;

/// Messages from the server. When full, the socket is not read: the server then sees a slow client.
const INCOMING: usize = 256;

/// How long the answer to a goodbye may take to get out.
const GOODBYE_LIMIT: Duration = Duration::from_secs(1);

/// How long the other side may take to say goodbye.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);

/// What stands for a goodbye without a code (RFC 6455 §7.1.5).
const NO_STATUS: u16 = 1005;

/// What came from the server.
#[derive(Debug)]
pub(crate) enum Incoming {
    Message(ServerEnvelope),
    Audio { frame: AudioFrame, arrived: Instant },
    Closed { code: Option<u16>, reason: String },
}

/// One WebSocket in the care of two tasks, which end when this is dropped.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) outgoing: mpsc::Sender<Message>,
    pub(crate) incoming: mpsc::Receiver<Incoming>,
    tasks: TaskTracker,
    _stop: DropGuard,
}

impl Link {
    pub(crate) fn open<S>(socket: S) -> Self
    where
        S: Stream<Item = Result<Message, Error>> + Sink<Message, Error = Error> + Send + 'static,
    {
        let (sink, stream) = socket.split();
        let (outgoing, to_send) = mpsc::channel(OUTGOING);
        let (received, incoming) = mpsc::channel(INCOMING);
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        tasks.spawn(stop.clone().run_until_cancelled_owned(write(sink, to_send)));
        let until_broken = stop.clone();
        let reader = async move {
            read(stream, &received).await;
            // Whoever cannot be heard need not be talked to.
            until_broken.cancel();
        };
        tasks.spawn(stop.clone().run_until_cancelled_owned(reader));
        tasks.close();
        Self {
            outgoing,
            incoming,
            tasks,
            _stop: stop.drop_guard(),
        }
    }

    /// Says goodbye, and waits until the other side has answered; one that does not in time is left.
    pub(crate) async fn close(self) {
        let _ = timeout(CLOSE_LIMIT, self.say_goodbye()).await;
    }

    async fn say_goodbye(mut self) {
        if self.outgoing.send(Message::Close(None)).await.is_err() {
            return;
        }
        while let Some(incoming) = self.incoming.recv().await {
            if matches!(incoming, Incoming::Closed { .. }) {
                break;
            }
        }
        drop(self.outgoing);
        self.tasks.wait().await;
    }
}

async fn write(mut sink: impl Sink<Message, Error = Error> + Unpin, mut to_send: mpsc::Receiver<Message>) {
    while let Some(message) = to_send.recv().await {
        if let Err(err) = sink.send(message).await {
            // The reader learns of it too, and tells.
            tracing::debug!(
                event = "call.write_stopped",
                error = &err as &dyn std::error::Error,
                "Stopped writing to the server"
            );
            return;
        }
    }
}

async fn read(
    mut stream: impl Stream<Item = Result<Message, Error>> + Unpin,
    received: &mpsc::Sender<Incoming>,
) {
    // Room first: a message that was read must not get lost.
    while let Ok(room) = received.reserve().await {
        let incoming = next_incoming(&mut stream).await;
        let is_last = matches!(incoming, Incoming::Closed { .. });
        room.send(incoming);
        if is_last {
            // Reading on is what sends the answer to a goodbye.
            let _ = timeout(GOODBYE_LIMIT, stream.next()).await;
            return;
        }
    }
}

/// The next thing that matters. What is no message of the protocol is skipped.
async fn next_incoming(stream: &mut (impl Stream<Item = Result<Message, Error>> + Unpin)) -> Incoming {
    loop {
        let understood = match stream.next().await {
            Some(Ok(Message::Text(text))) => understand_text(&text),
            Some(Ok(Message::Binary(bytes))) => understand_frame(bytes),
            Some(Ok(Message::Close(frame))) => return closed(frame),
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => None,
            None => return broken("the connection ended without a goodbye"),
            Some(Err(err)) => return broken(&err.to_string()),
        };
        if let Some(incoming) = understood {
            return incoming;
        }
    }
}

fn understand_text(text: &str) -> Option<Incoming> {
    match ServerEnvelope::parse(text) {
        Ok(ServerEnvelope {
            message: ServerMessage::Unknown,
            ..
        }) => {
            tracing::debug!(
                event = "call.message_unknown",
                "Skipped a message of a type that this version does not know"
            );
            None
        }
        Ok(envelope) => Some(Incoming::Message(envelope)),
        Err(err) => {
            tracing::warn!(
                event = "call.message_skipped",
                error = &err as &dyn std::error::Error,
                "Skipped a message from the server"
            );
            None
        }
    }
}

fn understand_frame(bytes: Bytes) -> Option<Incoming> {
    match AudioFrame::decode(bytes) {
        Ok(frame) => Some(Incoming::Audio {
            frame,
            arrived: Instant::now(),
        }),
        Err(err) => {
            tracing::warn!(
                event = "call.frame_skipped",
                error = &err as &dyn std::error::Error,
                "Skipped a binary message from the server"
            );
            None
        }
    }
}

fn closed(frame: Option<CloseFrame>) -> Incoming {
    let (code, reason) = match frame {
        Some(frame) => (frame.code.into(), frame.reason.to_string()),
        None => (NO_STATUS, String::new()),
    };
    Incoming::Closed {
        code: Some(code),
        reason,
    }
}

fn broken(reason: &str) -> Incoming {
    Incoming::Closed {
        code: None,
        reason: reason.to_owned(),
    }
}

use std::collections::HashMap;
use std::time::{Duration, Instant};

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use serde_json::Value;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

/// Room for orders to open connections.
const ORDERS: usize = 64;

/// A WebSocket connection that a scripted server had.
#[derive(Debug, Clone)]
pub struct RecordedLine {
    /// Path of the request.
    pub path: String,
    /// Its query, decoded.
    pub query: Vec<(String, String)>,
    /// Every text message.
    pub texts: Vec<Value>,
    /// How often the client asked, by the WebSocket's own means, whether somebody is there.
    pub pings: usize,
    /// All audio, PCM16.
    pub audio: Vec<i16>,
    /// How the client ended it, or answered its end; `None` while it is open, or when the server broke it off.
    pub closed: Option<ClosedLine>,
}

/// How a client ended its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClosedLine {
    /// When the server noticed.
    pub at: Instant,
    /// The close code; `None` when the connection broke off.
    pub code: Option<u16>,
}

/// What a test wants of all open connections.
#[derive(Debug, Clone)]
enum Order {
    Say(Value),
    SayText(String),
    Close(u16, String),
    Cut,
}

/// What all connections of a server share.
#[derive(Debug, Clone)]
pub(super) struct Switchboard {
    recorded: watch::Sender<Vec<RecordedLine>>,
    orders: broadcast::Sender<Order>,
    stop: CancellationToken,
}

/// One open connection, recorded.
pub(super) struct Line {
    socket: WebSocket,
    index: usize,
    recorded: watch::Sender<Vec<RecordedLine>>,
    orders: broadcast::Receiver<Order>,
    stop: CancellationToken,
}

/// What a client sends.
#[derive(Debug)]
pub(super) enum Incoming {
    Text(Value),
    /// A text that is no JSON.
    Plain(String),
    Binary(Vec<u8>),
}

/// The connection is over.
#[derive(Debug)]
pub(super) struct Hung;

impl Switchboard {
    pub(super) fn new(stop: CancellationToken) -> Self {
        Self {
            recorded: watch::Sender::default(),
            orders: broadcast::Sender::new(ORDERS),
            stop,
        }
    }

    pub(super) fn open(&self, socket: WebSocket, path: &str, query: &[(String, String)]) -> Line {
        let orders = self.orders.subscribe();
        let mut index = 0;
        self.recorded.send_modify(|lines| {
            index = lines.len();
            lines.push(RecordedLine {
                path: path.to_owned(),
                query: query.to_vec(),
                texts: Vec::new(),
                pings: 0,
                audio: Vec::new(),
                closed: None,
            });
        });
        Line {
            socket,
            index,
            recorded: self.recorded.clone(),
            orders,
            stop: self.stop.clone(),
        }
    }

    pub(super) fn say(&self, message: Value) {
        self.order(Order::Say(message));
    }

    pub(super) fn say_text(&self, text: String) {
        self.order(Order::SayText(text));
    }

    pub(super) fn close(&self, code: u16, reason: &str) {
        self.order(Order::Close(code, reason.to_owned()));
    }

    pub(super) fn cut(&self) {
        self.order(Order::Cut);
    }

    pub(super) fn recorded(&self) -> Vec<RecordedLine> {
        self.recorded.borrow().clone()
    }

    pub(super) async fn until(
        &self,
        mut condition: impl FnMut(&[RecordedLine]) -> bool,
    ) -> Vec<RecordedLine> {
        let mut recorded = self.recorded.subscribe();
        match recorded.wait_for(|lines| condition(lines)).await {
            Ok(lines) => lines.clone(),
            Err(_) => unreachable!("the sender lives as long as the server"),
        }
    }

    fn order(&self, order: Order) {
        // Fails when nothing is connected: then nobody is meant.
        let _ = self.orders.send(order);
    }
}

impl Line {
    /// The next message. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Result<Incoming, Hung> {
        loop {
            let message = tokio::select! {
                () = self.stop.cancelled() => return Err(Hung),
                Ok(order) = self.orders.recv() => {
                    self.obey(order).await?;
                    continue;
                }
                message = self.socket.recv() => message,
            };
            match message {
                Some(Ok(Message::Text(text))) => {
                    let Ok(json) = serde_json::from_str::<Value>(&text) else {
                        return Ok(Incoming::Plain(text.as_str().to_owned()));
                    };
                    self.record(|line| line.texts.push(json.clone()));
                    return Ok(Incoming::Text(json));
                }
                Some(Ok(Message::Binary(bytes))) => return Ok(Incoming::Binary(bytes.into())),
                Some(Ok(Message::Close(frame))) => {
                    self.closed(frame.map(|frame| frame.code));
                    // Only with this does the answer to the closing go out.
                    self.drain().await;
                    return Err(Hung);
                }
                Some(Ok(Message::Ping(_))) => self.record(|line| line.pings += 1),
                Some(Ok(Message::Pong(_))) => {}
                Some(Err(_)) | None => {
                    self.closed(None);
                    return Err(Hung);
                }
            }
        }
    }

    pub(super) async fn say(&mut self, message: &Value) -> Result<(), Hung> {
        self.say_text(message.to_string()).await
    }

    pub(super) async fn say_text(&mut self, text: String) -> Result<(), Hung> {
        let sent = self.socket.send(Message::text(text)).await;
        sent.map_err(|_| {
            self.closed(None);
            Hung
        })
    }

    /// Says goodbye first and then waits until the client is gone, as a polite server does.
    pub(super) async fn close(&mut self, code: u16, reason: &str) -> Hung {
        let frame = CloseFrame {
            code,
            reason: reason.into(),
        };
        if self.socket.send(Message::Close(Some(frame))).await.is_ok() {
            self.drain().await;
        }
        Hung
    }

    /// Reads on until the connection is closed.
    async fn drain(&mut self) {
        let stop = self.stop.clone();
        let closed = async {
            while let Some(Ok(message)) = self.socket.recv().await {
                if let Message::Close(frame) = message {
                    self.closed(frame.map(|frame| frame.code));
                }
            }
        };
        tokio::select! {
            () = closed => {}
            () = stop.cancelled() => {}
        }
    }

    /// Records a message that is JSON in part only.
    pub(super) fn note(&self, message: Value) {
        self.record(|line| line.texts.push(message));
    }

    pub(super) fn heard(&self, samples: &[i16]) {
        self.record(|line| line.audio.extend_from_slice(samples));
    }

    async fn obey(&mut self, order: Order) -> Result<(), Hung> {
        match order {
            Order::Say(message) => self.say(&message).await,
            Order::SayText(text) => self.say_text(text).await,
            Order::Close(code, reason) => Err(self.close(code, &reason).await),
            Order::Cut => Err(Hung),
        }
    }

    fn closed(&self, code: Option<u16>) {
        let at = Instant::now();
        self.record(|line| {
            line.closed.get_or_insert(ClosedLine { at, code });
        });
    }

    fn record(&self, change: impl FnOnce(&mut RecordedLine)) {
        self.recorded.send_modify(|lines| change(&mut lines[self.index]));
    }
}

impl RecordedLine {
    /// The parameters of the query.
    pub fn parameters(&self) -> HashMap<&str, &str> {
        self.query
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }

    /// The types of all text messages, whatever the vendor calls the field.
    pub fn types(&self) -> Vec<&str> {
        self.texts.iter().map(kind).collect()
    }
}

fn kind(text: &Value) -> &str {
    let fields = ["type", "message", "message_type"];
    let named = fields.iter().find_map(|field| text[*field].as_str());
    named.unwrap_or_default()
}

/// PCM16 from little-endian bytes; `None` when the last sample is incomplete or there is none.
pub(super) fn samples(bytes: &[u8]) -> Option<Vec<i16>> {
    let (samples, rest) = bytes.as_chunks::<2>();
    (rest.is_empty() && !samples.is_empty())
        .then(|| samples.iter().map(|pair| i16::from_le_bytes(*pair)).collect())
}

/// Whether something is said in it.
pub(super) fn is_voiced(samples: &[i16]) -> bool {
    samples.iter().copied().any(is_loud)
}

/// Samples after the last in which something is said; `None` where nothing is.
pub(super) fn quiet_after(samples: &[i16]) -> Option<usize> {
    samples.iter().rev().copied().position(is_loud)
}

/// So much audio in one piece after the end of a turn does not delay the vendor's answer: `AssemblyAI` takes no shorter pieces
/// than of 50 ms, and frames are of 20 ms. Whoever holds back more is answered later.
const FORGIVEN: Duration = Duration::from_millis(70);

/// When a turn's end is answered that came so long before the end of the piece of audio that it was in.
pub(super) fn answered_at(delay: Duration, over: Duration) -> tokio::time::Instant {
    tokio::time::Instant::now() + delay - over.min(FORGIVEN).min(delay)
}

const fn is_loud(sample: i16) -> bool {
    sample.unsigned_abs() > 500
}

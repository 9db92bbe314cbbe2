use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::complaint::Complaint;
use super::conversation::{Conversation, Ending};
use super::{OpenAiRealtimeScript, RealtimeAnswer, RealtimeHost};
use crate::lock;
use crate::vendors::RecordedLine;
use crate::vendors::delays::Delays;
use crate::vendors::keys::{self, KeyVendor};
use crate::vendors::line::{Hung, Incoming, Line, Switchboard};
use crate::vendors::local::LocalServer;

/// A server that talks as OpenAI's Realtime API does, and answers what a test wrote down: with nothing written, "Hello
/// there, my friend." in 400 ms of audio.
#[derive(Debug)]
pub struct OpenAiRealtimeServer {
    server: LocalServer,
    desk: Desk,
}

/// What all connections share.
#[derive(Debug, Clone)]
pub(super) struct Desk {
    pub(super) script: Arc<OpenAiRealtimeScript>,
    lines: Switchboard,
    answers: Arc<Mutex<VecDeque<RealtimeAnswer>>>,
    refusals: Arc<Mutex<VecDeque<Complaint>>>,
    complaints: Arc<Mutex<Vec<String>>>,
    pub(super) delays: Delays,
    numbers: Arc<AtomicUsize>,
    attempts: Arc<AtomicUsize>,
    is_closed: watch::Sender<bool>,
}

impl OpenAiRealtimeServer {
    /// Listens on a free port of 127.0.0.1 until it is dropped.
    ///
    /// # Errors
    /// When the machine has no port left.
    pub async fn start(script: OpenAiRealtimeScript) -> io::Result<Self> {
        let stop = CancellationToken::new();
        let (path, key_vendor) = match script.host {
            RealtimeHost::OpenAi => ("/v1/realtime", KeyVendor::OpenAi),
            RealtimeHost::Azure => ("/openai/v1/realtime", KeyVendor::AzureOpenAi),
        };
        let desk = Desk {
            script: Arc::new(script),
            lines: Switchboard::new(stop.clone()),
            answers: Arc::default(),
            refusals: Arc::default(),
            complaints: Arc::default(),
            delays: Delays::default(),
            numbers: Arc::default(),
            attempts: Arc::default(),
            is_closed: watch::Sender::new(false),
        };
        let routes = Router::new()
            .route(path, get(connect))
            .with_state(desk.clone())
            .merge(keys::routes(key_vendor, desk.script.api_key.clone()));
        let server = LocalServer::start(routes, stop).await?;
        Ok(Self { server, desk })
    }

    /// The base of all addresses, as a client is configured with it.
    pub fn base_url(&self) -> String {
        self.server.url(match self.desk.script.host {
            RealtimeHost::OpenAi => "/v1",
            RealtimeHost::Azure => "",
        })
    }

    /// Lines up the answer to the next turn or greeting.
    pub fn answer(&self, answer: RealtimeAnswer) {
        lock(&self.desk.answers).push_back(answer);
    }

    /// Lines up the refusal of a connection.
    pub fn refuse(&self, status: u16, code: &str, message: &str, retry_after_s: Option<u64>) {
        lock(&self.desk.refusals).push_back(Complaint {
            retry_after_s,
            ..Complaint::new(code, message).with_status(status)
        });
    }

    /// From now on a connection that is asked for has to wait, until [`Self::admit`].
    pub fn keep_waiting(&self) {
        self.desk.is_closed.send_replace(true);
    }

    /// Opens the connections that wait.
    pub fn admit(&self) {
        self.desk.is_closed.send_replace(false);
    }

    /// Sends a message on every open connection.
    pub fn say(&self, message: Value) {
        self.desk.lines.say(message);
    }

    /// Closes every open connection with a code.
    pub fn close(&self, code: u16, reason: &str) {
        self.desk.lines.close(code, reason);
    }

    /// Breaks every open connection off.
    pub fn cut(&self) {
        self.desk.lines.cut();
    }

    /// The codes of everything that it complained about in events.
    pub fn complaints(&self) -> Vec<String> {
        lock(&self.desk.complaints).clone()
    }

    /// How often a connection was asked for, the refused ones included.
    pub fn attempts(&self) -> usize {
        self.desk.attempts.load(Ordering::SeqCst)
    }

    /// How long each answer really took from the order to its first audio, by the server's clock.
    pub fn delays(&self) -> Vec<Duration> {
        self.desk.delays.all()
    }

    /// What every connection was sent so far, the refused ones left out.
    pub fn requests(&self) -> Vec<RecordedLine> {
        self.desk.lines.recorded()
    }

    /// Waits until what was sent meets the condition.
    pub async fn until(&self, condition: impl FnMut(&[RecordedLine]) -> bool) -> Vec<RecordedLine> {
        self.desk.lines.until(condition).await
    }
}

impl Desk {
    pub(super) fn next_answer(&self) -> RealtimeAnswer {
        lock(&self.answers)
            .pop_front()
            .unwrap_or_else(|| RealtimeAnswer::of("Hello there, my friend."))
    }

    /// Ids differ between connections, so that none is mistaken for one of another.
    pub(super) fn next_number(&self) -> usize {
        self.numbers.fetch_add(1, Ordering::SeqCst)
    }

    pub(super) fn complained(&self, complaint: &Complaint) {
        lock(&self.complaints).push(complaint.code.clone());
    }

    fn admit(&self, headers: &HeaderMap, query: &[(String, String)]) -> Result<(), Complaint> {
        self.attempts.fetch_add(1, Ordering::SeqCst);
        if let Some(refusal) = lock(&self.refusals).pop_front() {
            return Err(refusal);
        }
        let has = |name: &str| {
            query
                .iter()
                .any(|(parameter, value)| parameter == name && !value.is_empty())
        };
        let unauthorized = |message: &str| Complaint::new("invalid_api_key", message).with_status(401);
        if self.script.host == RealtimeHost::Azure && has("api-version") {
            return Err(unauthorized("Access denied."));
        }
        if let Some(key) = &self.script.api_key {
            let (name, expected) = match self.script.host {
                RealtimeHost::OpenAi => ("authorization", format!("Bearer {key}")),
                RealtimeHost::Azure => ("api-key", key.clone()),
            };
            let sent = headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default();
            if sent != expected {
                return Err(unauthorized(&format!("Incorrect API key provided: {sent}.")));
            }
        }
        if headers.contains_key("openai-beta") {
            let message = "The Realtime Beta API is no longer supported.";
            return Err(Complaint::new("beta_api_shape_disabled", message));
        }
        if !has("model") {
            let message = "You must provide a model parameter.";
            return Err(Complaint::about("model", "missing_model", message));
        }
        Ok(())
    }
}

async fn connect(
    State(desk): State<Desk>,
    headers: HeaderMap,
    Query(query): Query<Vec<(String, String)>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let admitted = desk.admit(&headers, &query);
    // It ends with the server.
    let _ = desk.is_closed.subscribe().wait_for(|is_closed| !is_closed).await;
    match admitted {
        Ok(()) => upgrade.on_upgrade(move |socket| serve(desk, socket, query)),
        Err(refusal) => refusal.into_response(),
    }
}

async fn serve(desk: Desk, socket: WebSocket, query: Vec<(String, String)>) {
    let mut line = desk.lines.open(socket, "realtime", &query);
    let mut conversation = Conversation::new(desk);
    // How it ended is recorded where it ended.
    let Hung = talk(&mut line, &mut conversation).await;
}

async fn talk(line: &mut Line, conversation: &mut Conversation) -> Hung {
    loop {
        for message in std::mem::take(&mut conversation.out) {
            if let Err(hung) = line.say(&message).await {
                return hung;
            }
        }
        let due = conversation.due();
        tokio::select! {
            incoming = line.next() => match incoming {
                Ok(Incoming::Text(message)) => {
                    let audio = conversation.on(&message);
                    line.heard(&audio);
                }
                Ok(other) => {
                    let what = match other {
                        Incoming::Binary(bytes) => format!("{} bytes are no JSON.", bytes.len()),
                        Incoming::Plain(_) | Incoming::Text(_) => "That is no JSON.".to_owned(),
                    };
                    let complaint = Complaint::new("invalid_json", &what);
                    conversation.out.push(complaint.event(&Value::Null));
                }
                Err(hung) => return hung,
            },
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                match conversation.tick() {
                    None => {}
                    Some(Ending::Cut) => return Hung,
                    Some(Ending::Close(code)) => return line.close(code, "as scripted").await,
                }
            }
        }
    }
}

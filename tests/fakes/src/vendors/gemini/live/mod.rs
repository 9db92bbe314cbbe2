//! A Live API that plays a script.
//!
//! It takes what the vendor's documentation says that the vendor takes, and closes with 1007 or 1008 otherwise: the setup
//! first and once, no unknown field, `audio/pcm;rate=16000` only, signals of activity only where detection is disabled,
//! `clientContent` after the history not for models since generation 3. A handle is refused while the connection that it
//! came from is open. Messages are texts and bytes by turns, with fields and events that nobody knows.

mod connection;
mod playing;
mod script;
mod strict;

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use serde_json::{Value, json};
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

pub use self::script::{LiveAnswer, LiveFault, LiveRefusal, LiveScript};
use crate::lock;
use crate::vendors::delays::Delays;
use crate::vendors::keys::{self, KeyVendor};
use crate::vendors::local::LocalServer;

const PATH: &str = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent";
/// Room for orders to open connections.
const ORDERS: usize = 64;

/// A running server; dropping it stops it and cuts what is connected.
#[derive(Debug)]
pub struct LiveServer {
    server: LocalServer,
    desk: Desk,
}

/// A connection that a server had.
#[derive(Debug, Clone)]
pub struct LiveConnection {
    /// The query of its address; keys do not belong there.
    pub query: Option<String>,
    /// Whether its request brought a key.
    pub has_key: bool,
    /// The messages, without those that bring audio.
    pub messages: Vec<Value>,
    /// All audio, at 16 kHz.
    pub audio: Vec<i16>,
    /// The audio of each turn that was signalled; the last one may go on.
    pub turns: Vec<Vec<i16>>,
    /// When the last signalled turn ended.
    pub turn_ended: Option<Instant>,
    /// When the first word of the last answer was said.
    pub answered: Option<Instant>,
    /// How the client ended it; `None` while it is open, or when the server ended it.
    pub closed: Option<LiveClosed>,
    /// Why the server closed it, if it did not want to go on.
    pub refused: Option<String>,
}

/// How a client ended its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveClosed {
    /// When the server noticed.
    pub at: Instant,
    /// The close code; `None` when the connection broke off.
    pub code: Option<u16>,
}

/// What a test wants of all open connections.
#[derive(Debug, Clone)]
enum Order {
    Say(Value),
    Close(u16, String),
    Cut,
}

/// What all connections share.
#[derive(Debug, Clone)]
struct Desk {
    script: Arc<LiveScript>,
    connections: watch::Sender<Vec<LiveConnection>>,
    orders: broadcast::Sender<Order>,
    delays: Delays,
    stop: CancellationToken,
    sessions: Arc<Mutex<Sessions>>,
}

/// Conversations, over however many connections.
#[derive(Debug, Default)]
struct Sessions {
    handshakes: usize,
    setups: usize,
    /// The conversation that each handle goes on with.
    handles: HashMap<String, usize>,
    /// How many answers each conversation had, and whether it is connected.
    known: Vec<(usize, bool)>,
}

impl LiveServer {
    /// Serves a script on a free port.
    ///
    /// # Errors
    /// When no port can be opened.
    pub async fn start(script: LiveScript) -> io::Result<Self> {
        let stop = CancellationToken::new();
        let desk = Desk {
            script: Arc::new(script),
            connections: watch::Sender::default(),
            orders: broadcast::Sender::new(ORDERS),
            delays: Delays::default(),
            stop: stop.clone(),
            sessions: Arc::default(),
        };
        let routes = Router::new()
            .route(PATH, any(connect))
            .with_state(desk.clone())
            .merge(keys::routes(KeyVendor::Gemini, desk.script.api_key.clone()));
        let server = LocalServer::start(routes, stop).await?;
        Ok(Self { server, desk })
    }

    /// `http://127.0.0.1:<port>`.
    pub fn base_url(&self) -> String {
        self.server.url("")
    }

    /// How long each answer really took from the end of the turn to its first audio, by the server's clock.
    pub fn delays(&self) -> Vec<Duration> {
        self.desk.delays.all()
    }

    /// The connections so far, oldest first.
    pub fn connections(&self) -> Vec<LiveConnection> {
        self.desk.connections.borrow().clone()
    }

    /// Waits until the connections are so.
    pub async fn until(&self, mut condition: impl FnMut(&[LiveConnection]) -> bool) -> Vec<LiveConnection> {
        let mut connections = self.desk.connections.subscribe();
        match connections.wait_for(|connections| condition(connections)).await {
            Ok(connections) => connections.clone(),
            Err(_) => unreachable!("the sender lives as long as the server"),
        }
    }

    /// Says something on every open connection.
    pub fn say(&self, message: Value) {
        self.order(Order::Say(message));
    }

    /// Announces that the connection ends.
    pub fn go_away(&self, time_left: Duration) {
        self.say(json!({"goAway": {"timeLeft": format!("{}s", time_left.as_secs_f64())}}));
    }

    /// Closes every open connection.
    pub fn close(&self, code: u16, reason: &str) {
        self.order(Order::Close(code, reason.to_owned()));
    }

    /// Cuts every open connection.
    pub fn cut(&self) {
        self.order(Order::Cut);
    }

    fn order(&self, order: Order) {
        // Fails when nothing is connected: then nobody is meant.
        let _ = self.desk.orders.send(order);
    }
}

async fn connect(
    State(desk): State<Desk>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let refusal = {
        let mut sessions = lock(&desk.sessions);
        sessions.handshakes += 1;
        desk.script.refusals.get(sessions.handshakes - 1).cloned()
    };
    if let Some(refusal) = refusal {
        return refusal.into_response();
    }
    let sent = headers.get("x-goog-api-key").map(HeaderValue::as_bytes);
    match (&desk.script.api_key, sent) {
        (None, _) => {}
        (Some(key), Some(sent)) if key.as_bytes() == sent => {}
        (Some(_), Some(sent)) => return invalid_key(&String::from_utf8_lossy(sent)).into_response(),
        (Some(_), None) => return missing_key().into_response(),
    }
    let has_key = sent.is_some();
    upgrade.on_upgrade(move |socket| connection::serve(desk, socket, query, has_key))
}

fn invalid_key(key: &str) -> (StatusCode, axum::Json<Value>) {
    let body = json!({"error": {
        "code": 400,
        "message": format!("API key not valid: {key}. Please pass a valid API key."),
        "status": "INVALID_ARGUMENT",
        "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}],
    }});
    (StatusCode::BAD_REQUEST, axum::Json(body))
}

fn missing_key() -> (StatusCode, axum::Json<Value>) {
    let message = "Method doesn't allow unregistered callers. Please use API Key or other form of API consumer identity.";
    let body = json!({"error": {"code": 403, "message": message, "status": "PERMISSION_DENIED"}});
    (StatusCode::FORBIDDEN, axum::Json(body))
}

impl IntoResponse for LiveRefusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = json!({"error": {"code": self.code, "message": self.message, "status": self.status}});
        let mut response = (status, axum::Json(body)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

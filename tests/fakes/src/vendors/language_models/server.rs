use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Response, Uri};
use axum::response::IntoResponse;
use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::record::Note;
use super::{Asked, ChatScript, ChatVendor, RecordedChat, Refusal, writing};
use crate::lock;
use crate::vendors::delays::Delays;
use crate::vendors::keys::{self, KeyVendor};
use crate::vendors::local::LocalServer;

/// A server that answers as a vendor of language models does, with what a test wrote down: with nothing written,
/// [`ChatServerSettings::otherwise`].
#[derive(Debug)]
pub struct ChatServer {
    server: LocalServer,
    desk: Desk,
}

/// What a server knows from its start.
#[derive(Debug, Clone)]
pub struct ChatServerSettings {
    /// Whose protocol it speaks.
    pub vendor: ChatVendor,
    /// The only key that it takes; with `None` it asks for none.
    pub key: Option<String>,
    /// The only model that it has.
    pub model: String,
    /// What it does when no script is lined up.
    pub otherwise: ChatScript,
}

#[derive(Debug, Clone)]
struct Desk {
    settings: Arc<ChatServerSettings>,
    scripts: Arc<Mutex<VecDeque<ChatScript>>>,
    recorded: watch::Sender<Vec<RecordedChat>>,
    delays: Delays,
    stop: CancellationToken,
}

impl ChatServerSettings {
    /// The key `sk-scripted-key`, the model `scripted-model`, the answer "Good, and you? 很好。".
    pub fn of(vendor: ChatVendor) -> Self {
        Self {
            vendor,
            key: Some("sk-scripted-key".to_owned()),
            model: "scripted-model".to_owned(),
            otherwise: ChatScript::answering("Good, and you? 很好。"),
        }
    }
}

impl ChatServer {
    /// Listens on a free port of 127.0.0.1 until it is dropped.
    ///
    /// # Errors
    /// When the machine has no port left.
    pub async fn start(settings: ChatServerSettings) -> io::Result<Self> {
        let stop = CancellationToken::new();
        let desk = Desk {
            settings: Arc::new(settings),
            scripts: Arc::default(),
            recorded: watch::Sender::default(),
            delays: Delays::default(),
            stop: stop.clone(),
        };
        let key_vendor = match desk.settings.vendor {
            ChatVendor::OpenAi => KeyVendor::OpenAi,
            ChatVendor::Anthropic => KeyVendor::Anthropic,
            ChatVendor::Gemini => KeyVendor::Gemini,
        };
        let routes = Router::new()
            .fallback(chat)
            .with_state(desk.clone())
            .merge(keys::routes(key_vendor, desk.settings.key.clone()));
        let server = LocalServer::start(routes, stop).await?;
        Ok(Self { server, desk })
    }

    /// The base of all addresses, as a client is configured with it.
    pub fn base_url(&self) -> String {
        self.server.url(match self.desk.settings.vendor {
            ChatVendor::OpenAi | ChatVendor::Anthropic => "/v1",
            ChatVendor::Gemini => "/v1beta",
        })
    }

    /// What it knows from its start.
    pub fn settings(&self) -> &ChatServerSettings {
        &self.desk.settings
    }

    /// Lines up what becomes of the next request.
    pub fn script(&self, script: ChatScript) {
        lock(&self.desk.scripts).push_back(script);
    }

    /// How long each answer really took from the request to its first text, by the server's clock.
    pub fn delays(&self) -> Vec<Duration> {
        self.desk.delays.all()
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<RecordedChat> {
        self.desk.recorded.borrow().clone()
    }

    /// Waits until the requests meet the condition.
    pub async fn until(&self, mut condition: impl FnMut(&[RecordedChat]) -> bool) -> Vec<RecordedChat> {
        let mut recorded = self.desk.recorded.subscribe();
        match recorded.wait_for(|chats| condition(chats)).await {
            Ok(chats) => chats.clone(),
            Err(_) => unreachable!("the sender lives as long as the server"),
        }
    }

    /// Waits until the client closed the connection of its last request before the answer was complete; says when.
    pub async fn closed(&self) -> Instant {
        let closed = |chats: &[RecordedChat]| chats.last().and_then(|chat| chat.closed);
        let chats = self.until(|chats| closed(chats).is_some()).await;
        closed(&chats).unwrap_or_else(Instant::now)
    }
}

async fn chat(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let asked_at = tokio::time::Instant::now();
    let path = uri.path_and_query().map_or("", |path| path.as_str());
    let body = serde_json::from_slice(&body).unwrap_or_default();
    let mut note = Note::begin(&desk.recorded, recorded(peer, path, &headers, &body));
    let asked = Asked {
        path,
        headers: &headers,
        body: &body,
        settings: &desk.settings,
    };
    let vendor = desk.settings.vendor;
    if let Err(refusal) = vendor.check(&asked) {
        return refused(vendor, &refusal, &mut note);
    }
    let script = lock(&desk.scripts).pop_front();
    let script = script.unwrap_or_else(|| desk.settings.otherwise.clone());
    tokio::time::sleep(script.accept_delay).await;
    if let Some((status, retry_after)) = script.refuse {
        let refusal = Refusal {
            retry_after,
            ..Refusal::new(status, vendor.code(status), "as the script says")
        };
        return refused(vendor, &refusal, &mut note);
    }
    note.status(200);
    let body = writing::body(vendor, script, note, desk.stop.clone(), move || {
        desk.delays.end(asked_at);
    });
    ([("content-type", "text/event-stream; charset=utf-8")], body).into_response()
}

fn refused(vendor: ChatVendor, refusal: &Refusal, note: &mut Note) -> Response<Body> {
    note.status(refusal.status);
    note.finish();
    let mut response = Response::builder()
        .status(refusal.status)
        .header("content-type", "application/json");
    if let Some(wait) = refusal.retry_after {
        response = response
            .header("retry-after-ms", wait.as_millis().to_string())
            .header("retry-after", wait.as_secs().to_string());
    }
    let body = vendor.refusal(refusal).to_string();
    response
        .body(Body::from(body))
        .unwrap_or_else(|_| unreachable!("statuses of scripts are statuses of HTTP"))
}

fn recorded(peer: SocketAddr, path: &str, headers: &HeaderMap, body: &Value) -> RecordedChat {
    let text = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        Some((name.to_string(), value.to_str().ok()?.to_owned()))
    };
    RecordedChat {
        peer,
        path: path.to_owned(),
        headers: headers.iter().filter_map(text).collect(),
        body: body.clone(),
        at: Instant::now(),
        status: None,
        answered: None,
        closed: None,
    }
}

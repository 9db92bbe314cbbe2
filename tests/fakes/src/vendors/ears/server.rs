use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::assemblyai::{self, AssemblyAi};
use super::azure_speech::{self, AzureSpeech};
use super::handshake::{Refusal, check};
use super::listener::Listener;
use super::scribe::{self, Scribe};
use super::speechmatics::{self, Speechmatics};
use super::{EarsScript, EarsVendor};
use crate::lock;
use crate::vendors::RecordedLine;
use crate::vendors::keys;
use crate::vendors::line::Switchboard;
use crate::vendors::local::LocalServer;
use crate::vendors::spoken::Spoken;

/// A server that speaks as a vendor does and understands what a test wrote down: with nothing written, speech is
/// "hello world". It throws in messages and fields that nobody knows.
#[derive(Debug)]
pub struct EarsServer {
    server: LocalServer,
    desk: Desk,
}

/// What all connections share.
#[derive(Debug, Clone)]
pub(super) struct Desk {
    vendor: EarsVendor,
    pub(super) script: Arc<EarsScript>,
    lines: Switchboard,
    spoken: Arc<Mutex<VecDeque<Spoken>>>,
    refusals: Arc<Mutex<VecDeque<Refusal>>>,
}

impl EarsServer {
    /// Listens on a free port of 127.0.0.1 until it is dropped.
    ///
    /// # Errors
    /// When the machine has no port left.
    pub async fn start(vendor: EarsVendor, script: EarsScript) -> io::Result<Self> {
        let stop = CancellationToken::new();
        let key = script.api_key.clone();
        let desk = Desk {
            vendor,
            script: Arc::new(script),
            lines: Switchboard::new(stop.clone()),
            spoken: Arc::default(),
            refusals: Arc::default(),
        };
        let routes = Router::new()
            .route(vendor.path(), get(listen))
            .with_state(desk.clone())
            .merge(keys::routes(vendor.key_vendor(), Some(key)));
        let server = LocalServer::start(routes, stop).await?;
        Ok(Self { server, desk })
    }

    /// The base of all addresses, as a client is configured with it.
    pub fn base_url(&self) -> String {
        self.server.url(self.desk.vendor.base())
    }

    /// Lines up what the next utterance is understood as.
    pub fn hear(&self, spoken: Spoken) {
        lock(&self.desk.spoken).push_back(spoken);
    }

    /// Lines up the refusal of a connection.
    pub fn refuse(&self, status: u16, message: &str, retry_after: Option<u64>) {
        lock(&self.desk.refusals).push_back(Refusal {
            retry_after,
            ..Refusal::new(self.desk.vendor, status, message)
        });
    }

    /// Sends a message on every open connection.
    pub fn say(&self, message: Value) {
        self.desk.lines.say(message);
    }

    /// Sends a message on every open connection that is one of the vendor's by its type only, with words in it.
    pub fn say_malformed(&self, words: &str) {
        self.desk.lines.say_text(match self.desk.vendor {
            EarsVendor::AssemblyAi => assemblyai::malformed(words),
            EarsVendor::AzureSpeech => azure_speech::malformed(self.requests().last(), words),
            EarsVendor::Scribe => scribe::malformed(words),
            EarsVendor::Speechmatics => speechmatics::malformed(words),
        });
    }

    /// Closes every open connection with a code.
    pub fn close(&self, code: u16, reason: &str) {
        self.desk.lines.close(code, reason);
    }

    /// Breaks every open connection off.
    pub fn cut(&self) {
        self.desk.lines.cut();
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
    /// What the next utterance is understood as.
    pub(super) fn next_spoken(&self) -> Spoken {
        lock(&self.spoken)
            .pop_front()
            .unwrap_or_else(|| Spoken::of("hello world"))
    }

    fn admit(&self, headers: &HeaderMap, query: &[(String, String)]) -> Result<(), Refusal> {
        match lock(&self.refusals).pop_front() {
            Some(refusal) => Err(refusal),
            None => check(self.vendor, &self.script.api_key, headers, query),
        }
    }
}

async fn listen(
    State(desk): State<Desk>,
    uri: Uri,
    headers: HeaderMap,
    Query(query): Query<Vec<(String, String)>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    if let Err(refusal) = desk.admit(&headers, &query) {
        return refusal.into_response();
    }
    let path = uri.path().to_owned();
    upgrade.on_upgrade(move |socket| async move {
        let line = desk.lines.open(socket, &path, &query);
        match desk.vendor {
            EarsVendor::AssemblyAi => Listener::new(desk, line, AssemblyAi::new(&query)).run().await,
            EarsVendor::AzureSpeech => Listener::new(desk, line, AzureSpeech::default()).run().await,
            EarsVendor::Scribe => Listener::new(desk, line, Scribe::default()).run().await,
            EarsVendor::Speechmatics => Listener::new(desk, line, Speechmatics::default()).run().await,
        }
    })
}

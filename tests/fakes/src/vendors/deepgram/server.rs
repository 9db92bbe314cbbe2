use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::handshake::{Api, Refusal, check};
use super::{DeepgramScript, Spoken, v1, v2};
use crate::lock;
use crate::vendors::RecordedLine;
use crate::vendors::delays::Delays;
use crate::vendors::keys::{self, KeyVendor};
use crate::vendors::line::Switchboard;
use crate::vendors::local::LocalServer;

/// A server that speaks as Deepgram does and understands what a test wrote down: with nothing written, speech is
/// "hello world". It throws in messages and fields that nobody knows.
#[derive(Debug)]
pub struct DeepgramServer {
    server: LocalServer,
    desk: Desk,
}

/// What all connections share.
#[derive(Debug, Clone)]
pub(super) struct Desk {
    pub(super) script: Arc<DeepgramScript>,
    pub(super) lines: Switchboard,
    pub(super) delays: Delays,
    spoken: Arc<Mutex<VecDeque<Spoken>>>,
    refusals: Arc<Mutex<VecDeque<Refusal>>>,
}

impl DeepgramServer {
    /// Listens on a free port of 127.0.0.1 until it is dropped.
    ///
    /// # Errors
    /// When the machine has no port left.
    pub async fn start(script: DeepgramScript) -> io::Result<Self> {
        let stop = CancellationToken::new();
        let desk = Desk {
            script: Arc::new(script),
            lines: Switchboard::new(stop.clone()),
            delays: Delays::default(),
            spoken: Arc::default(),
            refusals: Arc::default(),
        };
        let routes = Router::new()
            .route("/v1/listen", get(listen_v1))
            .route("/v2/listen", get(listen_v2))
            .with_state(desk.clone())
            .merge(keys::routes(
                KeyVendor::Deepgram,
                Some(desk.script.api_key.clone()),
            ));
        let server = LocalServer::start(routes, stop).await?;
        Ok(Self { server, desk })
    }

    /// The base of all addresses, as a client is configured with it.
    pub fn base_url(&self) -> String {
        self.server.url("")
    }

    /// Lines up what the next utterance is understood as.
    pub fn hear(&self, spoken: Spoken) {
        lock(&self.desk.spoken).push_back(spoken);
    }

    /// Lines up the refusal of a connection.
    pub fn refuse(&self, status: u16, code: &str, message: &str, retry_after: Option<u64>) {
        lock(&self.desk.refusals).push_back(Refusal {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            code: code.to_owned(),
            message: message.to_owned(),
            retry_after,
        });
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

    /// How long Nova's answers really took from the order until they went out, by the server's clock.
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
    /// What the next utterance is understood as.
    pub(super) fn next_spoken(&self) -> Spoken {
        lock(&self.spoken)
            .pop_front()
            .unwrap_or_else(|| Spoken::of("hello world"))
    }

    async fn admit(&self, api: Api, headers: &HeaderMap, query: &[(String, String)]) -> Result<(), Refusal> {
        tokio::time::sleep(self.script.handshake).await;
        if let Some(refusal) = lock(&self.refusals).pop_front() {
            return Err(refusal);
        }
        check(api, &self.script.api_key, headers, query)
    }

    async fn answer<F>(
        self,
        api: Api,
        headers: HeaderMap,
        query: Vec<(String, String)>,
        upgrade: WebSocketUpgrade,
        serve: impl FnOnce(Self, WebSocket, Vec<(String, String)>) -> F + Send + 'static,
    ) -> Response
    where
        F: Future<Output = ()> + Send + 'static,
    {
        match self.admit(api, &headers, &query).await {
            Ok(()) => upgrade.on_upgrade(move |socket| serve(self, socket, query)),
            Err(refusal) => refusal.into_response(),
        }
    }
}

async fn listen_v1(
    State(desk): State<Desk>,
    headers: HeaderMap,
    Query(query): Query<Vec<(String, String)>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    desk.answer(Api::V1, headers, query, upgrade, v1::serve).await
}

async fn listen_v2(
    State(desk): State<Desk>,
    headers: HeaderMap,
    Query(query): Query<Vec<(String, String)>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    desk.answer(Api::V2, headers, query, upgrade, v2::serve).await
}

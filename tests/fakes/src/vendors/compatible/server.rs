use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header;
use axum::response::Response;
use axum::routing::get;
use tokio_util::sync::CancellationToken;

use super::reply::Reply;
use super::request::{Asked, MAX_BODY};
use super::{CompatibleAnswer, CompatibleRequest, CompatibleScript, CompatibleVendor};
use super::{kokoro, llama_cpp, local_ai, ollama, sockets, speaches, vllm, whisper_cpp};
use crate::lock;
use crate::vendors::RecordedLine;
use crate::vendors::line::Switchboard;
use crate::vendors::local::LocalServer;

/// A server of one's own that speaks as OpenAI does, nearly.
#[derive(Debug)]
pub struct CompatibleServer {
    server: LocalServer,
    desk: Desk,
}

/// What all requests share.
#[derive(Debug, Clone)]
pub(super) struct Desk {
    pub(super) vendor: CompatibleVendor,
    pub(super) script: Arc<CompatibleScript>,
    pub(super) lines: Switchboard,
    requests: Arc<Mutex<Vec<CompatibleRequest>>>,
    answers: Arc<Mutex<VecDeque<CompatibleAnswer>>>,
    prompts: Arc<Mutex<Vec<Vec<String>>>>,
    complaints: Arc<Mutex<Vec<String>>>,
    loading: Arc<Mutex<usize>>,
}

impl CompatibleServer {
    /// Listens on a free port of 127.0.0.1 until it is dropped.
    ///
    /// # Errors
    /// When the machine has no port left.
    pub async fn start(vendor: CompatibleVendor, script: CompatibleScript) -> io::Result<Self> {
        let stop = CancellationToken::new();
        let desk = Desk {
            vendor,
            loading: Arc::new(Mutex::new(script.loading)),
            script: Arc::new(script),
            lines: Switchboard::new(stop.clone()),
            requests: Arc::default(),
            answers: Arc::default(),
            prompts: Arc::default(),
            complaints: Arc::default(),
        };
        let mut routes = Router::new().fallback(answer);
        if matches!(
            vendor,
            CompatibleVendor::LocalAi | CompatibleVendor::Speaches | CompatibleVendor::Vllm
        ) {
            routes = routes.route("/v1/realtime", get(sockets::connect));
        }
        let routes = routes
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .with_state(desk.clone());
        let server = LocalServer::start(routes, stop).await?;
        Ok(Self { server, desk })
    }

    /// The address that a user would set, down to `/v1`.
    pub fn base_url(&self) -> String {
        self.server.url("/v1")
    }

    /// The same without `/v1`, where some of them listen too.
    pub fn bare_url(&self) -> String {
        self.server.url("")
    }

    /// Lines up what becomes of the next turn in a conversation.
    pub fn answer(&self, answer: CompatibleAnswer) {
        lock(&self.desk.answers).push_back(answer);
    }

    /// Every request so far, the sockets left out.
    pub fn requests(&self) -> Vec<CompatibleRequest> {
        lock(&self.desk.requests).clone()
    }

    /// Of every answer in a conversation, what was said before it: `role: text` each.
    pub fn prompts(&self) -> Vec<Vec<String>> {
        lock(&self.desk.prompts).clone()
    }

    /// The messages of everything that it complained about on sockets.
    pub fn complaints(&self) -> Vec<String> {
        lock(&self.desk.complaints).clone()
    }

    /// What every socket was sent so far.
    pub fn lines(&self) -> Vec<RecordedLine> {
        self.desk.lines.recorded()
    }

    /// Breaks every open socket off.
    pub fn cut(&self) {
        self.desk.lines.cut();
    }

    /// Waits until what the sockets were sent meets the condition.
    pub async fn until(&self, condition: impl FnMut(&[RecordedLine]) -> bool) -> Vec<RecordedLine> {
        self.desk.lines.until(condition).await
    }
}

impl Desk {
    /// Whether a request is refused because a model is being loaded.
    pub(super) fn is_loading(&self) -> bool {
        let mut loading = lock(&self.loading);
        let is_loading = *loading > 0;
        *loading = loading.saturating_sub(1);
        is_loading
    }

    pub(super) fn next_answer(&self) -> CompatibleAnswer {
        let lined_up = lock(&self.answers).pop_front();
        lined_up.unwrap_or_else(|| CompatibleAnswer::of(&self.script.said).heard(&self.script.heard))
    }

    pub(super) fn prompted(&self, prompt: Vec<String>) {
        lock(&self.prompts).push(prompt);
    }

    pub(super) fn complained(&self, message: &str) {
        lock(&self.complaints).push(message.to_owned());
    }
}

async fn answer(State(desk): State<Desk>, request: Request) -> Response {
    let asked = Asked::read(request).await;
    let reply = match desk.vendor {
        CompatibleVendor::Ollama => ollama::answer(&desk, &asked),
        CompatibleVendor::LlamaCpp => llama_cpp::answer(&desk, &asked),
        CompatibleVendor::Vllm => vllm::answer(&desk, &asked),
        CompatibleVendor::LocalAi => local_ai::answer(&desk, &asked),
        CompatibleVendor::Speaches => speaches::answer(&desk, &asked),
        CompatibleVendor::Kokoro => kokoro::answer(&desk, &asked),
        CompatibleVendor::WhisperCpp => whisper_cpp::answer(&desk, &asked),
    };
    record(&desk, asked, &reply);
    if reply.status == 200 {
        tokio::time::sleep(desk.script.loads_for).await;
    }
    reply.into_response()
}

fn record(desk: &Desk, asked: Asked, reply: &Reply) {
    let (fields, audio) = asked.form.map_or_else(Default::default, |form| {
        (form.fields, form.file.and_then(|file| file.clip))
    });
    lock(&desk.requests).push(CompatibleRequest {
        path: asked.path,
        has_key: asked.headers.contains_key(header::AUTHORIZATION),
        json: asked.json,
        fields,
        audio,
        status: reply.status,
    });
}

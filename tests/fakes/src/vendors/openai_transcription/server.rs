use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::refusal::Refusal;
use super::{OpenAiTranscriptionScript, SpokenText, Upload, files, realtime};
use crate::lock;
use crate::vendors::RecordedLine;
use crate::vendors::keys::{self, KeyVendor};
use crate::vendors::line::Switchboard;
use crate::vendors::local::LocalServer;

/// The largest file that it takes, 25 MB.
const MAX_UPLOAD: usize = 25 << 20;

/// A server that transcribes as OpenAI does and understands what a test wrote down: with nothing written, speech is
/// "hello world". It throws in events and fields that nobody knows.
#[derive(Debug)]
pub struct OpenAiTranscriptionServer {
    server: LocalServer,
    desk: Desk,
}

/// What all requests share.
#[derive(Debug, Clone)]
pub(super) struct Desk {
    pub(super) script: Arc<OpenAiTranscriptionScript>,
    pub(super) lines: Switchboard,
    uploads: watch::Sender<Vec<Upload>>,
    spoken: Arc<Mutex<VecDeque<SpokenText>>>,
    refusals: watch::Sender<VecDeque<Refusal>>,
}

/// Notes a client that hangs up before its answer is complete.
pub(super) struct Answering {
    uploads: watch::Sender<Vec<Upload>>,
    index: usize,
    is_complete: bool,
}

impl OpenAiTranscriptionServer {
    /// Listens on a free port of 127.0.0.1 until it is dropped.
    ///
    /// # Errors
    /// When the machine has no port left.
    pub async fn start(script: OpenAiTranscriptionScript) -> io::Result<Self> {
        let stop = CancellationToken::new();
        let desk = Desk {
            script: Arc::new(script),
            lines: Switchboard::new(stop.clone()),
            uploads: watch::Sender::default(),
            spoken: Arc::default(),
            refusals: watch::Sender::default(),
        };
        let routes = Router::new()
            .route("/v1/audio/transcriptions", post(files::transcribe))
            .route("/v1/realtime", get(realtime::connect))
            .layer(DefaultBodyLimit::max(MAX_UPLOAD))
            .with_state(desk.clone())
            .merge(keys::routes(KeyVendor::OpenAi, desk.script.api_key.clone()));
        let server = LocalServer::start(routes, stop).await?;
        Ok(Self { server, desk })
    }

    /// The base of all addresses, as a client is configured with it.
    pub fn base_url(&self) -> String {
        self.server.url("/v1")
    }

    /// Lines up what the next utterance is understood as.
    pub fn hear(&self, spoken: SpokenText) {
        lock(&self.desk.spoken).push_back(spoken);
    }

    /// Lines up the refusal of a request or a connection.
    pub fn refuse(&self, status: u16, code: &str, message: &str, retry_after: Option<u64>) {
        let refusal = Refusal {
            retry_after,
            ..Refusal::new(status, code, message)
        };
        self.desk
            .refusals
            .send_modify(|refusals| refusals.push_back(refusal));
    }

    /// Waits until every refusal that was lined up is given.
    pub async fn until_refused(&self) {
        let mut refusals = self.desk.refusals.subscribe();
        if refusals.wait_for(VecDeque::is_empty).await.is_err() {
            unreachable!("the sender lives as long as the server");
        }
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

    /// Every file that was taken so far.
    pub fn uploads(&self) -> Vec<Upload> {
        self.desk.uploads.borrow().clone()
    }

    /// Waits until the files that were taken meet the condition.
    pub async fn until_uploads(&self, mut condition: impl FnMut(&[Upload]) -> bool) -> Vec<Upload> {
        let mut uploads = self.desk.uploads.subscribe();
        match uploads.wait_for(|uploads| condition(uploads)).await {
            Ok(uploads) => uploads.clone(),
            Err(_) => unreachable!("the sender lives as long as the server"),
        }
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
    /// What the next utterance is understood as; without speech it is nothing, and nothing is used up.
    pub(super) fn next_spoken(&self, is_speech: bool) -> SpokenText {
        if !is_speech {
            return SpokenText::of("");
        }
        lock(&self.spoken)
            .pop_front()
            .unwrap_or_else(|| SpokenText::of("hello world"))
    }

    pub(super) fn refusal(&self) -> Option<Refusal> {
        let mut refusal = None;
        self.refusals.send_if_modified(|refusals| {
            refusal = refusals.pop_front();
            refusal.is_some()
        });
        refusal
    }

    pub(super) fn take(&self, upload: Upload) -> Answering {
        let mut index = 0;
        self.uploads.send_modify(|uploads| {
            index = uploads.len();
            uploads.push(upload);
        });
        Answering {
            uploads: self.uploads.clone(),
            index,
            is_complete: false,
        }
    }
}

impl Answering {
    /// The answer is complete, or ends otherwise by the server's will.
    pub(super) fn done(&mut self) {
        self.is_complete = true;
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        if !self.is_complete {
            let at = Instant::now();
            self.uploads
                .send_modify(|uploads| uploads[self.index].cancelled = Some(at));
        }
    }
}

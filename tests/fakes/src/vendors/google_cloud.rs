//! Google Cloud's speech-to-text over REST, `/v1/speech:recognize`.

use std::collections::VecDeque;
use std::future::pending;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::sleep_until;
use tokio_util::sync::CancellationToken;

use super::keys::{self, KeyVendor};
use super::line::{is_voiced, samples};
use super::local::LocalServer;
use super::spoken::Fault;
pub use super::spoken::Spoken;
use crate::lock;

/// The longest request, 10 MB.
const MAX_UPLOAD: usize = 10 << 20;
/// Samples of a minute.
const MOST: usize = 16_000 * 60;
/// What a configuration may hold.
const CONFIGURATION: [&str; 11] = [
    "alternativeLanguageCodes",
    "audioChannelCount",
    "enableAutomaticPunctuation",
    "enableWordTimeOffsets",
    "encoding",
    "languageCode",
    "maxAlternatives",
    "model",
    "sampleRateHertz",
    "speechContexts",
    "useEnhanced",
];

/// A server that understands what a test wrote down: with nothing written, speech is "hello world". It throws in fields that
/// nobody knows.
#[derive(Debug)]
pub struct GoogleSpeechServer {
    server: LocalServer,
    desk: Desk,
}

/// An utterance that was sent.
#[derive(Debug, Clone)]
pub struct GoogleUpload {
    /// How it was to be written down.
    pub config: Value,
    /// What was said.
    pub audio: Vec<i16>,
    /// When the client hung up before it was answered completely.
    pub cancelled: Option<Instant>,
}

/// What all requests share.
#[derive(Debug, Clone)]
struct Desk {
    key: String,
    uploads: watch::Sender<Vec<GoogleUpload>>,
    spoken: Arc<Mutex<VecDeque<Spoken>>>,
    refusals: Arc<Mutex<VecDeque<Refusal>>>,
}

/// Why a request is refused.
#[derive(Debug, Clone)]
struct Refusal {
    status: StatusCode,
    reason: String,
    message: String,
    retry_after: Option<u64>,
}

/// Notes a client that hangs up before its answer is complete.
struct Answering {
    uploads: watch::Sender<Vec<GoogleUpload>>,
    index: usize,
    is_complete: bool,
}

impl GoogleSpeechServer {
    /// Listens on a free port of 127.0.0.1 until it is dropped; `key` is the only one that it takes.
    ///
    /// # Errors
    /// When the machine has no port left.
    pub async fn start(key: &str) -> io::Result<Self> {
        let desk = Desk {
            key: key.to_owned(),
            uploads: watch::Sender::default(),
            spoken: Arc::default(),
            refusals: Arc::default(),
        };
        let routes = Router::new()
            .route("/v1/speech:recognize", post(recognize))
            .layer(DefaultBodyLimit::max(MAX_UPLOAD))
            .with_state(desk.clone())
            .merge(keys::routes(KeyVendor::GoogleSpeech, Some(key.to_owned())));
        let server = LocalServer::start(routes, CancellationToken::new()).await?;
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

    /// Lines up the refusal of a request.
    pub fn refuse(&self, status: u16, reason: &str, message: &str, retry_after: Option<u64>) {
        lock(&self.desk.refusals).push_back(Refusal {
            retry_after,
            ..Refusal::new(status, reason, message)
        });
    }

    /// Every utterance that was taken so far.
    pub fn uploads(&self) -> Vec<GoogleUpload> {
        self.desk.uploads.borrow().clone()
    }

    /// Waits until the utterances that were taken meet the condition.
    pub async fn until(&self, mut condition: impl FnMut(&[GoogleUpload]) -> bool) -> Vec<GoogleUpload> {
        let mut uploads = self.desk.uploads.subscribe();
        match uploads.wait_for(|uploads| condition(uploads)).await {
            Ok(uploads) => uploads.clone(),
            Err(_) => unreachable!("the sender lives as long as the server"),
        }
    }
}

impl Desk {
    fn take(&self, upload: GoogleUpload) -> Answering {
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

impl Drop for Answering {
    fn drop(&mut self) {
        if !self.is_complete {
            let at = Instant::now();
            self.uploads
                .send_modify(|uploads| uploads[self.index].cancelled = Some(at));
        }
    }
}

impl Refusal {
    fn new(status: u16, reason: &str, message: &str) -> Self {
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            reason: reason.to_owned(),
            message: message.to_owned(),
            retry_after: None,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let details = json!([{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": self.reason}]);
        let body = json!({"error": {
            "code": self.status.as_u16(), "message": self.message, "status": "THROWN_IN", "details": details,
        }});
        let retry_after = self
            .retry_after
            .map(|seconds| [(header::RETRY_AFTER, seconds.to_string())]);
        (self.status, retry_after, Json(body)).into_response()
    }
}

async fn recognize(State(desk): State<Desk>, request: Request) -> Response {
    let asked = tokio::time::Instant::now();
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_UPLOAD).await.unwrap_or_default();
    if let Some(refusal) = lock(&desk.refusals).pop_front() {
        return refusal.into_response();
    }
    match read(&desk, &parts.headers, &body) {
        Ok(upload) => answer(&desk, upload, asked).await,
        Err(refusal) => refusal.into_response(),
    }
}

fn read(desk: &Desk, headers: &HeaderMap, body: &[u8]) -> Result<GoogleUpload, Refusal> {
    let bad = |message: &str| Refusal::new(400, "", message);
    let given = headers
        .get("x-goog-api-key")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if given != desk.key {
        // The message of a wrong key holds the key, as the worst vendors do.
        let message = format!("API key not valid: {given}");
        return Err(Refusal::new(400, "API_KEY_INVALID", &message));
    }
    let request: Value = serde_json::from_slice(body).map_err(|_| bad("Invalid JSON payload"))?;
    let fields = request.as_object().ok_or_else(|| bad("Invalid JSON payload"))?;
    let config = request["config"]
        .as_object()
        .ok_or_else(|| bad("config is missing"))?;
    let is_known = fields
        .keys()
        .all(|name| matches!(name.as_str(), "audio" | "config"))
        && config.keys().all(|name| CONFIGURATION.contains(&name.as_str()));
    if !is_known {
        return Err(bad("Unknown name"));
    }
    let languages = request["config"]["alternativeLanguageCodes"].as_array();
    let mut languages = languages
        .into_iter()
        .flatten()
        .chain([&request["config"]["languageCode"]]);
    if request["config"]["encoding"] != "LINEAR16"
        || request["config"]["sampleRateHertz"] != 16_000
        || !languages.all(is_language)
    {
        return Err(bad("Invalid recognition 'config'"));
    }
    let content = request["audio"]["content"].as_str().unwrap_or_default();
    let bytes = STANDARD
        .decode(content)
        .map_err(|_| bad("Base64 decoding failed"))?;
    let audio = samples(&bytes).filter(|samples| samples.len() <= MOST);
    Ok(GoogleUpload {
        config: request["config"].clone(),
        audio: audio.ok_or_else(|| bad("Invalid audio"))?,
        cancelled: None,
    })
}

/// Language and place; of Chinese its letters are named too.
fn is_language(tag: &Value) -> bool {
    let tag = tag.as_str().unwrap_or_default();
    let is_chinese = ["cmn-Hans-CN", "cmn-Hant-TW", "yue-Hant-HK"].contains(&tag);
    is_chinese
        || tag
            .split_once('-')
            .is_some_and(|(language, place)| language.len() == 2 && place.len() == 2)
}

async fn answer(desk: &Desk, upload: GoogleUpload, asked: tokio::time::Instant) -> Response {
    let spoken = if is_voiced(&upload.audio) {
        let lined_up = lock(&desk.spoken).pop_front();
        lined_up.unwrap_or_else(|| Spoken::of("hello world"))
    } else {
        Spoken::of("")
    };
    let mut answering = desk.take(upload);
    // It takes its time from the beginning of the request, however long what was said is on its way.
    sleep_until(asked + spoken.delay).await;
    match &spoken.fault {
        Some(Fault::Hang) => return pending().await,
        Some(Fault::Error(reason, message)) => {
            answering.is_complete = true;
            return Refusal::new(400, reason, message).into_response();
        }
        Some(Fault::Cut | Fault::Close(..)) => {
            answering.is_complete = true;
            return broken();
        }
        None => {}
    }
    answering.is_complete = true;
    let part = |text: &String| json!({"alternatives": [{"transcript": text, "confidence": 0.9}], "languageCode": "en-us", "mood": "thrown in"});
    let texts = spoken.segments.iter().chain([&spoken.text]);
    let results: Vec<Value> = texts.filter(|text| !text.is_empty()).map(part).collect();
    // Of what nobody understood there are no results at all.
    if results.is_empty() {
        return Json(json!({"totalBilledTime": "1s", "requestId": "1"})).into_response();
    }
    Json(json!({"results": results, "totalBilledTime": "1s", "requestId": "1"})).into_response()
}

/// An answer that breaks off.
fn broken() -> Response {
    let begin = stream::once(async { Ok(Bytes::from_static(b"{\"results\":")) });
    let cut = stream::once(async {
        // What came before goes out first.
        tokio::task::yield_now().await;
        Err(io::Error::other("cut"))
    });
    Body::from_stream(begin.chain(cut)).into_response()
}

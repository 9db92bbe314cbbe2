use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::response::Response;
use serde_json::{Map, Value};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::bodies::{Form, Speaking, wav_header};
use super::refusal::Refusal;
use super::request::Sent;
use super::{SpeechFormat, SpeechRequest, SpeechScript, SpeechVendor, sockets};
use super::{azure, deepgram, elevenlabs, gemini, google, openai, voai};
use crate::vendors::delays::Delays;
use crate::vendors::keys::{self, KeyVendor};
use crate::vendors::local::LocalServer;
use crate::{Speech, lock};

const MAX_BODY: usize = 1 << 20;
const KEYS: [&str; 5] = [
    "authorization",
    "ocp-apim-subscription-key",
    "x-api-key",
    "x-goog-api-key",
    "xi-api-key",
];

/// A server that speaks as a vendor does and says each text as a tone: as a test wrote it down, else as long as somebody
/// would need for it.
#[derive(Debug)]
pub struct SpeechServer {
    server: LocalServer,
    desk: Desk,
}

/// What all requests share.
#[derive(Debug, Clone)]
pub(super) struct Desk {
    pub(super) vendor: SpeechVendor,
    pub(super) script: Arc<SpeechScript>,
    requests: watch::Sender<Vec<SpeechRequest>>,
    speeches: Arc<Mutex<VecDeque<Speech>>>,
    refusals: Arc<Mutex<VecDeque<Refusal>>>,
    connections: Arc<Mutex<usize>>,
    open_sockets: watch::Sender<usize>,
    hang_ups: watch::Sender<usize>,
    silences: Arc<Mutex<usize>>,
    pub(super) delays: Delays,
    pub(super) stop: CancellationToken,
}

/// A socket that is open.
pub(super) struct OpenSocket(watch::Sender<usize>);

/// A request that is being answered; dropped before its end, the client hung up.
pub(super) struct Answering {
    requests: watch::Sender<Vec<SpeechRequest>>,
    index: usize,
    is_over: bool,
}

impl SpeechVendor {
    /// Whose call it is by which a key is checked.
    const fn keys(self) -> KeyVendor {
        match self {
            Self::OpenAi => KeyVendor::OpenAi,
            Self::ElevenLabs => KeyVendor::ElevenLabs,
            Self::Cartesia => KeyVendor::Cartesia,
            Self::Azure => KeyVendor::AzureSpeech,
            Self::Google => KeyVendor::GoogleSpeech,
            Self::Deepgram => KeyVendor::Deepgram,
            Self::Gemini => KeyVendor::Gemini,
            Self::VoAi => KeyVendor::VoAi,
        }
    }
}

impl SpeechServer {
    /// Listens on a free port of 127.0.0.1 until it is dropped.
    ///
    /// # Errors
    /// When the machine has no port left.
    pub async fn start(vendor: SpeechVendor, script: SpeechScript) -> io::Result<Self> {
        let stop = CancellationToken::new();
        let desk = Desk {
            vendor,
            script: Arc::new(script),
            requests: watch::Sender::default(),
            speeches: Arc::default(),
            refusals: Arc::default(),
            connections: Arc::default(),
            open_sockets: watch::Sender::default(),
            hang_ups: watch::Sender::default(),
            silences: Arc::default(),
            delays: Delays::default(),
            stop: stop.clone(),
        };
        let routes = Router::new()
            .fallback(answer)
            .with_state(desk.clone())
            .merge(keys::routes(vendor.keys(), desk.script.api_key.clone()));
        let server = LocalServer::start(routes, stop).await?;
        Ok(Self { server, desk })
    }

    /// The base of all addresses, as a client is configured with it.
    pub fn base_url(&self) -> String {
        self.server.url(match self.desk.vendor {
            SpeechVendor::OpenAi | SpeechVendor::ElevenLabs => "/v1",
            SpeechVendor::Cartesia
            | SpeechVendor::Azure
            | SpeechVendor::Google
            | SpeechVendor::Deepgram
            | SpeechVendor::Gemini
            | SpeechVendor::VoAi => "",
        })
    }

    /// Lines up how the next text is said.
    pub fn speak(&self, speech: Speech) {
        lock(&self.desk.speeches).push_back(speech);
    }

    /// Lines up the refusal of a request, or of a connection.
    pub fn refuse(&self, status: u16, code: &str, message: &str, retry_after: Option<Duration>) {
        let refusal = Refusal::new(status, code, message).asking_again_after(retry_after);
        lock(&self.desk.refusals).push_back(refusal);
    }

    /// How long each speech really took from the request to its first byte, by the server's clock.
    pub fn delays(&self) -> Vec<Duration> {
        self.desk.delays.all()
    }

    /// How many sockets were opened.
    pub fn connections(&self) -> usize {
        *lock(&self.desk.connections)
    }

    /// How many sockets are open.
    pub fn open_sockets(&self) -> usize {
        *self.desk.open_sockets.borrow()
    }

    /// Waits until no socket is open.
    pub async fn all_sockets_closed(&self) {
        let mut open = self.desk.open_sockets.subscribe();
        // The sender lives as long as the server.
        let _ = open.wait_for(|open| *open == 0).await;
    }

    /// Gemini says nothing to the next text, and gives no reason.
    pub fn say_nothing(&self) {
        *lock(&self.desk.silences) += 1;
    }

    /// Breaks every open socket off.
    pub fn hang_up(&self) {
        self.desk.hang_ups.send_modify(|times| *times += 1);
    }

    /// Every request so far, in order.
    pub fn requests(&self) -> Vec<SpeechRequest> {
        self.desk.requests.borrow().clone()
    }

    /// Waits until the requests meet the condition.
    pub async fn until(&self, mut condition: impl FnMut(&[SpeechRequest]) -> bool) -> Vec<SpeechRequest> {
        let mut requests = self.desk.requests.subscribe();
        match requests.wait_for(|requests| condition(requests)).await {
            Ok(requests) => requests.clone(),
            Err(_) => unreachable!("the sender lives as long as the server"),
        }
    }

    /// Waits until a client hung up before it was answered completely, and says when that was first.
    pub async fn closed(&self) -> std::time::Instant {
        let first = |requests: &[SpeechRequest]| requests.iter().filter_map(|request| request.closed).min();
        let requests = self.until(|requests| first(requests).is_some()).await;
        first(&requests).unwrap_or_else(std::time::Instant::now)
    }
}

async fn answer(State(desk): State<Desk>, request: Request) -> Response {
    let stop = desk.stop.clone();
    let vendor = desk.vendor;
    tokio::select! {
        response = desk.answer(request) => response,
        () = stop.cancelled() => Refusal::new(503, "stopped", "The server stops").into_response(vendor),
    }
}

impl Desk {
    async fn answer(self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        if parts.headers.contains_key(header::UPGRADE) {
            return self.open(parts).await;
        }
        let body = to_bytes(body, MAX_BODY).await.unwrap_or_default();
        let asked = Instant::now();
        let text = String::from_utf8_lossy(&body).into_owned();
        let body: Value = serde_json::from_str(&text).unwrap_or_else(|_| match text.as_str() {
            "" => Value::Null,
            text => Value::String(text.to_owned()),
        });
        let mut answering = self.take(&parts, body.clone());
        let no_fields = Map::new();
        let sent = Sent {
            parts: &parts,
            text: &text,
            fields: body.as_object().unwrap_or(&no_fields),
            refuses_with: match self.vendor {
                SpeechVendor::ElevenLabs => 422,
                _ => 400,
            },
        };
        match self.check(&sent) {
            Ok(text) => self.say(&text, asked, self.form(&body), answering).await,
            Err(refusal) => {
                answering.refused(refusal.status);
                refusal.into_response(self.vendor)
            }
        }
    }

    /// The text that is to be spoken.
    fn check(&self, sent: &Sent<'_>) -> Result<String, Refusal> {
        if let Some(refusal) = self.next_refusal() {
            return Err(refusal);
        }
        if sent.parts.method != Method::POST {
            return Err(Refusal::new(405, "method_not_allowed", "Method Not Allowed"));
        }
        match self.vendor {
            SpeechVendor::OpenAi => openai::check(sent, &self.script),
            SpeechVendor::ElevenLabs => elevenlabs::check(sent, &self.script),
            SpeechVendor::Azure => azure::check(sent, &self.script),
            SpeechVendor::Google => google::check(sent, &self.script),
            SpeechVendor::Deepgram => deepgram::check(sent, &self.script),
            SpeechVendor::Gemini => gemini::check(sent, &self.script),
            SpeechVendor::VoAi => voai::check(sent, &self.script),
            SpeechVendor::Cartesia => Err(Refusal::new(404, "not_found", "Not Found")),
        }
    }

    /// What the answer to this body is.
    fn form(&self, body: &Value) -> Form {
        let head = wav_header(self.script.rate);
        match (self.vendor, self.script.format) {
            (SpeechVendor::Google, _) if body["audioConfig"]["audioEncoding"] == "PCM" => {
                Form::Json(Vec::new())
            }
            (SpeechVendor::Google, _) => Form::Json(head),
            (SpeechVendor::Gemini, _) => Form::Events,
            (_, SpeechFormat::Wav) | (SpeechVendor::VoAi, SpeechFormat::AsAsked) => Form::Bytes(Some(head)),
            (_, SpeechFormat::AsAsked) if body["response_format"] == "wav" => Form::Bytes(Some(head)),
            (_, SpeechFormat::AsAsked | SpeechFormat::Pcm) => Form::Bytes(None),
        }
    }

    async fn say(&self, text: &str, asked: Instant, form: Form, answering: Answering) -> Response {
        let is_silent = self.is_silent();
        let (speech, form) = if is_silent {
            (Speech::of(Duration::ZERO), Form::Silence)
        } else {
            (self.next_speech(text), form)
        };
        if !speech.accepted_after.is_zero() {
            sleep(speech.accepted_after).await;
        }
        let speaking = Speaking {
            form,
            saying: speech.say_bytes(self.script.rate, self.script.piece_bytes, asked),
            answering,
            told: Some((self.delays.clone(), asked)),
            stop: self.stop.clone(),
            is_over: false,
        };
        speaking.into_response(self.script.content_type.as_deref())
    }

    /// Opens a socket.
    async fn open(self, mut parts: Parts) -> Response {
        let admitted = match self.next_refusal() {
            Some(refusal) => Err(refusal),
            None => sockets::admit(self.vendor, &parts, &self.script),
        };
        let refusal = match admitted {
            Ok(tongue) => match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
                Ok(upgrade) => {
                    *lock(&self.connections) += 1;
                    return upgrade.on_upgrade(move |socket| sockets::serve(self, socket, parts, tongue));
                }
                Err(_) => Refusal::new(400, "no_websocket", "This is no WebSocket"),
            },
            Err(refusal) => refusal,
        };
        self.take(&parts, Value::Null).refused(refusal.status);
        refusal.into_response(self.vendor)
    }

    /// Counts a socket as open.
    pub(super) fn open_socket(&self) -> OpenSocket {
        self.open_sockets.send_modify(|open| *open += 1);
        OpenSocket(self.open_sockets.clone())
    }

    /// Waits until all sockets that are open now shall break off.
    pub(super) async fn hung_up(&self) {
        // The sender lives as long as the desk.
        let _ = self.hang_ups.subscribe().changed().await;
    }

    /// Whether nothing shall be said this time.
    fn is_silent(&self) -> bool {
        let mut silences = lock(&self.silences);
        let is_silent = *silences > 0;
        *silences = silences.saturating_sub(1);
        is_silent
    }

    fn next_refusal(&self) -> Option<Refusal> {
        lock(&self.refusals).pop_front()
    }

    /// How a text is said.
    pub(super) fn next_speech(&self, text: &str) -> Speech {
        let lined_up = lock(&self.speeches).pop_front();
        lined_up.unwrap_or_else(|| Speech::saying(text).after(self.script.delay))
    }

    /// Records a request.
    pub(super) fn take(&self, parts: &Parts, body: Value) -> Answering {
        let mut index = 0;
        self.requests.send_modify(|requests| {
            index = requests.len();
            requests.push(SpeechRequest {
                target: parts.uri.to_string(),
                has_key: has_key(&parts.headers),
                body,
                refused: None,
                closed: None,
                is_complete: false,
            });
        });
        Answering {
            requests: self.requests.clone(),
            index,
            is_over: false,
        }
    }
}

fn has_key(headers: &HeaderMap) -> bool {
    KEYS.iter().any(|name| headers.contains_key(*name))
}

impl Answering {
    pub(super) fn refused(&mut self, status: u16) {
        self.end(|request| request.refused = Some(status));
    }

    /// It ends by the server's will.
    pub(super) fn end(&mut self, change: impl FnOnce(&mut SpeechRequest)) {
        self.is_over = true;
        self.requests
            .send_modify(|requests| change(&mut requests[self.index]));
    }
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open -= 1);
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        if !self.is_over {
            let now = std::time::Instant::now();
            self.end(|request| request.closed = Some(now));
        }
    }
}

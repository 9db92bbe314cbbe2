use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, Method, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::{Map, Value};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::refusal::Refusal;
use super::request::Sent;
use super::{SpeechFormat, SpeechRequest, SpeechScript, SpeechVendor, elevenlabs, openai};
use crate::speech::{Said, Saying};
use crate::vendors::delays::Delays;
use crate::vendors::keys::{self, KeyVendor};
use crate::vendors::local::LocalServer;
use crate::{Speech, lock};

const MAX_BODY: usize = 1 << 20;
const KEYS: [&str; 3] = ["authorization", "xi-api-key", "x-api-key"];

/// A server that speaks as a vendor does and says each text as a tone: as a test wrote it down, else as long as somebody
/// would need for it.
#[derive(Debug)]
pub struct SpeechServer {
    server: LocalServer,
    desk: Desk,
}

/// What all requests share.
#[derive(Debug, Clone)]
struct Desk {
    vendor: SpeechVendor,
    script: Arc<SpeechScript>,
    requests: watch::Sender<Vec<SpeechRequest>>,
    speeches: Arc<Mutex<VecDeque<Speech>>>,
    refusals: Arc<Mutex<VecDeque<Refusal>>>,
    delays: Delays,
    stop: CancellationToken,
}

/// A request that is being answered; dropped before its end, the client hung up.
struct Answering {
    requests: watch::Sender<Vec<SpeechRequest>>,
    index: usize,
    is_over: bool,
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
            delays: Delays::default(),
            stop: stop.clone(),
        };
        let key_vendor = match vendor {
            SpeechVendor::OpenAi => KeyVendor::OpenAi,
            SpeechVendor::ElevenLabs => KeyVendor::ElevenLabs,
        };
        let routes = Router::new()
            .fallback(answer)
            .with_state(desk.clone())
            .merge(keys::routes(key_vendor, desk.script.api_key.clone()));
        let server = LocalServer::start(routes, stop).await?;
        Ok(Self { server, desk })
    }

    /// The base of all addresses, as a client is configured with it.
    pub fn base_url(&self) -> String {
        self.server.url("/v1")
    }

    /// Lines up how the next text is said.
    pub fn speak(&self, speech: Speech) {
        lock(&self.desk.speeches).push_back(speech);
    }

    /// Lines up the refusal of a request.
    pub fn refuse(&self, status: u16, code: &str, message: &str, retry_after: Option<Duration>) {
        let refusal = Refusal::new(status, code, message).asking_again_after(retry_after);
        lock(&self.desk.refusals).push_back(refusal);
    }

    /// How long each speech really took from the request to its first byte, by the server's clock.
    pub fn delays(&self) -> Vec<Duration> {
        self.desk.delays.all()
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
    tokio::select! {
        response = desk.answer(request) => response,
        () = stop.cancelled() => Refusal::new(503, "stopped", "The server stops").into_response(desk.vendor),
    }
}

impl Desk {
    async fn answer(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, MAX_BODY).await.unwrap_or_default();
        let asked = Instant::now();
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let mut answering = self.take(SpeechRequest {
            target: parts.uri.to_string(),
            has_key: KEYS.iter().any(|name| parts.headers.contains_key(*name)),
            body: body.clone(),
            refused: None,
            closed: None,
            is_complete: false,
        });
        let no_fields = Map::new();
        let sent = Sent {
            parts: &parts,
            fields: body.as_object().unwrap_or(&no_fields),
            refuses_with: match self.vendor {
                SpeechVendor::OpenAi => 400,
                SpeechVendor::ElevenLabs => 422,
            },
        };
        match self.check(&sent) {
            Ok(text) => {
                let is_wav = match self.script.format {
                    SpeechFormat::AsAsked => body["response_format"] == "wav",
                    SpeechFormat::Pcm => false,
                    SpeechFormat::Wav => true,
                };
                let head = is_wav.then(|| wav_header(self.script.rate));
                self.say(&text, asked, head, answering).await
            }
            Err(refusal) => {
                answering.refused(refusal.status);
                refusal.into_response(self.vendor)
            }
        }
    }

    /// The text that is to be spoken.
    fn check(&self, sent: &Sent<'_>) -> Result<String, Refusal> {
        if let Some(refusal) = lock(&self.refusals).pop_front() {
            return Err(refusal);
        }
        if sent.parts.method != Method::POST {
            return Err(Refusal::new(405, "method_not_allowed", "Method Not Allowed"));
        }
        match self.vendor {
            SpeechVendor::OpenAi => openai::check(sent, &self.script),
            SpeechVendor::ElevenLabs => elevenlabs::check(sent, &self.script),
        }
    }

    async fn say(&self, text: &str, asked: Instant, head: Option<Vec<u8>>, answering: Answering) -> Response {
        let lined_up = lock(&self.speeches).pop_front();
        let speech = lined_up.unwrap_or_else(|| Speech::saying(text).after(self.script.delay));
        if !speech.accepted_after.is_zero() {
            sleep(speech.accepted_after).await;
        }
        let saying = speech.say_bytes(self.script.rate, self.script.piece_bytes, asked);
        let true_type = if head.is_some() { "audio/wav" } else { "audio/pcm" };
        let content_type = self.script.content_type.as_deref().unwrap_or(true_type);
        let headers = [
            (header::CONTENT_TYPE, content_type.to_owned()),
            (HeaderName::from_static("x-mood"), "thrown in".to_owned()),
        ];
        let told = Some((self.delays.clone(), asked));
        let body = stream::unfold((head, saying, answering, told, self.stop.clone()), next);
        (headers, Body::from_stream(body)).into_response()
    }

    fn take(&self, request: SpeechRequest) -> Answering {
        let mut index = 0;
        self.requests.send_modify(|requests| {
            index = requests.len();
            requests.push(request);
        });
        Answering {
            requests: self.requests.clone(),
            index,
            is_over: false,
        }
    }
}

/// The header of a WAV file whose length nobody knows yet.
fn wav_header(rate: u32) -> Vec<u8> {
    let mut header = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    header.extend(rate.to_le_bytes());
    header.extend((rate * 2).to_le_bytes());
    header.extend(b"\x02\0\x10\0data\xff\xff\xff\xff");
    header
}

/// What comes before the first piece, what is said, and what becomes of the request; who is to be told of the first byte,
/// until there was one.
type Answer = (
    Option<Vec<u8>>,
    Saying<u8>,
    Answering,
    Option<(Delays, Instant)>,
    CancellationToken,
);

async fn next(
    (mut head, mut saying, mut answering, mut told, stop): Answer,
) -> Option<(io::Result<Vec<u8>>, Answer)> {
    let said = tokio::select! {
        said = saying.next() => said,
        () = stop.cancelled() => Said::Cut,
    };
    match said {
        Said::Piece(bytes) => {
            if let Some((delays, asked)) = told.take() {
                delays.end(asked);
            }
            let bytes = [head.take().unwrap_or_default(), bytes].concat();
            Some((Ok(bytes), (head, saying, answering, told, stop)))
        }
        Said::Over if head.is_some() => {
            let head = head.take().unwrap_or_default();
            Some((Ok(head), (None, saying, answering, told, stop)))
        }
        Said::Over => {
            answering.end(|request| request.is_complete = true);
            None
        }
        Said::Cut => {
            // Lets out what was sent before; else the client sees none of it.
            tokio::task::yield_now().await;
            answering.end(|_| {});
            Some((
                Err(io::Error::other("cut")),
                (head, saying, answering, told, stop),
            ))
        }
    }
}

impl Answering {
    fn refused(&mut self, status: u16) {
        self.end(|request| request.refused = Some(status));
    }

    /// It ends by the server's will.
    fn end(&mut self, change: impl FnOnce(&mut SpeechRequest)) {
        self.is_over = true;
        self.requests
            .send_modify(|requests| change(&mut requests[self.index]));
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

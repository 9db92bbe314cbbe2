use std::collections::VecDeque;
use std::future::pending;
use std::io;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body as HttpBody;
use axum::extract::{Request, State};
use axum::http::Response;
use axum::routing::any;
use futures_util::{StreamExt, stream};
use tokio_util::sync::CancellationToken;

use super::strict::check;
use super::{Body, KeyAnswer, KeyRequest, KeyVendor};
use crate::lock;
use crate::vendors::local::LocalServer;

/// A server that tells right keys from wrong ones, as a vendor does, or does what a test wrote down.
#[derive(Debug)]
pub struct KeyServer {
    server: LocalServer,
    desk: Desk,
}

#[derive(Debug, Clone)]
struct Desk {
    vendor: KeyVendor,
    key: Option<String>,
    answers: Arc<Mutex<VecDeque<KeyAnswer>>>,
    requests: Arc<Mutex<Vec<KeyRequest>>>,
}

impl KeyServer {
    /// Listens on a free port of 127.0.0.1 until it is dropped; `key` is the only one that it takes.
    ///
    /// # Errors
    /// When the machine has no port left.
    pub async fn start(vendor: KeyVendor, key: &str) -> io::Result<Self> {
        let desk = Desk::new(vendor, Some(key.to_owned()));
        let routes = Router::new().fallback(answer).with_state(desk.clone());
        let server = LocalServer::start(routes, CancellationToken::new()).await?;
        Ok(Self { server, desk })
    }

    /// The base of all addresses, as a client is configured with it.
    pub fn base_url(&self) -> String {
        self.server.url(self.desk.vendor.base())
    }

    /// Lines up the answer to the next request.
    pub fn answer(&self, answer: KeyAnswer) {
        lock(&self.desk.answers).push_back(answer);
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<KeyRequest> {
        lock(&self.desk.requests).clone()
    }
}

impl Desk {
    fn new(vendor: KeyVendor, key: Option<String>) -> Self {
        Self {
            vendor,
            key,
            answers: Arc::default(),
            requests: Arc::default(),
        }
    }
}

/// The vendor's call, and its list of voices, for a server that has others besides; with `None` it asks for no key.
pub(in crate::vendors) fn routes(vendor: KeyVendor, key: Option<String>) -> Router {
    let desk = Desk::new(vendor, key);
    let routes = Router::new().route(vendor.path(), any(answer));
    match vendor.voices_path() {
        Some(path) => routes.route(path, any(answer)),
        None => routes,
    }
    .with_state(desk)
}

async fn answer(State(desk): State<Desk>, request: Request) -> Response<HttpBody> {
    let (parts, _) = request.into_parts();
    let request = KeyRequest {
        method: parts.method,
        target: parts.uri.to_string(),
        headers: parts.headers,
    };
    lock(&desk.requests).push(request.clone());
    let lined_up = lock(&desk.answers).pop_front();
    let answer = lined_up.map_or_else(|| check(desk.vendor, desk.key.as_deref(), &request), Err);
    let KeyAnswer {
        status,
        headers,
        body,
    } = match answer {
        Ok(()) => {
            let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
            let told = if desk.vendor.voices_path() == Some(path) {
                desk.vendor.voices()
            } else {
                desk.vendor
                    .welcome(desk.key.as_deref().unwrap_or_default(), query)
            };
            KeyAnswer::foreign(200, &told.to_string())
        }
        Err(answer) => answer,
    };
    let body = match body {
        Body::Complaint { code, message } => {
            HttpBody::from(desk.vendor.complaint(status, &code, &message).to_string())
        }
        Body::Text(text) => HttpBody::from(text),
        Body::Never => pending().await,
        Body::Stuck => HttpBody::from_stream(stream::pending::<io::Result<Vec<u8>>>()),
        Body::Endless => {
            let begin = stream::once(async { br#"{"data":[""#.to_vec() });
            let rest = stream::repeat(vec![b'x'; 1 << 14]);
            HttpBody::from_stream(begin.chain(rest).map(Ok::<_, io::Error>))
        }
    };
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response
        .body(body)
        .unwrap_or_else(|_| unreachable!("tests write down statuses and headers of HTTP"))
}

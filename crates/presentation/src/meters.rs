//! Figures of requests and connections. What labels say comes from the routes and from enums, never from a request.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use metrics::Gauge;
use tokio::time::Instant;
use viva_application::meters::{Counted, Metric, Registry};

use crate::limits;

const REQUESTS: Metric = Metric::counter(
    "viva_http_requests_total",
    &["method", "route", "status"],
    "Requests that were answered, by the template of their route and the class of their status",
);
const REQUEST_DURATION: Metric = Metric::histogram(
    "viva_http_request_duration_seconds",
    &["method", "route"],
    "How long it took until answers began",
);
const RATE_LIMITED: Metric = Metric::counter(
    "viva_http_rate_limited_total",
    &["group"],
    "Requests of clients that had had their share, by which limit it was",
);
const SIGN_INS_FAILED: Metric = Metric::counter(
    "viva_sign_ins_failed_total",
    &["way"],
    "Tokens that were worth nothing: in a header, or in the form on the page",
);
const CONNECTIONS: Metric = Metric::gauge("viva_websocket_connections", &[], "WebSockets that are open");

/// All of them.
pub const METRICS: [Metric; 5] = [
    REQUESTS,
    REQUEST_DURATION,
    RATE_LIMITED,
    SIGN_INS_FAILED,
    CONNECTIONS,
];

/// The route of what has none.
const UNMATCHED: &str = "unmatched";

/// What the routes count. Clones share. The default counts nothing.
#[derive(Clone)]
pub struct HttpMeters(Arc<Handles>);

struct Handles {
    registry: Registry,
    connections: Gauge,
}

/// How somebody showed a token that is worth nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailedSignIn {
    Header,
    Form,
}

impl FailedSignIn {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Form => "form",
        }
    }
}

impl HttpMeters {
    /// Counts in a registry.
    pub fn new(registry: Registry) -> Self {
        registry.describe(&METRICS);
        for group in limits::groups() {
            registry.begin(&RATE_LIMITED, &[group]);
        }
        for way in [FailedSignIn::Header, FailedSignIn::Form] {
            registry.begin(&SIGN_INS_FAILED, &[way.as_str()]);
        }
        Self(Arc::new(Handles {
            connections: registry.gauge(&CONNECTIONS, &[]),
            registry,
        }))
    }

    /// A WebSocket is open for as long as what is returned lives.
    pub(crate) fn connection(&self) -> Counted {
        Counted::new(&self.0.connections)
    }

    pub(crate) fn rate_limited(&self, group: &'static str) {
        self.0.registry.counter(&RATE_LIMITED, &[group]).increment(1);
    }

    pub(crate) fn sign_in_failed(&self, way: FailedSignIn) {
        let counter = self.0.registry.counter(&SIGN_INS_FAILED, &[way.as_str()]);
        counter.increment(1);
    }

    fn answered(&self, method: &'static str, route: &str, status: StatusCode, took: Duration) {
        let registry = &self.0.registry;
        let counter = registry.counter(&REQUESTS, &[method, route, class(status)]);
        counter.increment(1);
        let histogram = registry.histogram(&REQUEST_DURATION, &[method, route]);
        histogram.record(took.as_secs_f64());
    }
}

impl Default for HttpMeters {
    fn default() -> Self {
        Self::new(Registry::none())
    }
}

impl fmt::Debug for HttpMeters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HttpMeters").field(&self.0.registry).finish()
    }
}

/// Counts a request by what it was for, and how it was answered.
pub(crate) async fn measure(State(meters): State<HttpMeters>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = name(request.method());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let route = route.as_ref().map_or(UNMATCHED, MatchedPath::as_str);
    meters.answered(method, route, response.status(), began.elapsed());
    response
}

/// Clients may call methods what they like.
fn name(method: &Method) -> &'static str {
    const NAMES: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"];
    let known = NAMES.into_iter().find(|known| method == known);
    known.unwrap_or("other")
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        ..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        500.. => "5xx",
    }
}

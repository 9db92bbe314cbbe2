//! All routes, and what every request goes through.

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri};
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;
use tracing::{Span, info_span};

use crate::hosts::{check_host, check_origin};
use crate::meters::measure;
use crate::problem::{Problem, describe_failure};
use crate::sign_in::{self, count, guard};
use crate::state::AppState;
use crate::{api, web, ws};

/// The longest body of a request where nothing else is said.
pub(crate) const MAX_BODY_BYTES: usize = 64 * 1024;
/// How long a request may take until its answer begins.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// The page on which people sign in has a style and a form, and nothing that runs.
const SIGN_IN_POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; \
                              frame-ancestors 'none'";
/// What is below knows by itself what it can tell of.
const KEYS: &str = "/api/v1/credentials/";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// The whole server: API, WebSocket and page. All but the page is made from what the OpenAPI document is made from.
pub fn router(state: AppState) -> Router {
    // What is added last comes first on the way in and last on the way out.
    let rest = api::open()
        .layer(from_fn_with_state(state.clone(), count))
        .merge(api::for_visitors(&state.limiter).layer(from_fn_with_state(state.clone(), guard)))
        .layer(header_unless_set(
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ))
        .layer(header_unless_set(CACHE_CONTROL, "no-store"))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            REQUEST_TIMEOUT,
        ));
    let (socket, _) = ws::routes().split_for_parts();
    let socket = socket
        .layer(RequestBodyLimitLayer::new(MAX_BODY_BYTES))
        .layer(from_fn_with_state(state.clone(), guard));
    let (people, _) = sign_in::routes().split_for_parts();
    let people = people
        .layer(RequestBodyLimitLayer::new(MAX_BODY_BYTES))
        .layer(from_fn_with_state(state.clone(), count))
        .layer(header_unless_set(CONTENT_SECURITY_POLICY, SIGN_IN_POLICY))
        .layer(header_unless_set(CACHE_CONTROL, "no-store"))
        // Without it a browser would not tell where a form comes from.
        .layer(header_unless_set(REFERRER_POLICY, "same-origin"))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            REQUEST_TIMEOUT,
        ));
    Router::new()
        .merge(rest)
        .merge(socket)
        .merge(people)
        .merge(web::router(&state).layer(RequestBodyLimitLayer::new(MAX_BODY_BYTES)))
        .layer(from_fn(check_origin))
        .layer(from_fn_with_state(state.sign_in.clone(), check_host))
        .layer(CatchPanicLayer::custom(on_panic))
        .layer(map_response(describe_failure))
        .layer(header_unless_set(
            PERMISSIONS_POLICY,
            "microphone=(self), camera=(), geolocation=()",
        ))
        .layer(header_unless_set(REFERRER_POLICY, "no-referrer"))
        .layer(header_unless_set(X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(from_fn_with_state(state.meters.clone(), measure))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(TraceLayer::new_for_http().make_span_with(span).on_failure(()))
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .with_state(state)
}

fn header_unless_set(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

fn span(request: &Request) -> Span {
    let id = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok());
    info_span!("http.request", http.method = %request.method(), http.path = shown_path(request.uri()), request.id = id)
}

/// The path without its query, which may hold what is nobody's business; so may what stands for the name of a provider.
fn shown_path(uri: &Uri) -> &str {
    if uri.path().starts_with(KEYS) {
        return KEYS;
    }
    uri.path()
}

/// What happened is logged where it does.
fn on_panic(_: Box<dyn Any + Send>) -> Response<Body> {
    Problem::internal().into_response()
}

//! Failures of the REST API. The only place that knows status codes.

use std::error::Error;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::{FormRejection, JsonRejection, PathRejection, QueryRejection};
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use tracing::{error, warn};
use viva_application::credentials::CredentialError;
use viva_application::deletion::DeleteError;
use viva_application::history::{HistoryError, TooBusy};
use viva_application::templates::{FindTemplateError, PromptError, TemplateError};
use viva_application::voices::ListVoicesError;
use viva_domain::credentials::{AddressFault, CredentialRefusal};
use viva_domain::ports::{BlobError, BlobErrorKind, StoreError, StoreErrorKind};
use viva_domain::templates::InvalidTemplate;
use viva_protocol::problem::{PROBLEM_JSON, Problem as Body};

use crate::self_test::{CertificateUnreadable, SelfTestRuns};

/// When somebody whose file could not be made tries again.
const EXPORT_AGAIN_AFTER: Duration = Duration::from_secs(10);

/// A failed request, as RFC 9457 `application/problem+json` with a stable `code`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    status: StatusCode,
    code: String,
    detail: Option<String>,
    headers: HeaderMap,
}

impl Problem {
    fn new(status: StatusCode, code: &str) -> Self {
        Self {
            status,
            code: code.to_owned(),
            detail: None,
            headers: HeaderMap::new(),
        }
    }

    /// What the status says and no more, such as `method-not-allowed`.
    fn of_status(status: StatusCode) -> Self {
        let code = title(status).to_lowercase().replace(' ', "-");
        Self::new(status, &code)
    }

    /// The request makes no sense.
    pub(crate) fn bad_request(code: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code)
    }

    /// Nobody is signed in, and somebody has to be.
    pub(crate) fn unauthorized() -> Self {
        let problem = Self::of_status(StatusCode::UNAUTHORIZED);
        problem
            .detail("sign in, or send an API token in the header authorization: Bearer …")
            .header(header::WWW_AUTHENTICATE, r#"Bearer realm="viva""#)
    }

    /// As [`Self::unauthorized`], for somebody who sent a token that is worth nothing. It is not told why (RFC 6750).
    pub(crate) fn invalid_token() -> Self {
        Self::unauthorized().header(
            header::WWW_AUTHENTICATE,
            r#"Bearer realm="viva", error="invalid_token""#,
        )
    }

    /// The client had its share; there is more later.
    pub(crate) fn too_many_requests(retry_after: Duration) -> Self {
        let seconds = whole_seconds(retry_after);
        let problem = Self::of_status(StatusCode::TOO_MANY_REQUESTS);
        problem
            .detail(format!("too many requests; try again in {seconds} s"))
            .retry_after(Some(Duration::from_secs(seconds)))
    }

    /// The caller may not do this from where they are.
    pub(crate) fn forbidden(code: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, code)
    }

    /// The request was meant for another server.
    pub(crate) fn misdirected(code: &str) -> Self {
        Self::new(StatusCode::MISDIRECTED_REQUEST, code)
    }

    /// There is nothing here, or it is somebody else's.
    pub(crate) fn not_found(code: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, code)
    }

    /// There was something here, and it does not come back.
    pub(crate) fn gone(code: &str) -> Self {
        Self::new(StatusCode::GONE, code)
    }

    /// It cannot be done while things are as they are.
    pub(crate) fn conflict(code: &str) -> Self {
        Self::new(StatusCode::CONFLICT, code)
    }

    /// The range lies outside of what there is.
    pub(crate) fn range_not_satisfiable(len: u64) -> Self {
        let problem = Self::of_status(StatusCode::RANGE_NOT_SATISFIABLE);
        problem
            .detail(format!("there are {len} bytes"))
            .header(header::CONTENT_RANGE, &format!("bytes */{len}"))
    }

    /// What is asked for is understood, and is no good.
    pub(crate) fn unprocessable(code: &str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code)
    }

    /// Somebody else, who had to be asked, did not answer well.
    pub(crate) fn bad_gateway(code: &str) -> Self {
        Self::new(StatusCode::BAD_GATEWAY, code)
    }

    /// Trying again later may help.
    pub(crate) fn unavailable(code: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code)
    }

    /// Our fault. The log has the cause.
    pub(crate) fn internal() -> Self {
        Self::of_status(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Says when to try again, in whole seconds.
    fn retry_after(mut self, wait: Option<Duration>) -> Self {
        if let Some(wait) = wait {
            self.headers.insert(header::RETRY_AFTER, rounded_up(wait).into());
        }
        self
    }

    /// Says what went wrong this time and what to do about it.
    pub(crate) fn detail(self, detail: impl Into<String>) -> Self {
        Self {
            detail: Some(detail.into()),
            ..self
        }
    }

    fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// The same for people: a page instead of the JSON.
    pub(crate) fn shown_as(self, page: Html<String>) -> Response {
        (self.status, self.headers, page).into_response()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = Body {
            kind: "about:blank".to_owned(),
            title: title(self.status).to_owned(),
            status: self.status.as_u16(),
            code: self.code,
            detail: self.detail,
        };
        let media_type = [(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON))];
        (self.status, self.headers, media_type, Json(body)).into_response()
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        if rejection.status().is_server_error() {
            error!(
                event = "request.misrouted",
                error = &rejection as &dyn std::error::Error,
                "A route's path does not fit its handler"
            );
            return Self::internal();
        }
        Self::bad_request("invalid-path").detail(rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::bad_request("invalid-query").detail(rejection.body_text())
    }
}

impl From<FormRejection> for Problem {
    fn from(rejection: FormRejection) -> Self {
        let problem = match rejection.status() {
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Self::bad_request("invalid-body"),
            status => Self::of_status(status),
        };
        // What is wrong with a field may repeat it.
        problem.detail("the body is not the form of the page")
    }
}

impl From<WebSocketUpgradeRejection> for Problem {
    fn from(rejection: WebSocketUpgradeRejection) -> Self {
        Self::of_status(rejection.status())
            .detail(format!("open a WebSocket here: {}", rejection.body_text()))
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        let problem = match rejection.status() {
            // Of a body that is no JSON, and of JSON that is not what is wanted.
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Self::bad_request("invalid-body"),
            status => Self::of_status(status),
        };
        problem.detail(rejection.body_text())
    }
}

impl From<InvalidTemplate> for Problem {
    fn from(err: InvalidTemplate) -> Self {
        Self::bad_request("invalid-template").detail(err.to_string())
    }
}

impl From<FindTemplateError> for Problem {
    fn from(err: FindTemplateError) -> Self {
        TemplateError::from(err).into()
    }
}

impl From<PromptError> for Problem {
    fn from(err: PromptError) -> Self {
        match err {
            PromptError::Template(cause) => cause.into(),
            PromptError::Invalid(_) | PromptError::Language(_) => {
                Self::bad_request("invalid-prompt").detail(err.to_string())
            }
        }
    }
}

impl From<TemplateError> for Problem {
    fn from(err: TemplateError) -> Self {
        match &err {
            TemplateError::Unknown(_) => Self::not_found("template-not-found").detail(err.to_string()),
            TemplateError::BuiltIn(_) => Self::conflict("template-built-in").detail(err.to_string()),
            TemplateError::NameTaken(_) => Self::conflict("template-name-taken").detail(err.to_string()),
            TemplateError::Store(cause) => cause.into(),
        }
    }
}

impl From<CredentialError> for Problem {
    fn from(err: CredentialError) -> Self {
        match &err {
            CredentialError::UnknownProvider => Self::not_found("provider-not-found").detail(err.to_string()),
            CredentialError::NotThere(_) => Self::not_found("credential-not-found").detail(err.to_string()),
            CredentialError::Invalid(_) => Self::bad_request("invalid-credential").detail(err.to_string()),
            CredentialError::Refused(cause) => cause.into(),
            CredentialError::Unreadable(_) => {
                log(&err);
                Self::conflict("credential-unreadable").detail(err.to_string())
            }
            CredentialError::NotSealed(_) | CredentialError::BrokenOff(_) => {
                log(&err);
                Self::internal()
            }
            CredentialError::Store(cause) => cause.into(),
        }
    }
}

impl From<ListVoicesError> for Problem {
    fn from(err: ListVoicesError) -> Self {
        match &err {
            ListVoicesError::UnknownProvider => Self::not_found("provider-not-found").detail(err.to_string()),
            ListVoicesError::Store(cause) => cause.into(),
        }
    }
}

impl From<&CredentialRefusal> for Problem {
    fn from(err: &CredentialRefusal) -> Self {
        let problem = match err {
            CredentialRefusal::BadKey => Self::unprocessable("credential-refused"),
            CredentialRefusal::Forbidden => Self::unprocessable("credential-forbidden"),
            CredentialRefusal::QuotaExceeded => Self::unprocessable("credential-quota-exceeded"),
            CredentialRefusal::WrongAddress { fault, .. } => Self::unprocessable(code_of(*fault)),
            CredentialRefusal::NoNetwork(_) => Self::bad_gateway("provider-unreachable"),
            CredentialRefusal::RateLimited { retry_after } => {
                Self::unavailable("provider-rate-limited").retry_after(*retry_after)
            }
            CredentialRefusal::Failed(_) => Self::bad_gateway("provider-failed"),
        };
        problem.detail(err.to_string())
    }
}

/// By these codes pages tell in their own language what is wrong with an address.
const fn code_of(fault: AddressFault) -> &'static str {
    match fault {
        AddressFault::NotHttp => "base-url-not-http",
        AddressFault::Password => "base-url-with-password",
        AddressFault::Fragment => "base-url-with-fragment",
        AddressFault::LinkLocal => "base-url-link-local",
        AddressFault::Metadata => "base-url-metadata",
        AddressFault::Private => "base-url-private",
        AddressFault::NoHost => "base-url-no-host",
        AddressFault::NotFound => "base-url-not-found",
        AddressFault::NotTheProvider => "base-url-not-the-provider",
        AddressFault::Redirects => "base-url-redirects",
        AddressFault::OtherRegion => "base-url-other-region",
    }
}

impl From<HistoryError> for Problem {
    fn from(err: HistoryError) -> Self {
        match &err {
            HistoryError::UnknownSession(_) => Self::not_found("session-not-found").detail(err.to_string()),
            HistoryError::UnknownTurn(_) => Self::not_found("turn-not-found").detail(err.to_string()),
            HistoryError::NoRecording | HistoryError::Deleted(_) => {
                Self::not_found("recording-not-found").detail(err.to_string())
            }
            HistoryError::Purged(_) => Self::gone("recordings-purged").detail(err.to_string()),
            HistoryError::Store(cause) => cause.into(),
            HistoryError::Blob(cause) => cause.into(),
        }
    }
}

impl From<TooBusy> for Problem {
    fn from(err: TooBusy) -> Self {
        let problem = Self::unavailable("exports-busy").detail(format!("{err}; try again"));
        problem.retry_after(Some(EXPORT_AGAIN_AFTER))
    }
}

impl From<DeleteError> for Problem {
    fn from(err: DeleteError) -> Self {
        match &err {
            DeleteError::Unknown(_) => Self::not_found("session-not-found").detail(err.to_string()),
            DeleteError::Active(_) => Self::conflict("session-active").detail(err.to_string()),
            DeleteError::Unfinished { .. } => {
                log(&err);
                Self::unavailable("deletion-unfinished").detail(err.to_string())
            }
            DeleteError::NotTried(_) | DeleteError::BrokenOff(_) => {
                log(&err);
                Self::internal()
            }
            DeleteError::Store(cause) => cause.into(),
            DeleteError::Blob(cause) => cause.into(),
        }
    }
}

impl From<SelfTestRuns> for Problem {
    fn from(err: SelfTestRuns) -> Self {
        Self::conflict("self-test-running").detail(err.to_string())
    }
}

impl From<CertificateUnreadable> for Problem {
    fn from(err: CertificateUnreadable) -> Self {
        log(&err);
        Self::internal().detail(err.to_string())
    }
}

impl From<&StoreError> for Problem {
    fn from(err: &StoreError) -> Self {
        log(err);
        match err.kind {
            StoreErrorKind::Unavailable => database_unavailable(),
            StoreErrorKind::Conflict | StoreErrorKind::Missing | StoreErrorKind::Damaged => Self::internal(),
        }
    }
}

impl From<&BlobError> for Problem {
    fn from(err: &BlobError) -> Self {
        log(err);
        match err.kind {
            BlobErrorKind::Unavailable => {
                Self::unavailable("storage-unavailable").detail("the recordings cannot be reached; try again")
            }
            BlobErrorKind::Full => Self::unavailable("storage-unavailable")
                .detail("the storage is full; make room and try again"),
            BlobErrorKind::Range => Self::internal(),
        }
    }
}

fn database_unavailable() -> Problem {
    Problem::unavailable("database-unavailable").detail("the database cannot be reached; try again")
}

/// Logs an error whose cause the client must not see, with everything that caused it.
pub(crate) fn log(err: &(dyn Error + 'static)) {
    error!(event = "request.failed", error = err, "Request failed");
}

/// Logs why an answer breaks off that has begun. That somebody deletes what is being read is nobody's fault.
pub(crate) fn broke_off(err: &HistoryError) {
    match err {
        HistoryError::Deleted(_) => warn!(
            event = "request.broke_off",
            error = err as &dyn std::error::Error,
            "An answer broke off"
        ),
        HistoryError::UnknownSession(_)
        | HistoryError::UnknownTurn(_)
        | HistoryError::NoRecording
        | HistoryError::Purged(_)
        | HistoryError::Store(_)
        | HistoryError::Blob(_) => log(err),
    }
}

/// Makes a problem of a failure that a layer below answered in its own way. The headers stay: `allow` says which
/// methods a route has. Pages for people stay as well.
pub(crate) async fn describe_failure(response: Response) -> Response {
    let status = response.status();
    let is_failure = status.is_client_error() || status.is_server_error();
    let media_type = response.headers().get(CONTENT_TYPE);
    let is_described = media_type.is_some_and(|media_type| {
        media_type == PROBLEM_JSON || media_type.as_bytes().starts_with(b"text/html")
    });
    if !is_failure || is_described {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.remove(CONTENT_TYPE);
    let mut described = Problem::of_status(status).into_response();
    described.headers_mut().extend(parts.headers);
    described
}

/// At least one, and long enough.
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    rounded_up(wait).max(1)
}

fn rounded_up(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

fn title(status: StatusCode) -> &'static str {
    status.canonical_reason().unwrap_or("Failure")
}

#[cfg(test)]
mod tests;

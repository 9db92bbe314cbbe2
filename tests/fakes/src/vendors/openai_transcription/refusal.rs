use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Why a request is refused.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) code: String,
    pub(super) message: String,
    pub(super) param: Option<String>,
    pub(super) retry_after: Option<u64>,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &str, message: &str) -> Self {
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            code: code.to_owned(),
            message: message.to_owned(),
            param: None,
            retry_after: None,
        }
    }

    pub(super) fn parameter(code: &str, message: &str, param: &str) -> Self {
        Self {
            param: Some(param.to_owned()),
            ..Self::new(400, code, message)
        }
    }

    pub(super) fn error(&self) -> Value {
        json!({
            "message": self.message, "type": "invalid_request_error", "param": self.param, "code": self.code,
            "mood": "thrown in",
        })
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let retry_after = self
            .retry_after
            .map(|seconds| [(header::RETRY_AFTER, seconds.to_string())]);
        let body = json!({"error": self.error()});
        (self.status, retry_after, Json(body)).into_response()
    }
}

/// Checks the key; the message of a wrong one holds it, as the worst vendors do.
pub(super) fn check_key(key: Option<&str>, headers: &HeaderMap) -> Result<(), Refusal> {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    match key {
        Some(key) if given != format!("Bearer {key}") => Err(Refusal::new(
            401,
            "invalid_api_key",
            &format!("Incorrect API key provided: {given}"),
        )),
        _ => Ok(()),
    }
}

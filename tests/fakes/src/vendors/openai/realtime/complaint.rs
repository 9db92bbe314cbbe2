use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// What the server refuses, in OpenAI's shape.
#[derive(Debug, Clone)]
pub(super) struct Complaint {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
    pub(super) param: Option<String>,
    pub(super) retry_after_s: Option<u64>,
}

impl Complaint {
    pub(super) fn new(code: &str, message: &str) -> Self {
        Self {
            status: 400,
            code: code.to_owned(),
            message: message.to_owned(),
            param: None,
            retry_after_s: None,
        }
    }

    pub(super) fn about(param: &str, code: &str, message: &str) -> Self {
        Self {
            param: Some(param.to_owned()),
            ..Self::new(code, message)
        }
    }

    pub(super) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// As an event that answers the message of this id.
    pub(super) fn event(&self, event_id: &Value) -> Value {
        let mut error = self.body();
        error["event_id"] = event_id.clone();
        json!({ "type": "error", "event_id": "event_error", "error": error })
    }

    fn body(&self) -> Value {
        let kind = match self.code.as_str() {
            "insufficient_quota" => "insufficient_quota",
            "server_error" => "server_error",
            _ => "invalid_request_error",
        };
        json!({ "type": kind, "code": self.code, "message": self.message, "param": self.param })
    }
}

impl IntoResponse for Complaint {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(json!({ "error": self.body() }))).into_response();
        if let Some(seconds) = self.retry_after_s {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

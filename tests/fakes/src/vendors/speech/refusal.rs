use std::time::Duration;

use axum::Json;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::SpeechVendor;
use crate::vendors::keys::google_status;

const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");

/// Why a request is refused.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
    param: Option<String>,
    retry_after: Option<Duration>,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
            param: None,
            retry_after: None,
        }
    }

    /// A field of the body that is missing or wrong.
    pub(super) fn field(status: u16, code: &str, name: &str, message: impl Into<String>) -> Self {
        Self {
            param: Some(name.to_owned()),
            ..Self::new(status, code, message)
        }
    }

    pub(super) fn asking_again_after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait;
        self
    }

    /// As the vendor tells it, with a field that nobody knows.
    pub(super) fn into_response(self, vendor: SpeechVendor) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.retry_after.map(|wait| match wait.subsec_millis() {
            0 => [(header::RETRY_AFTER, wait.as_secs().to_string())],
            _ => [(RETRY_AFTER_MS, wait.as_millis().to_string())],
        });
        match vendor {
            SpeechVendor::Azure => (status, retry_after, self.message).into_response(),
            _ => (status, retry_after, Json(self.body(vendor))).into_response(),
        }
    }

    /// Google's name of the status; of one that it has not, none that means anything.
    const fn google_status(&self) -> &'static str {
        match self.status {
            418 => "UNKNOWN",
            status => google_status(status),
        }
    }

    fn body(&self, vendor: SpeechVendor) -> Value {
        match (vendor, &self.param) {
            (SpeechVendor::OpenAi, param) => json!({"error": {
                "message": self.message, "type": "invalid_request_error", "param": param, "code": self.code,
                "mood": "thrown in",
            }}),
            (SpeechVendor::ElevenLabs, Some(param)) if self.status == 422 => json!({"detail": [
                {"loc": ["body", param], "msg": self.message, "type": self.code, "mood": "thrown in"},
            ]}),
            (SpeechVendor::ElevenLabs, _) => json!({"detail": {
                "status": self.code, "message": self.message, "mood": "thrown in",
            }}),
            (SpeechVendor::Cartesia, _) => json!({
                "title": "Refused", "message": self.message, "error_code": self.code, "request_id": "1",
                "status_code": self.status, "mood": "thrown in",
            }),
            (SpeechVendor::Google | SpeechVendor::Gemini, _) => json!({"error": {
                "code": self.status, "message": self.message, "status": self.google_status(),
                "details": [{"reason": self.code, "mood": "thrown in"}],
            }}),
            (SpeechVendor::Deepgram, _) => json!({
                "err_code": self.code, "err_msg": self.message, "request_id": "1", "mood": "thrown in",
            }),
            (SpeechVendor::Azure | SpeechVendor::VoAi, _) => json!({
                "code": self.code, "message": self.message, "mood": "thrown in",
            }),
        }
    }
}

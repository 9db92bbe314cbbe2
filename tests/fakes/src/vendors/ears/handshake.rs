use std::collections::HashSet;

use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::{EarsVendor, assemblyai, azure_speech, scribe, speechmatics};

/// Why a connection is refused.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub(super) vendor: EarsVendor,
    pub(super) status: StatusCode,
    pub(super) message: String,
    pub(super) retry_after: Option<u64>,
}

/// What a vendor's address may hold.
pub(super) struct Parameters {
    pub(super) known: &'static [&'static str],
    pub(super) needed: &'static [&'static str],
    pub(super) repeatable: &'static [&'static str],
    pub(super) is_valid: fn(&str, &str) -> bool,
}

impl Refusal {
    pub(super) fn new(vendor: EarsVendor, status: u16, message: impl Into<String>) -> Self {
        Self {
            vendor,
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            message: message.into(),
            retry_after: None,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let message = self.message;
        let body = match self.vendor {
            EarsVendor::AssemblyAi => json!({"error": message}),
            EarsVendor::AzureSpeech => {
                json!({"error": {"code": self.status.as_str(), "message": message}})
            }
            EarsVendor::Scribe => json!({"detail": {"status": "thrown_in", "message": message}}),
            EarsVendor::Speechmatics => json!({"code": self.status.as_u16(), "error": message}),
        };
        let retry_after = self
            .retry_after
            .map(|seconds| [(header::RETRY_AFTER, seconds.to_string())]);
        (self.status, retry_after, Json(body)).into_response()
    }
}

/// Checks a request as the vendor would; the message about a wrong key holds it, as the worst vendors do.
pub(super) fn check(
    vendor: EarsVendor,
    key: &str,
    headers: &HeaderMap,
    query: &[(String, String)],
) -> Result<(), Refusal> {
    let (name, wanted, parameters) = match vendor {
        EarsVendor::AssemblyAi => ("authorization", key.to_owned(), &assemblyai::PARAMETERS),
        EarsVendor::AzureSpeech => (
            "ocp-apim-subscription-key",
            key.to_owned(),
            &azure_speech::PARAMETERS,
        ),
        EarsVendor::Scribe => ("xi-api-key", key.to_owned(), &scribe::PARAMETERS),
        EarsVendor::Speechmatics => (
            "authorization",
            format!("Bearer {key}"),
            &speechmatics::PARAMETERS,
        ),
    };
    let header = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    };
    let given = header(name);
    if given != wanted {
        return Err(Refusal::new(vendor, 401, format!("Invalid credentials: {given}")));
    }
    let connection = header("x-connectionid");
    let is_id = connection.len() == 32 && connection.chars().all(|c| c.is_ascii_hexdigit());
    if vendor == EarsVendor::AzureSpeech && !is_id {
        return Err(Refusal::new(vendor, 400, "X-ConnectionId is missing"));
    }
    check_query(vendor, parameters, query)
}

fn check_query(
    vendor: EarsVendor,
    parameters: &Parameters,
    query: &[(String, String)],
) -> Result<(), Refusal> {
    let bad = |message: String| Err(Refusal::new(vendor, 400, message));
    let mut seen = HashSet::new();
    for (name, value) in query {
        let name = name.as_str();
        if !parameters.known.contains(&name) {
            return bad(format!("Unknown query parameter: {name}"));
        }
        if !seen.insert(name) && !parameters.repeatable.contains(&name) {
            return bad(format!("Duplicate query parameter: {name}"));
        }
        if !(parameters.is_valid)(name, value) {
            return bad(format!("Invalid value for {name}: {value}"));
        }
    }
    match parameters.needed.iter().find(|needed| !seen.contains(**needed)) {
        Some(needed) => bad(format!("Missing query parameter: {needed}")),
        None => Ok(()),
    }
}

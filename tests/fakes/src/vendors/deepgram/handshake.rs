use std::collections::HashSet;

use axum::Json;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// What `/v1/listen` knows, as far as live audio goes.
const V1: &[&str] = &[
    "channels",
    "detect_entities",
    "diarize_model",
    "dictation",
    "encoding",
    "endpointing",
    "interim_results",
    "keyterm",
    "keywords",
    "language",
    "language_hint",
    "mip_opt_out",
    "model",
    "multichannel",
    "numerals",
    "profanity_filter",
    "punctuate",
    "redact",
    "replace",
    "sample_rate",
    "search",
    "smart_format",
    "tag",
    "utterance_end_ms",
    "vad_events",
    "version",
];
/// What `/v2/listen` knows.
const V2: &[&str] = &[
    "eager_eot_threshold",
    "encoding",
    "eot_threshold",
    "eot_timeout_ms",
    "keyterm",
    "language_hint",
    "mip_opt_out",
    "model",
    "numerals",
    "profanity_filter",
    "redact",
    "sample_rate",
    "tag",
];
/// May come more than once.
const REPEATABLE: [&str; 6] = ["keyterm", "keywords", "language_hint", "redact", "replace", "tag"];

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    V1,
    V2,
}

/// Why a connection is refused.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) code: String,
    pub(super) message: String,
    pub(super) retry_after: Option<u64>,
}

impl Refusal {
    fn new(status: StatusCode, code: &str, message: String) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message,
            retry_after: None,
        }
    }

    fn bad(message: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Bad Request", message)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({
            "err_code": self.code,
            "err_msg": self.message,
            "request_id": "5e1f7a1c-0000-4000-8000-000000000000",
            "category": "thrown in",
        });
        let retry_after = self
            .retry_after
            .map(|seconds| [(header::RETRY_AFTER, seconds.to_string())]);
        let dg_error = [(HeaderName::from_static("dg-error"), self.code)];
        (self.status, retry_after, dg_error, Json(body)).into_response()
    }
}

/// Checks a request as the vendor would; the message of a wrong key holds the key, as the worst vendors do.
pub(super) fn check(
    api: Api,
    key: &str,
    headers: &HeaderMap,
    query: &[(String, String)],
) -> Result<(), Refusal> {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if given != format!("Token {key}") {
        let message = format!("Invalid credentials: {given}");
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, "INVALID_AUTH", message));
    }
    let known = if api == Api::V1 { V1 } else { V2 };
    let mut seen = HashSet::new();
    for (name, value) in query {
        if !known.contains(&name.as_str()) {
            return Err(Refusal::bad(format!("Unknown query parameter: {name}")));
        }
        if !seen.insert(name) && !REPEATABLE.contains(&name.as_str()) {
            return Err(Refusal::bad(format!("Duplicate query parameter: {name}")));
        }
        if !is_valid(api, name, value) {
            return Err(Refusal::bad(format!("Invalid value for {name}: {value}")));
        }
    }
    for needed in ["model", "encoding", "sample_rate"] {
        if !seen.iter().any(|name| *name == needed) {
            return Err(Refusal::bad(format!("Missing query parameter: {needed}")));
        }
    }
    Ok(())
}

fn is_valid(api: Api, name: &str, value: &str) -> bool {
    let within = |least: f64, most: f64| {
        value
            .parse::<f64>()
            .is_ok_and(|value| (least..=most).contains(&value))
    };
    match name {
        "model" => !value.is_empty() && value.starts_with("flux") == (api == Api::V2),
        "encoding" => value == "linear16",
        "sample_rate" => within(8_000.0, 48_000.0),
        "channels" => value == "1",
        "endpointing" => value == "false" || value.parse::<u32>().is_ok(),
        "interim_results" | "smart_format" | "punctuate" | "numerals" | "profanity_filter" | "vad_events"
        | "mip_opt_out" => matches!(value, "true" | "false"),
        "eot_threshold" => within(0.5, 1.0),
        "eager_eot_threshold" => within(0.3, 0.9),
        "eot_timeout_ms" => within(500.0, 60_000.0),
        _ => !value.is_empty(),
    }
}

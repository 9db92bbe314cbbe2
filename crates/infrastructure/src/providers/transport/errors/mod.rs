//! One mapping from what vendors say to what callers branch on.

#[cfg(test)]
mod tests;

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;
use thiserror::Error;
use viva_domain::ports::{ProviderError, ProviderErrorKind, Source};

use super::Account;

/// Longer messages are cut.
const MAX_MESSAGE_CHARS: usize = 300;

/// Codes that mean the same at several vendors; they count more than the status.
const QUOTA: [&str; 10] = [
    "asr_payment_required",
    "billing_error",
    "billing_hard_limit_reached",
    "credit_balance_exhausted",
    "credits_exhausted",
    "insufficient_credits",
    "insufficient_quota",
    "payment_required",
    "quota_exceeded",
    "quota_exhausted",
];
/// For keys that are none, or not any more.
const BAD_KEY: [&str; 7] = [
    "account_deactivated",
    "api_key_invalid",
    "authentication_error",
    "invalid_api_key",
    "invalid_auth",
    "invalid_authorization_header",
    "unauthenticated",
];
/// For keys that may not do this, or not from here.
const NOT_ALLOWED: [&str; 5] = [
    "insufficient_permissions",
    "ip_not_authorized",
    "missing_permissions",
    "permission_denied",
    "permission_error",
];
const RATE: [&str; 7] = [
    "rate_limit_error",
    "rate_limit_exceeded",
    "rate_limited",
    "resource_exhausted",
    "system_busy",
    "too_many_concurrent_requests",
    "too_many_requests",
];
const OUTAGE: [&str; 11] = [
    "api_error",
    "deadline_exceeded",
    "engine_overloaded",
    "internal",
    "internal_error",
    "internal_server_error",
    "overloaded_error",
    "server_error",
    "service_unavailable",
    "timeout_error",
    "unavailable",
];
const CONFIGURATION: [&str; 8] = [
    "invalid_model",
    "invalid_voice",
    "model_not_found",
    "not_supported_error",
    "unsupported_model",
    "unsupported_parameter",
    "unsupported_value",
    "voice_not_found",
];
/// Parameters of requests that a session configures.
const CONFIGURED: [&str; 15] = [
    "keywords",
    "language",
    "max_completion_tokens",
    "max_output_tokens",
    "max_tokens",
    "model",
    "output_format",
    "prompt",
    "reasoning_effort",
    "speed",
    "temperature",
    "thinking",
    "voice",
    "voice_id",
    "voice_settings",
];

/// All of a session is what somebody configured.
const SESSION: &str = "session.";

/// What a vendor said about its failure, whatever the shape.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Complaint {
    /// Codes, types and statuses, in lower case.
    pub codes: Vec<String>,
    /// The parameter that it is about.
    pub parameter: Option<String>,
    /// For people.
    pub message: String,
    /// When it wants to be asked again, where the message says it.
    pub retry_after: Option<Duration>,
}

/// The cause of an error that is a vendor's answer, for the log.
#[derive(Debug, Error)]
#[error("it answered {}: {message}", .status.map_or("with an error".to_owned(), |status| status.to_string()))]
struct Refused {
    status: Option<StatusCode>,
    message: String,
}

impl Complaint {
    /// A complaint with one code, as events of an open connection bring it.
    pub fn new(code: impl AsRef<str>, message: impl Into<String>) -> Self {
        Self {
            codes: vec![code.as_ref().to_ascii_lowercase()],
            message: message.into(),
            ..Self::default()
        }
    }

    /// Finds what is known in any JSON; text that is none is the message.
    pub fn parse(body: &[u8]) -> Self {
        serde_json::from_slice(body).map_or_else(
            |_| Self {
                message: String::from_utf8_lossy(body).into_owned(),
                ..Self::default()
            },
            |json| Self::of(&json),
        )
    }

    /// Finds what is known: some vendors have an `error`, some a `detail`, some `err_code` and `err_msg`; any of them may
    /// be a text, an object, or one in a list.
    pub fn of(json: &Value) -> Self {
        let json = first(json);
        let inner = ["error", "detail"]
            .iter()
            .find_map(|name| json.get(name))
            .map_or(json, first);
        let text = |name: &str| inner.get(name).and_then(Value::as_str);
        let details = inner
            .get("details")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let detail = |name: &str| details.clone().find_map(|detail| detail.get(name)?.as_str());
        let names = [
            "code",
            "type",
            "status",
            "err_code",
            "error_code",
            "error",
            "category",
        ];
        let codes = names.map(text);
        Self {
            codes: codes
                .into_iter()
                .chain([detail("reason")])
                .flatten()
                .map(str::to_ascii_lowercase)
                .collect(),
            parameter: text("param").map(str::to_owned),
            message: ["message", "err_msg", "msg"]
                .into_iter()
                .find_map(text)
                .or(inner.as_str())
                .unwrap_or_default()
                .to_owned(),
            retry_after: detail("retryDelay").and_then(seconds),
        }
    }

    /// What kind of failure it is; the status of the response is known unless the complaint came within one.
    pub fn kind(&self, status: Option<StatusCode>) -> ProviderErrorKind {
        let has = |codes: &[&str]| self.codes.iter().any(|code| codes.contains(&code.as_str()));
        let status = status.map_or(0, |status| status.as_u16());
        let failed = || ProviderErrorKind::Failed(self.told(status));
        if has(&QUOTA) || status == 402 {
            ProviderErrorKind::QuotaExceeded
        } else if has(&BAD_KEY)
            || status == 401 && !has(&NOT_ALLOWED)
            || status == 403 && self.names_a_bad_key()
        {
            ProviderErrorKind::CredentialInvalid
        } else if has(&NOT_ALLOWED) || status == 403 && !has(&CONFIGURATION) {
            ProviderErrorKind::CredentialForbidden
        } else if has(&RATE) || status == 429 {
            ProviderErrorKind::RateLimited
        } else if self.is_about_configuration(status) || has(&CONFIGURATION) {
            ProviderErrorKind::InvalidConfig(self.told(status))
        } else if matches!(status, 408 | 409 | 500..) || has(&OUTAGE) {
            ProviderErrorKind::Unavailable
        } else {
            failed()
        }
    }

    /// The error of a provider, without the key and not too long.
    pub fn into_error(self, account: &Account, status: Option<StatusCode>) -> ProviderError {
        let complaint = Self {
            message: brief(account.redact(&self.message)),
            ..self
        };
        let kind = match complaint.kind(status) {
            // Nobody without a key is allowed anything.
            ProviderErrorKind::CredentialForbidden if account.api_key.is_none() => {
                ProviderErrorKind::CredentialMissing
            }
            kind => kind,
        };
        ProviderError {
            kind,
            provider: account.provider.clone(),
            retry_after: complaint.retry_after,
            source: Some(Source::from(Refused {
                status,
                message: complaint.message,
            })),
        }
    }

    /// Whether it names something that a session configures.
    fn is_about_configuration(&self, status: u16) -> bool {
        let parameter = self.parameter.as_deref().unwrap_or_default();
        let message = self.message.to_ascii_lowercase();
        let names = |names: &[&str]| {
            let mut words = message.split(|c: char| !c.is_alphanumeric());
            words.any(|word| names.contains(&word))
        };
        let names_one = match status {
            400 => names(&["voice", "voices"]),
            404 => names(&["model", "models", "voice", "voices"]),
            _ => false,
        };
        CONFIGURED.contains(&parameter) || parameter.starts_with(SESSION) || names_one
    }

    /// Some servers forbid everything to a key that they do not know.
    fn names_a_bad_key(&self) -> bool {
        self.message.to_ascii_lowercase().contains("invalid api key")
    }

    fn told(&self, status: u16) -> String {
        match (self.message.as_str(), status) {
            ("", 0) => "it gave no reason".to_owned(),
            ("", status) => format!("it answered {status} without a reason"),
            (message, _) => message.to_owned(),
        }
    }
}

/// Whether everything that follows would fail too.
pub const fn is_fatal(kind: &ProviderErrorKind) -> bool {
    match kind {
        ProviderErrorKind::Unknown
        | ProviderErrorKind::CredentialMissing
        | ProviderErrorKind::NotSetUp(_)
        | ProviderErrorKind::CredentialInvalid
        | ProviderErrorKind::OwnCredentialInvalid
        | ProviderErrorKind::CredentialForbidden
        | ProviderErrorKind::InvalidConfig(_)
        | ProviderErrorKind::QuotaExceeded => true,
        ProviderErrorKind::Unavailable | ProviderErrorKind::RateLimited | ProviderErrorKind::Failed(_) => {
            false
        }
    }
}

/// An error without a cause.
pub fn error(vendor: &str, kind: ProviderErrorKind) -> ProviderError {
    ProviderError {
        kind,
        provider: vendor.to_owned(),
        retry_after: None,
        source: None,
    }
}

/// The vendor cannot be reached, or did not answer in time.
pub fn unavailable(vendor: &str, source: impl Into<Source>) -> ProviderError {
    ProviderError {
        source: Some(source.into()),
        ..error(vendor, ProviderErrorKind::Unavailable)
    }
}

/// The vendor said something that makes no sense.
pub fn failed(vendor: &str, message: impl Into<String>) -> ProviderError {
    error(vendor, ProviderErrorKind::Failed(message.into()))
}

/// A message that is not what the vendor's documents say; what it says is left out, because people's words may be in it.
pub fn malformed(vendor: &str, source: &serde_json::Error) -> ProviderError {
    let (line, column) = (source.line(), source.column());
    ProviderError {
        source: Some(format!("{:?} error at {line}:{column}", source.classify()).into()),
        ..failed(vendor, "it sent a message that makes no sense")
    }
}

/// Notes a message of another shape than documented, which is as good as unknown; what it says is left out of the log too.
pub fn ignore(vendor: &str, source: &serde_json::Error) {
    let err = malformed(vendor, source);
    tracing::debug!(
        event = "provider.message_ignored",
        provider.name = vendor,
        error = &err as &dyn std::error::Error,
        "Left out a part of a message"
    );
}

/// A setting that the adapter does not take.
pub fn invalid_config(vendor: &str, message: impl Into<String>) -> ProviderError {
    error(vendor, ProviderErrorKind::InvalidConfig(message.into()))
}

/// Cut where it gets long.
fn brief(line: String) -> String {
    match line.char_indices().nth(MAX_MESSAGE_CHARS) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

fn first(json: &Value) -> &Value {
    json.as_array().and_then(|list| list.first()).unwrap_or(json)
}

/// A duration such as `31s` or `1.5s`.
fn seconds(text: &str) -> Option<Duration> {
    let seconds = text.strip_suffix('s')?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

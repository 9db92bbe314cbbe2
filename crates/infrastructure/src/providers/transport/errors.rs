//! One mapping from what vendors say to what callers branch on.

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
            message: brief(&account.redact(&self.message)),
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
    tracing::debug!(provider.name = vendor, "Ignored a message: {err}");
}

/// A setting that the adapter does not take.
pub fn invalid_config(vendor: &str, message: impl Into<String>) -> ProviderError {
    error(vendor, ProviderErrorKind::InvalidConfig(message.into()))
}

/// In one line, cut where it gets long.
fn brief(message: &str) -> String {
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let line: String = line.chars().filter(|c| !c.is_control()).collect();
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

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn account() -> Account {
        Account {
            provider: "acme".to_owned(),
            base_url: "https://a.example".parse().unwrap(),
            api_key: Some("sk-hidden".into()),
            organization: None,
        }
    }

    fn kind(status: u16, body: &str) -> ProviderErrorKind {
        let status = StatusCode::from_u16(status).ok();
        let err = Complaint::parse(body.as_bytes()).into_error(&account(), status);
        assert_eq!(err.provider, "acme");
        err.kind
    }

    #[rstest]
    #[case::openai(401, r#"{"error":{"message":"Incorrect API key","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#, ProviderErrorKind::CredentialInvalid)]
    #[case::openai(429, r#"{"error":{"message":"You exceeded your quota","type":"insufficient_quota","code":"insufficient_quota"}}"#, ProviderErrorKind::QuotaExceeded)]
    #[case::openai(
        429,
        r#"{"error":{"message":"Slow down","type":"requests","code":"rate_limit_exceeded"}}"#,
        ProviderErrorKind::RateLimited
    )]
    #[case::openai(404, r#"{"error":{"message":"no x","type":"invalid_request_error","code":"model_not_found"}}"#, ProviderErrorKind::InvalidConfig("no x".into()))]
    #[case::openai(400, r#"{"error":{"message":"bad","type":"invalid_request_error","param":"temperature","code":null}}"#, ProviderErrorKind::InvalidConfig("bad".into()))]
    #[case::openai(400, r#"{"error":{"message":"bad","param":"session.audio.input.transcription.delay","code":"invalid_value"}}"#, ProviderErrorKind::InvalidConfig("bad".into()))]
    #[case::openai(400, r#"{"error":{"message":"bad","param":"messages[0].content"}}"#, ProviderErrorKind::Failed("bad".into()))]
    #[case::openai(
        429,
        r#"{"error":{"message":"x","type":"invalid_request_error","code":"credit_balance_exhausted"}}"#,
        ProviderErrorKind::QuotaExceeded
    )]
    #[case::openai(
        400,
        r#"{"error":{"message":"x","type":"invalid_request_error","code":"account_deactivated"}}"#,
        ProviderErrorKind::CredentialInvalid
    )]
    #[case::openai(
        500,
        r#"{"error":{"message":"oops","type":"server_error"}}"#,
        ProviderErrorKind::Unavailable
    )]
    #[case::gemini(400, r#"{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"API key not valid.","details":[{"reason":"API_KEY_INVALID"}]}}"#, ProviderErrorKind::CredentialInvalid)]
    #[case::gemini(
        429,
        r#"[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"x"}}]"#,
        ProviderErrorKind::RateLimited
    )]
    #[case::gemini(404, r#"{"error":{"code":404,"status":"NOT_FOUND","message":"models/x is not found"}}"#, ProviderErrorKind::InvalidConfig("models/x is not found".into()))]
    #[case::gemini(
        503,
        r#"{"error":{"code":503,"status":"UNAVAILABLE","message":"x"}}"#,
        ProviderErrorKind::Unavailable
    )]
    #[case::anthropic(404, r#"{"type":"error","error":{"type":"not_found_error","message":"model: x"}}"#, ProviderErrorKind::InvalidConfig("model: x".into()))]
    #[case::anthropic(
        400,
        r#"{"type":"error","error":{"type":"billing_error","message":"x"}}"#,
        ProviderErrorKind::QuotaExceeded
    )]
    #[case::anthropic(
        529,
        r#"{"type":"error","error":{"type":"overloaded_error","message":"x"}}"#,
        ProviderErrorKind::Unavailable
    )]
    #[case::elevenlabs(
        401,
        r#"{"detail":{"status":"quota_exceeded","message":"x"}}"#,
        ProviderErrorKind::QuotaExceeded
    )]
    #[case::elevenlabs(404, r#"{"detail":{"status":"voice_not_found","message":"A voice"}}"#, ProviderErrorKind::InvalidConfig("A voice".into()))]
    #[case::azure(400, "Unsupported voice en-US-Nobody.", ProviderErrorKind::InvalidConfig("Unsupported voice en-US-Nobody.".into()))]
    #[case::azure(400, "Invalid SSML", ProviderErrorKind::Failed("Invalid SSML".into()))]
    #[case::cartesia(
        429,
        r#"{"title":"Stop","message":"x","error_code":"quota_exceeded"}"#,
        ProviderErrorKind::QuotaExceeded
    )]
    #[case::fastapi(422, r#"{"detail":[{"loc":["body"],"msg":"field required","type":"missing"}]}"#, ProviderErrorKind::Failed("field required".into()))]
    #[case::deepgram(
        401,
        r#"{"err_code":"INVALID_AUTH","err_msg":"x"}"#,
        ProviderErrorKind::CredentialInvalid
    )]
    #[case::deepgram(
        402,
        r#"{"err_code":"ASR_PAYMENT_REQUIRED","err_msg":"x"}"#,
        ProviderErrorKind::QuotaExceeded
    )]
    #[case::ollama(404, r#"{"error":"model 'x' not found"}"#, ProviderErrorKind::InvalidConfig("model 'x' not found".into()))]
    #[case::speaches(
        403,
        r#"{"detail":"Invalid API key. The provided API key is incorrect."}"#,
        ProviderErrorKind::CredentialInvalid
    )]
    #[case::kokoro(400, r#"{"detail":{"error":"invalid_model","message":"Unsupported model: x","type":"invalid_request_error"}}"#, ProviderErrorKind::InvalidConfig("Unsupported model: x".into()))]
    #[case::vllm(404, r#"{"error":{"message":"The model `x` does not exist.","type":"NotFoundError","param":"model","code":404}}"#, ProviderErrorKind::InvalidConfig("The model `x` does not exist.".into()))]
    #[case::llama_cpp(
        503,
        r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#,
        ProviderErrorKind::Unavailable
    )]
    #[case::llama_cpp(501, r#"{"error":{"code":501,"message":"no audio","type":"not_supported_error"}}"#, ProviderErrorKind::InvalidConfig("no audio".into()))]
    #[case::whisper_cpp(400, r#"{"error":"no 'file' field in the request"}"#, ProviderErrorKind::Failed("no 'file' field in the request".into()))]
    #[case::proxy(502, "<html>Bad gateway</html>", ProviderErrorKind::Unavailable)]
    #[case::proxy(404, "<html>Not found</html>", ProviderErrorKind::Failed("<html>Not found</html>".into()))]
    #[case::redirect(302, "", ProviderErrorKind::Failed("it answered 302 without a reason".into()))]
    #[case::timeout(408, "", ProviderErrorKind::Unavailable)]
    #[case::conflict(409, "", ProviderErrorKind::Unavailable)]
    #[case::forbidden(403, "", ProviderErrorKind::CredentialForbidden)]
    #[case::openai(403, r#"{"error":{"message":"no access to x","type":"invalid_request_error","code":"model_not_found"}}"#, ProviderErrorKind::InvalidConfig("no access to x".into()))]
    #[case::openai(
        403,
        r#"{"error":{"message":"x","type":"invalid_request_error","code":"invalid_api_key"}}"#,
        ProviderErrorKind::CredentialInvalid
    )]
    #[case::anthropic(
        403,
        r#"{"type":"error","error":{"type":"permission_error","message":"x"}}"#,
        ProviderErrorKind::CredentialForbidden
    )]
    #[case::elevenlabs(
        401,
        r#"{"detail":{"status":"missing_permissions","message":"x"}}"#,
        ProviderErrorKind::CredentialForbidden
    )]
    #[case::too_many(429, "null", ProviderErrorKind::RateLimited)]
    fn failures_are_sorted(#[case] status: u16, #[case] body: &str, #[case] expected: ProviderErrorKind) {
        assert_eq!(kind(status, body), expected);
    }

    #[rstest]
    #[case("overloaded_error", ProviderErrorKind::Unavailable)]
    #[case("INVALID_AUTH", ProviderErrorKind::CredentialInvalid)]
    #[case("rate_limit_exceeded", ProviderErrorKind::RateLimited)]
    #[case("voice_not_found", ProviderErrorKind::InvalidConfig("why".into()))]
    #[case("odd", ProviderErrorKind::Failed("why".into()))]
    fn complaints_without_a_status_are_sorted_by_their_code(
        #[case] code: &str,
        #[case] expected: ProviderErrorKind,
    ) {
        assert_eq!(Complaint::new(code, "why").kind(None), expected);
    }

    #[test]
    fn keys_and_long_messages_do_not_get_out() {
        let body = format!("bad key sk-hidden\n\u{7}{}sk-hidden", "é".repeat(400));
        let err = Complaint::parse(body.as_bytes()).into_error(&account(), Some(StatusCode::BAD_REQUEST));
        let ProviderErrorKind::Failed(message) = &err.kind else {
            panic!("{err:?}");
        };
        assert!(message.starts_with("bad key [key] é"), "{message}");
        assert_eq!(message.chars().count(), MAX_MESSAGE_CHARS + 1);
        let source = err.source.as_ref().unwrap().to_string();
        assert!(
            source.starts_with("it answered 400 Bad Request: bad key [key]"),
            "{source}"
        );
        assert!(!format!("{err:?}").contains("hidden"));
    }

    #[test]
    fn a_delay_in_the_message_is_found() {
        let body = r#"{"error":{"details":[{"x":1},{"retryDelay":"1.5s"}]}}"#;
        assert_eq!(
            Complaint::parse(body.as_bytes()).retry_after,
            Some(Duration::from_millis(1_500))
        );
    }

    #[test]
    fn words_in_malformed_messages_do_not_get_out() {
        let source = serde_json::from_str::<u8>("\"secret\"").unwrap_err();
        let err = malformed("acme", &source);
        assert!(!format!("{err:?}").contains("secret"), "{err:?}");
    }
}

//! Servers of language models: OpenAI's chat completions, Anthropic's messages, Gemini's `streamGenerateContent`.
//!
//! They refuse what the real ones refuse, throw in events and fields that nobody knows, and cut their bytes in the middle
//! of lines and letters.

mod anthropic;
mod gemini;
mod openai;
mod record;
mod script;
mod server;
mod writing;

pub use record::RecordedChat;
pub use script::{ChatScript, ChatStep};
pub use server::{ChatServer, ChatServerSettings};

use std::time::Duration;

use serde_json::Value;

/// Whose protocol a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChatVendor {
    /// `POST /v1/chat/completions`
    OpenAi,
    /// `POST /v1/messages`
    Anthropic,
    /// `POST /v1beta/models/{model}:streamGenerateContent?alt=sse`
    Gemini,
}

/// A request, as a vendor checks it.
#[derive(Debug)]
struct Asked<'a> {
    /// Path and query.
    path: &'a str,
    headers: &'a axum::http::HeaderMap,
    body: &'a Value,
    settings: &'a ChatServerSettings,
}

/// A vendor's refusal: the status, and its code and words for it.
#[derive(Debug, Clone)]
struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
    parameter: Option<String>,
    retry_after: Option<Duration>,
}

impl Refusal {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            parameter: None,
            retry_after: None,
        }
    }

    fn about(self, parameter: impl Into<String>) -> Self {
        Self {
            parameter: Some(parameter.into()),
            ..self
        }
    }
}

impl ChatVendor {
    fn check(self, asked: &Asked<'_>) -> Result<(), Refusal> {
        match self {
            Self::OpenAi => openai::check(asked),
            Self::Anthropic => anthropic::check(asked),
            Self::Gemini => gemini::check(asked),
        }
    }

    /// What comes before the first word.
    fn opening(self) -> String {
        match self {
            Self::OpenAi => openai::opening(),
            Self::Anthropic => anthropic::opening(),
            Self::Gemini => gemini::opening(),
        }
    }

    fn text(self, text: &str) -> String {
        match self {
            Self::OpenAi => openai::text(text),
            Self::Anthropic => anthropic::text(text),
            Self::Gemini => gemini::text(text),
        }
    }

    /// The end, with 20 tokens read and 9 written.
    fn closing(self) -> String {
        match self {
            Self::OpenAi => openai::closing(),
            Self::Anthropic => anthropic::closing(),
            Self::Gemini => gemini::closing(),
        }
    }

    /// An error in the middle of an answer: the vendor is overloaded.
    fn overloaded(self) -> String {
        match self {
            Self::OpenAi => openai::overloaded(),
            Self::Anthropic => anthropic::overloaded(),
            Self::Gemini => gemini::overloaded(),
        }
    }

    fn refusal(self, refusal: &Refusal) -> Value {
        match self {
            Self::OpenAi => openai::refusal(refusal),
            Self::Anthropic => anthropic::refusal(refusal),
            Self::Gemini => gemini::refusal(refusal),
        }
    }

    /// Its code for a status that a test asks for.
    fn code(self, status: u16) -> &'static str {
        match (self, status) {
            (Self::OpenAi, 401) => "invalid_api_key",
            (Self::OpenAi, 429) => "rate_limit_exceeded",
            (Self::OpenAi, _) => "server_error",
            (Self::Anthropic, 401) => "authentication_error",
            (Self::Anthropic, 429) => "rate_limit_error",
            (Self::Anthropic, _) => "api_error",
            (Self::Gemini, 401) => "UNAUTHENTICATED",
            (Self::Gemini, 429) => "RESOURCE_EXHAUSTED",
            (Self::Gemini, _) => "INTERNAL",
        }
    }
}

/// One event with a name or without.
fn event(name: Option<&str>, data: &Value) -> String {
    let name = name.map(|name| format!("event: {name}\n")).unwrap_or_default();
    format!("{name}data: {data}\n\n")
}

/// The first field of an object that is not among the known ones.
fn unknown_field<'a>(object: &'a Value, known: &[&str]) -> Option<&'a str> {
    let names = object.as_object()?.keys();
    names.map(String::as_str).find(|name| !known.contains(name))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;
    use serde_json::json;

    use super::*;

    /// Whether a vendor takes a body in which this field is another one.
    fn takes(vendor: ChatVendor, field: &str, value: Value) -> bool {
        let settings = ChatServerSettings::of(vendor);
        let key = settings.key.clone().unwrap_or_default();
        let headers = [
            ("authorization", format!("Bearer {key}")),
            ("x-api-key", key.clone()),
            ("x-goog-api-key", key),
            ("anthropic-version", "2023-06-01".to_owned()),
            ("content-type", "application/json".to_owned()),
        ];
        let headers: HeaderMap = headers
            .into_iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect::<Vec<(axum::http::HeaderName, axum::http::HeaderValue)>>()
            .into_iter()
            .collect();
        let mut body = match vendor {
            ChatVendor::OpenAi | ChatVendor::Anthropic => json!({
                "model": settings.model, "messages": [{"role": "user", "content": "Hi"}], "stream": true,
                "max_tokens": 4_096,
            }),
            ChatVendor::Gemini => json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}),
        };
        body[field] = value;
        let asked = Asked {
            path: match vendor {
                ChatVendor::OpenAi => "/v1/chat/completions",
                ChatVendor::Anthropic => "/v1/messages",
                ChatVendor::Gemini => "/v1beta/models/scripted-model:streamGenerateContent?alt=sse",
            },
            headers: &headers,
            body: &body,
            settings: &settings,
        };
        vendor.check(&asked).is_ok()
    }

    #[test]
    fn what_documents_do_not_name_is_refused() {
        use ChatVendor::{Anthropic, OpenAi};
        for (vendor, field, right, wrong) in [
            (OpenAi, "reasoning_effort", json!("minimal"), json!("much")),
            (OpenAi, "reasoning_effort", json!("none"), json!(1)),
            (
                OpenAi,
                "stream_options",
                json!({"include_usage": true}),
                json!({"include_usage": 1}),
            ),
            (
                OpenAi,
                "stream_options",
                json!({"include_obfuscation": false}),
                json!({"include_words": true}),
            ),
            (OpenAi, "stream_options", json!({}), json!("usage")),
            (
                Anthropic,
                "thinking",
                json!({"type": "disabled"}),
                json!({"type": "much"}),
            ),
            (
                Anthropic,
                "thinking",
                json!({"type": "adaptive"}),
                json!("adaptive"),
            ),
            (
                Anthropic,
                "thinking",
                json!({"type": "enabled", "budget_tokens": 2_048}),
                json!({"type": "enabled", "budget_tokens": 5_000}),
            ),
            (
                Anthropic,
                "thinking",
                json!(null),
                json!({"type": "disabled", "budget_tokens": 2_048}),
            ),
            (
                Anthropic,
                "output_config",
                json!({"effort": "max"}),
                json!({"effort": "none"}),
            ),
            (
                Anthropic,
                "output_config",
                json!({"effort": "low"}),
                json!({"effort": "low", "mood": 1}),
            ),
        ] {
            assert!(takes(vendor, field, right.clone()), "{right} is right");
            assert!(!takes(vendor, field, wrong.clone()), "{wrong} is wrong");
        }
        for vendor in [OpenAi, Anthropic] {
            assert!(!takes(vendor, "mood", json!(1)), "{vendor:?}");
        }
    }

    #[test]
    fn what_documents_of_gemini_do_not_name_is_refused() {
        let turns = |roles: &[&str]| {
            let turn = |role: &&str| json!({"role": role, "parts": [{"text": "Hi"}]});
            roles.iter().map(turn).collect::<Value>()
        };
        for (field, right, wrong) in [
            (
                "generationConfig",
                json!({"maxOutputTokens": 7, "thinkingConfig": {"thinkingLevel": "LOW"}}),
                json!({"maxTokens": 7}),
            ),
            (
                "generationConfig",
                json!({}),
                json!({"thinkingConfig": {"thinkingLevel": "MUCH"}}),
            ),
            (
                "generationConfig",
                json!(null),
                json!({"thinkingConfig": {"mood": 1}}),
            ),
            (
                "systemInstruction",
                json!({"parts": [{"text": "Be brief."}]}),
                json!({"parts": []}),
            ),
            (
                "contents",
                turns(&["user", "model", "user"]),
                turns(&["model", "user"]),
            ),
            ("contents", turns(&["user"]), turns(&["user", "model"])),
            (
                "contents",
                turns(&["user"]),
                json!([{"role": "user", "parts": [{"text": "Hi"}], "mood": 1}]),
            ),
            ("contents", turns(&["user"]), json!([])),
        ] {
            assert!(
                takes(ChatVendor::Gemini, field, right.clone()),
                "{right} is right"
            );
            assert!(
                !takes(ChatVendor::Gemini, field, wrong.clone()),
                "{wrong} is wrong"
            );
        }
        assert!(!takes(ChatVendor::Gemini, "mood", json!(1)));
    }
}

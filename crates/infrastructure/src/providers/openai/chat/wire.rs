//! Chat completions: <https://platform.openai.com/docs/api-reference/chat>, as compatible servers speak them too.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::providers::transport::lenient;

#[derive(Debug, Serialize)]
pub(super) struct ChatRequest<'a> {
    pub(super) model: &'a str,
    pub(super) messages: Vec<ChatMessage<'a>>,
    pub(super) stream: bool,
    pub(super) stream_options: StreamOptions,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reasoning_effort: Option<&'static str>,
}

#[derive(Debug, Serialize)]
pub(super) struct ChatMessage<'a> {
    pub(super) role: &'static str,
    pub(super) content: &'a str,
}

#[derive(Debug, Serialize)]
pub(super) struct StreamOptions {
    pub(super) include_usage: bool,
}

/// One chunk of an answer, or an error in its place.
#[derive(Debug, Deserialize)]
pub(super) struct ChatChunk {
    #[serde(default)]
    pub(super) choices: Option<Vec<ChatChoice>>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) usage: Option<ChatUsage>,
    #[serde(default)]
    pub(super) error: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ChatChoice {
    #[serde(default)]
    pub(super) delta: Option<ChatDelta>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) finish_reason: Option<String>,
}

/// Reasoning comes under several names and is for nobody's ears.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ChatDelta {
    #[serde(default)]
    pub(super) content: Option<String>,
    /// What a model says that will not answer.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) refusal: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ChatUsage {
    #[serde(default, deserialize_with = "lenient::count")]
    pub(super) prompt_tokens: Option<u64>,
    #[serde(default, deserialize_with = "lenient::count")]
    pub(super) completion_tokens: Option<u64>,
}

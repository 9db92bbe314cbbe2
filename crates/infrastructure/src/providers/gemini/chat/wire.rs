//! `streamGenerateContent`: <https://ai.google.dev/api/generate-content>.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::providers::transport::lenient;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GenerateRequest<'a> {
    pub(super) contents: Vec<Content<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) system_instruction: Option<Content<'a>>,
    pub(super) generation_config: GenerationConfig,
}

#[derive(Debug, Serialize)]
pub(super) struct Content<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) role: Option<&'static str>,
    pub(super) parts: [TextPart<'a>; 1],
}

#[derive(Debug, Serialize)]
pub(super) struct TextPart<'a> {
    pub(super) text: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GenerationConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_output_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) thinking_config: Option<ThinkingConfig>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ThinkingConfig {
    pub(super) thinking_level: &'static str,
}

/// One piece of an answer, or an error in its place.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GenerateResponse {
    #[serde(default)]
    pub(super) candidates: Option<Vec<Candidate>>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) prompt_feedback: Option<PromptFeedback>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) usage_metadata: Option<UsageMetadata>,
    #[serde(default)]
    pub(super) error: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Candidate {
    #[serde(default)]
    pub(super) content: Option<Parts>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Parts {
    #[serde(default)]
    pub(super) parts: Option<Vec<Part>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Part {
    #[serde(default)]
    pub(super) text: Option<String>,
    /// What it thinks is for nobody's ears.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) thought: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PromptFeedback {
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(super) block_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the vendor's names")]
pub(super) struct UsageMetadata {
    #[serde(default, deserialize_with = "lenient::count")]
    pub(super) prompt_token_count: Option<u64>,
    #[serde(default, deserialize_with = "lenient::count")]
    pub(super) candidates_token_count: Option<u64>,
    #[serde(default, deserialize_with = "lenient::count")]
    pub(super) thoughts_token_count: Option<u64>,
}

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Body of `POST /interaction/prompts/compose`: what `start_session` says of the prompt, in the same fields.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PromptTexts {
    /// Instructions for the AI, at most 20,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 20_000))]
    pub system_prompt: Option<String>,
    /// The template that says what these texts are where they are absent; an empty text stays empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_id: Option<Uuid>,
    /// Who the user plays, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 200))]
    pub user_role: Option<String>,
    /// Who the AI plays, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 200))]
    pub ai_role: Option<String>,
    /// The situation, at most 20,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 20_000))]
    pub scenario_context: Option<String>,
    /// BCP 47 tag of the language that they are written in, in which they are put together; the template's where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_language: Option<String>,
}

/// What a session that begins with these texts tells its provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ComposedPrompt {
    /// The instructions, in one text; empty where there are none.
    pub instructions: String,
}

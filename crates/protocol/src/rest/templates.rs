use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A system-prompt template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Template {
    /// The template's id.
    pub id: Uuid,
    /// Whether it came with Viva: everybody sees it, nobody changes it.
    pub built_in: bool,
    /// When it was made or last replaced, UTC.
    pub updated_at: DateTime<Utc>,
    /// What it says.
    #[serde(flatten)]
    pub content: TemplateContent,
}

/// Body of `POST /interaction/templates` and `PUT /interaction/templates/{id}`: what a template says. At least one of the
/// last four is there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TemplateContent {
    /// Its name, one line of at most 100 characters, which no other template of yours has.
    #[cfg_attr(
        feature = "openapi",
        schema(min_length = 1, max_length = 100, example = "Waiter")
    )]
    pub name: String,
    /// What it is for, one line of at most 500 characters.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 500))]
    pub description: String,
    /// Groups templates, such as `customer_service`; one line of at most 50 characters.
    #[cfg_attr(
        feature = "openapi",
        schema(min_length = 1, max_length = 50, example = "customer_service")
    )]
    pub category: String,
    /// BCP 47 tag of the language it is written in, such as `zh-TW`.
    #[cfg_attr(feature = "openapi", schema(example = "zh-TW"))]
    pub language: String,
    /// Instructions for the AI, at most 20,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(max_length = 20_000, example = "You take orders in a restaurant.")
    )]
    pub system_prompt: Option<String>,
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
}

/// Body of `POST /interaction/templates/{id}/duplicate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DuplicateTemplate {
    /// The name of the copy, one line of at most 100 characters.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    pub name: String,
}

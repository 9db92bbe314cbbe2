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
    pub name: String,
    /// What it is for, one line of at most 500 characters.
    #[serde(default)]
    pub description: String,
    /// Groups templates, such as `customer_service`; one line of at most 50 characters.
    pub category: String,
    /// BCP 47 tag of the language it is written in, such as `zh-TW`.
    pub language: String,
    /// Instructions for the AI, at most 20,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_prompt: Option<String>,
    /// Who the user plays, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_role: Option<String>,
    /// Who the AI plays, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ai_role: Option<String>,
    /// The situation, at most 20,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario_context: Option<String>,
}

/// Body of `POST /interaction/templates/{id}/duplicate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DuplicateTemplate {
    /// The name of the copy.
    pub name: String,
}

//! System-prompt templates: a prompt with roles and a scenario under a name.

mod content;
mod filter;
mod language;

use chrono::{DateTime, Utc};

use crate::ids::{TemplateId, UserId};

pub use content::{InvalidTemplate, RawTemplate, TemplateContent, TemplateName};
pub use filter::TemplateFilter;
pub use language::{InvalidLanguage, LanguageTag};

/// A prompt that can be chosen by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemPromptTemplate {
    /// Its id.
    pub id: TemplateId,
    /// Who made it; built-in templates belong to nobody and cannot be changed.
    pub owner: TemplateOwner,
    /// What it says.
    pub content: TemplateContent,
    /// When it was made or last replaced, UTC, to the microsecond.
    pub updated_at: DateTime<Utc>,
}

/// Who made a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplateOwner {
    /// It came with Viva; everybody sees it, nobody changes it.
    BuiltIn,
    /// A user's own.
    User(UserId),
}

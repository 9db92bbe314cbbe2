//! System-prompt templates: a prompt with roles and a scenario under a name.

use crate::ids::{TemplateId, UserId};
use crate::sessions::Prompt;

/// A prompt that can be chosen by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemPromptTemplate {
    /// Its id.
    pub id: TemplateId,
    /// Who made it; built-in templates belong to nobody and cannot be changed.
    pub owner: TemplateOwner,
    /// Its name.
    pub name: String,
    /// What it is for, in a sentence.
    pub description: String,
    /// Groups templates in lists, such as `customer_service`.
    pub category: String,
    /// BCP 47 tag of the language it is written in.
    pub language: String,
    /// What the AI is told.
    pub prompt: Prompt,
}

/// Who made a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplateOwner {
    /// It came with Viva; everybody sees it, nobody changes it.
    BuiltIn,
    /// A user's own.
    User(UserId),
}

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::session_store::{Page, PageRequest, StoreError};
use crate::ids::{TemplateId, UserId};
use crate::templates::{SystemPromptTemplate, TemplateContent, TemplateFilter};

/// Keeps system-prompt templates: those that came with Viva, which everybody sees and nobody changes, and those of users,
/// which nobody else sees. Every implementation passes `contract::template_store`.
#[async_trait]
pub trait TemplateStore: Send + Sync {
    /// Stores a new template of this user, who is created if this is the first thing of theirs.
    ///
    /// # Errors
    /// [`StoreError`] of kind `Conflict` when the user has a template of this name or the id exists, or `Unavailable`.
    async fn insert(
        &self,
        owner: UserId,
        id: TemplateId,
        content: &TemplateContent,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError>;

    /// A built-in template or one of this user; `None` when the id is unknown or somebody else's.
    ///
    /// # Errors
    /// [`StoreError`] of kind `Unavailable` when the backend cannot answer.
    async fn find(&self, owner: UserId, id: TemplateId) -> Result<Option<SystemPromptTemplate>, StoreError>;

    /// The built-in templates and then the user's own, each by id, which is the order in which they were made.
    ///
    /// # Errors
    /// [`StoreError`] of kind `Unavailable` when the backend cannot answer.
    async fn list(
        &self,
        owner: UserId,
        filter: &TemplateFilter,
        page: PageRequest,
    ) -> Result<Page<SystemPromptTemplate>, StoreError>;

    /// Gives a template of this user another content.
    ///
    /// # Errors
    /// [`StoreError`] of kind `Missing` when no template of this user has the id, `Conflict` when another one of theirs
    /// has the name, or `Unavailable`.
    async fn replace(
        &self,
        owner: UserId,
        id: TemplateId,
        content: &TemplateContent,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError>;

    /// Forgets a template of this user.
    ///
    /// # Errors
    /// [`StoreError`] of kind `Missing` when no template of this user has the id, or `Unavailable`.
    async fn remove(&self, owner: UserId, id: TemplateId) -> Result<(), StoreError>;
}

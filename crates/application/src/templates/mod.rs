//! System-prompt templates.

use std::sync::Arc;

use thiserror::Error;
use viva_domain::ids::{TemplateId, UserId};
use viva_domain::ports::{Clock, Ids, Page, PageRequest, StoreError, StoreErrorKind, TemplateStore};
use viva_domain::sessions::{InvalidPrompt, Prompt, PromptTexts, WrittenPrompt};
use viva_domain::templates::{
    InvalidLanguage, LanguageTag, SystemPromptTemplate, TemplateContent, TemplateFilter, TemplateName,
    TemplateOwner,
};

/// Reads and writes templates. A user sees the built-in ones and their own, and changes their own: what is somebody else's
/// is not there.
#[derive(Clone)]
pub struct Templates {
    template_store: Arc<dyn TemplateStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

/// Why a template was not found.
#[derive(Debug, Error)]
pub enum FindTemplateError {
    /// There is no such template, or it is somebody else's.
    #[error("there is no template {0}")]
    Unknown(TemplateId),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why there is no prompt.
#[derive(Debug, Error)]
pub enum PromptError {
    /// The template.
    #[error(transparent)]
    Template(#[from] FindTemplateError),
    /// A text that cannot be used.
    #[error(transparent)]
    Invalid(#[from] InvalidPrompt),
    /// The language is none.
    #[error("prompt_{0}")]
    Language(#[from] InvalidLanguage),
}

/// Why nothing was done with a template.
#[derive(Debug, Error)]
pub enum TemplateError {
    /// There is no such template, or it is somebody else's.
    #[error("there is no template {0}")]
    Unknown(TemplateId),
    /// It came with Viva.
    #[error("the template {0} came with Viva and cannot be changed; duplicate it and change the copy")]
    BuiltIn(TemplateId),
    /// The user has another template of this name.
    #[error("you have a template with the name \"{0}\" already; choose another name")]
    NameTaken(TemplateName),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<FindTemplateError> for TemplateError {
    fn from(err: FindTemplateError) -> Self {
        match err {
            FindTemplateError::Unknown(id) => Self::Unknown(id),
            FindTemplateError::Store(cause) => Self::Store(cause),
        }
    }
}

impl Templates {
    /// Templates of this store.
    pub fn new(template_store: Arc<dyn TemplateStore>, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self {
            template_store,
            clock,
            ids,
        }
    }

    /// The built-in templates and then the user's own, in the order in which they were made.
    ///
    /// # Errors
    /// [`TemplateError::Store`].
    pub async fn list(
        &self,
        owner: UserId,
        filter: &TemplateFilter,
        page: PageRequest,
    ) -> Result<Page<SystemPromptTemplate>, TemplateError> {
        Ok(self.template_store.list(owner, filter, page).await?)
    }

    /// One template.
    ///
    /// # Errors
    /// [`FindTemplateError`] when there is none, or the database is away.
    pub async fn template(
        &self,
        owner: UserId,
        id: TemplateId,
    ) -> Result<SystemPromptTemplate, FindTemplateError> {
        self.template_store
            .find(owner, id)
            .await?
            .ok_or(FindTemplateError::Unknown(id))
    }

    /// What the AI is told: what was written for it, and by the template what was not; also the language.
    ///
    /// # Errors
    /// [`PromptError`] when the template is not found, or a text or the language cannot be used.
    pub async fn prompt(
        &self,
        owner: UserId,
        template: Option<TemplateId>,
        texts: PromptTexts<'_>,
    ) -> Result<WrittenPrompt, PromptError> {
        let template = match template {
            Some(id) => Some(self.template(owner, id).await?.content),
            None => None,
        };
        let language = match (texts.language, &template) {
            (Some(tag), _) => Some(LanguageTag::parse(tag)?),
            (None, Some(template)) => Some(template.language().clone()),
            (None, None) => None,
        };
        let none = Prompt::default();
        let prompt = texts.over(template.as_ref().map_or(&none, |template| template.prompt()))?;
        Ok(WrittenPrompt { prompt, language })
    }

    /// Makes a template of the user's own.
    ///
    /// # Errors
    /// [`TemplateError::NameTaken`] or [`TemplateError::Store`].
    pub async fn create(
        &self,
        owner: UserId,
        content: TemplateContent,
    ) -> Result<SystemPromptTemplate, TemplateError> {
        let template = self.written(owner, TemplateId::from_uuid(self.ids.uuid()), content);
        self.template_store
            .insert(owner, template.id, &template.content, template.updated_at)
            .await
            .map_err(|err| refused(err, template.content.name()))?;
        Ok(template)
    }

    /// Makes a template of the user's own that says the same as another one.
    ///
    /// # Errors
    /// [`TemplateError::Unknown`], [`TemplateError::NameTaken`] or [`TemplateError::Store`].
    pub async fn duplicate(
        &self,
        owner: UserId,
        id: TemplateId,
        name: TemplateName,
    ) -> Result<SystemPromptTemplate, TemplateError> {
        let original = self.template(owner, id).await?;
        self.create(owner, original.content.renamed(name)).await
    }

    /// Gives one of the user's own templates another content.
    ///
    /// # Errors
    /// [`TemplateError::Unknown`], [`TemplateError::BuiltIn`], [`TemplateError::NameTaken`] or [`TemplateError::Store`].
    pub async fn replace(
        &self,
        owner: UserId,
        id: TemplateId,
        content: TemplateContent,
    ) -> Result<SystemPromptTemplate, TemplateError> {
        let template = self.written(owner, id, content);
        let replaced = self
            .template_store
            .replace(owner, id, &template.content, template.updated_at)
            .await;
        match replaced {
            Ok(()) => Ok(template),
            Err(err) if err.kind == StoreErrorKind::Missing => Err(self.not_own(owner, id).await),
            Err(err) => Err(refused(err, template.content.name())),
        }
    }

    /// Forgets one of the user's own templates.
    ///
    /// # Errors
    /// [`TemplateError::Unknown`], [`TemplateError::BuiltIn`] or [`TemplateError::Store`].
    pub async fn delete(&self, owner: UserId, id: TemplateId) -> Result<(), TemplateError> {
        match self.template_store.remove(owner, id).await {
            Err(err) if err.kind == StoreErrorKind::Missing => Err(self.not_own(owner, id).await),
            res => Ok(res?),
        }
    }

    fn written(&self, owner: UserId, id: TemplateId, content: TemplateContent) -> SystemPromptTemplate {
        SystemPromptTemplate {
            id,
            owner: TemplateOwner::User(owner),
            content,
            updated_at: self.clock.now(),
        }
    }

    /// Why a template could not be changed that the user does not own. One of theirs that shows up only now was not there.
    async fn not_own(&self, owner: UserId, id: TemplateId) -> TemplateError {
        match self.template(owner, id).await {
            Ok(template) if template.owner == TemplateOwner::BuiltIn => TemplateError::BuiltIn(id),
            Ok(_) => TemplateError::Unknown(id),
            Err(err) => err.into(),
        }
    }
}

/// Nothing but the name can be in the way: ids are new, or were found.
fn refused(err: StoreError, name: &TemplateName) -> TemplateError {
    if err.kind == StoreErrorKind::Conflict {
        TemplateError::NameTaken(name.clone())
    } else {
        TemplateError::Store(err)
    }
}

#[cfg(test)]
mod tests;

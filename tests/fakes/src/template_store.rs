use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;
use viva_domain::ids::{TemplateId, UserId};
use viva_domain::ports::{Page, PageRequest, StoreError, StoreErrorKind, TemplateStore};
use viva_domain::templates::{
    LanguageTag, RawTemplate, SystemPromptTemplate, TemplateContent, TemplateFilter, TemplateOwner,
};

use crate::rows::{error, paged};
use crate::{FaultSwitch, lock};

/// Keeps templates in memory. A greeter in English and one in Chinese are built in.
#[derive(Debug)]
pub struct MemoryTemplateStore {
    templates: Mutex<BTreeMap<TemplateId, SystemPromptTemplate>>,
    faults: FaultSwitch<StoreErrorKind>,
}

impl Default for MemoryTemplateStore {
    fn default() -> Self {
        let templates = [
            (1, "en", "Greeter", "Say hello."),
            (2, "zh-TW", "接待員", "打個招呼。"),
        ];
        let built_in = templates.map(|(number, language, name, system_prompt)| {
            let template = SystemPromptTemplate {
                id: TemplateId::from_uuid(Uuid::from_u128((0x01a2 << 112) | number)),
                owner: TemplateOwner::BuiltIn,
                content: TemplateContent::parse(RawTemplate {
                    name,
                    description: "",
                    category: "greeter",
                    language,
                    system_prompt: Some(system_prompt),
                    user_role: None,
                    ai_role: None,
                    scenario: None,
                })
                .expect("the texts are good"),
                updated_at: DateTime::UNIX_EPOCH,
            };
            (template.id, template)
        });
        Self {
            templates: Mutex::new(built_in.into()),
            faults: FaultSwitch::default(),
        }
    }
}

impl MemoryTemplateStore {
    /// Makes every call fail, as when the database is away.
    pub fn faults(&self) -> &FaultSwitch<StoreErrorKind> {
        &self.faults
    }

    fn check(&self, operation: &'static str) -> Result<(), StoreError> {
        self.faults.check().map_err(|kind| error(kind, operation))
    }
}

#[async_trait]
impl TemplateStore for MemoryTemplateStore {
    async fn insert(
        &self,
        owner: UserId,
        id: TemplateId,
        content: &TemplateContent,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        const OPERATION: &str = "insert template";
        self.check(OPERATION)?;
        let mut templates = lock(&self.templates);
        let template = SystemPromptTemplate {
            id,
            owner: TemplateOwner::User(owner),
            content: content.clone(),
            updated_at: at,
        };
        let is_taken = |other: &SystemPromptTemplate| other.id == id || has_name_of(other, &template);
        if templates.values().any(is_taken) {
            return Err(error(StoreErrorKind::Conflict, OPERATION));
        }
        templates.insert(id, template);
        Ok(())
    }

    async fn find(&self, owner: UserId, id: TemplateId) -> Result<Option<SystemPromptTemplate>, StoreError> {
        self.check("find template")?;
        let templates = lock(&self.templates);
        let found = templates.get(&id).filter(|template| is_seen(template, owner));
        Ok(found.cloned())
    }

    async fn list(
        &self,
        owner: UserId,
        filter: &TemplateFilter,
        page: PageRequest,
    ) -> Result<Page<SystemPromptTemplate>, StoreError> {
        self.check("list templates")?;
        let templates = lock(&self.templates);
        let mut found: Vec<&SystemPromptTemplate> = templates
            .values()
            .filter(|template| is_seen(template, owner) && is_of_kind(&template.content, filter))
            .collect();
        found.sort_by_key(|template| (template.owner != TemplateOwner::BuiltIn, template.id));
        Ok(paged(found.into_iter(), page))
    }

    async fn replace(
        &self,
        owner: UserId,
        id: TemplateId,
        content: &TemplateContent,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        const OPERATION: &str = "replace template";
        self.check(OPERATION)?;
        let mut templates = lock(&self.templates);
        let template = SystemPromptTemplate {
            id,
            owner: TemplateOwner::User(owner),
            content: content.clone(),
            updated_at: at,
        };
        if !is_owned(templates.get(&id), owner) {
            return Err(error(StoreErrorKind::Missing, OPERATION));
        }
        let is_taken = |other: &SystemPromptTemplate| other.id != id && has_name_of(other, &template);
        if templates.values().any(is_taken) {
            return Err(error(StoreErrorKind::Conflict, OPERATION));
        }
        templates.insert(id, template);
        Ok(())
    }

    async fn remove(&self, owner: UserId, id: TemplateId) -> Result<(), StoreError> {
        const OPERATION: &str = "remove template";
        self.check(OPERATION)?;
        let mut templates = lock(&self.templates);
        if !is_owned(templates.get(&id), owner) {
            return Err(error(StoreErrorKind::Missing, OPERATION));
        }
        templates.remove(&id);
        Ok(())
    }
}

fn is_owned(template: Option<&SystemPromptTemplate>, owner: UserId) -> bool {
    template.is_some_and(|template| template.owner == TemplateOwner::User(owner))
}

fn is_seen(template: &SystemPromptTemplate, owner: UserId) -> bool {
    matches!(template.owner, TemplateOwner::BuiltIn) || is_owned(Some(template), owner)
}

fn has_name_of(other: &SystemPromptTemplate, template: &SystemPromptTemplate) -> bool {
    other.owner == template.owner && other.content.name() == template.content.name()
}

fn is_of_kind(content: &TemplateContent, filter: &TemplateFilter) -> bool {
    let is_variant_of = |range: &LanguageTag| {
        let rest = content.language().as_str().strip_prefix(range.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    filter
        .category()
        .is_none_or(|category| category == content.category())
        && filter.language().is_none_or(is_variant_of)
}

#[cfg(test)]
mod tests {
    use viva_contract::template_store_contract;

    use super::*;

    async fn memory(case: impl AsyncFnOnce(&dyn TemplateStore)) {
        case(&MemoryTemplateStore::default()).await;
    }

    template_store_contract!(memory);

    #[tokio::test]
    async fn it_fails_when_told() {
        let store = MemoryTemplateStore::default();
        store.faults().fail_next(1, StoreErrorKind::Unavailable);
        let id = TemplateId::from_uuid(Uuid::nil());
        let removed = store.remove(UserId::LOCAL, id).await.map_err(|err| err.kind);
        assert_eq!(removed, Err(StoreErrorKind::Unavailable));
        assert_eq!(store.find(UserId::LOCAL, id).await.unwrap(), None);
    }
}

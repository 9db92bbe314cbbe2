use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QueryTrait};
use viva_domain::ids::{TemplateId, UserId};
use viva_domain::templates::{
    InvalidTemplate, LanguageTag, RawTemplate, SystemPromptTemplate, TemplateContent, TemplateFilter,
    TemplateOwner,
};

use super::values::{DamagedRow, damaged, prompt_column, whole_micros};

/// A row of `system_prompt_templates`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "system_prompt_templates")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    /// Nobody's: it came with Viva.
    pub(crate) user_id: Option<Uuid>,
    pub(crate) name: String,
    #[sea_orm(column_type = "Text")]
    pub(crate) description: String,
    pub(crate) category: String,
    pub(crate) language: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) system_prompt: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) user_role: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) ai_role: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub(crate) scenario: Option<String>,
    pub(crate) updated_at: DateTimeUtc,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// What a user sees: the built-in templates and their own.
    pub(crate) fn seen_by(owner: UserId) -> Select<Self> {
        let is_seen = Condition::any()
            .add(Column::UserId.is_null())
            .add(Column::UserId.eq(owner.as_uuid()));
        Self::find().filter(is_seen)
    }

    /// What a user sees of a kind.
    pub(crate) fn filtered(owner: UserId, filter: &TemplateFilter) -> Select<Self> {
        Self::seen_by(owner)
            .apply_if(filter.category(), |templates, category| {
                templates.filter(Column::Category.eq(category))
            })
            .apply_if(filter.language(), |templates, language| {
                templates.filter(is_variant_of(language))
            })
    }
}

/// Tags hold letters, digits and hyphens, so that none of them means anything else in a pattern.
fn is_variant_of(language: &LanguageTag) -> Condition {
    Condition::any()
        .add(Column::Language.eq(language.as_str()))
        .add(Column::Language.starts_with(format!("{language}-")))
}

impl Model {
    pub(crate) fn new(owner: UserId, id: TemplateId, content: &TemplateContent, at: DateTimeUtc) -> Self {
        // No text holds a NUL, which PostgreSQL would not keep.
        let optional = |text: Option<&str>| text.map(str::to_owned);
        let prompt = content.prompt();
        Self {
            id: id.as_uuid(),
            user_id: Some(owner.as_uuid()),
            name: content.name().as_str().to_owned(),
            description: content.description().to_owned(),
            category: content.category().to_owned(),
            language: content.language().as_str().to_owned(),
            system_prompt: optional(prompt.system_prompt()),
            user_role: optional(prompt.user_role()),
            ai_role: optional(prompt.ai_role()),
            scenario: optional(prompt.scenario()),
            updated_at: whole_micros(at),
        }
    }
}

/// The column that makes no sense; where no text of the prompt is left, the first of them.
fn column(err: &InvalidTemplate) -> &'static str {
    match err {
        InvalidTemplate::Empty { field }
        | InvalidTemplate::TooLong { field, .. }
        | InvalidTemplate::ControlCharacter { field } => field,
        InvalidTemplate::Language(_) => "language",
        InvalidTemplate::Prompt(err) => prompt_column(err),
        InvalidTemplate::NoPrompt => "system_prompt",
    }
}

impl TryFrom<Model> for SystemPromptTemplate {
    type Error = DamagedRow;

    fn try_from(row: Model) -> Result<Self, DamagedRow> {
        let content = TemplateContent::parse(RawTemplate {
            name: &row.name,
            description: &row.description,
            category: &row.category,
            language: &row.language,
            system_prompt: row.system_prompt.as_deref(),
            user_role: row.user_role.as_deref(),
            ai_role: row.ai_role.as_deref(),
            scenario: row.scenario.as_deref(),
        });
        Ok(Self {
            id: TemplateId::from_uuid(row.id),
            owner: row.user_id.map_or(TemplateOwner::BuiltIn, |id| {
                TemplateOwner::User(UserId::from_uuid(id))
            }),
            content: content.map_err(|err| damaged(column(&err)))?,
            updated_at: row.updated_at,
        })
    }
}

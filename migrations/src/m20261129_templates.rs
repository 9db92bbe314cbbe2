//! System-prompt templates, and those that come with Viva.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{pk_uuid, string, text, text_null, timestamp_with_time_zone, uuid_null};
use sea_orm_migration::sea_orm::prelude::{DateTimeUtc, Uuid};

use crate::built_in::BuiltIn;

/// 2026-11-29, in µs since 1970: when the built-in templates were written.
const WRITTEN_US: i64 = 1_795_910_400_000_000;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Users {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum SystemPromptTemplates {
    Table,
    Id,
    UserId,
    Name,
    Description,
    Category,
    Language,
    SystemPrompt,
    UserRole,
    AiRole,
    Scenario,
    UpdatedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // A start that is cut short in here leaves nothing behind; on SQLite that is not so by itself.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(templates()).await?;
        manager.create_index(names_of_user()).await?;
        manager.execute(built_in()?).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let drop = Table::drop().table(SystemPromptTemplates::Table).take();
        manager.drop_table(drop).await
    }
}

/// A template without a user came with Viva.
fn templates() -> TableCreateStatement {
    Table::create()
        .table(SystemPromptTemplates::Table)
        .col(pk_uuid(SystemPromptTemplates::Id))
        .col(uuid_null(SystemPromptTemplates::UserId))
        .col(string(SystemPromptTemplates::Name))
        .col(text(SystemPromptTemplates::Description))
        .col(string(SystemPromptTemplates::Category))
        .col(string(SystemPromptTemplates::Language))
        .col(text_null(SystemPromptTemplates::SystemPrompt))
        .col(text_null(SystemPromptTemplates::UserRole))
        .col(text_null(SystemPromptTemplates::AiRole))
        .col(text_null(SystemPromptTemplates::Scenario))
        .col(timestamp_with_time_zone(SystemPromptTemplates::UpdatedAt))
        .foreign_key(
            ForeignKey::create()
                .name("fk_system_prompt_templates_user")
                .from(SystemPromptTemplates::Table, SystemPromptTemplates::UserId)
                .to(Users::Table, Users::Id)
                .on_delete(ForeignKeyAction::Cascade),
        )
        .take()
}

/// A user's templates, no name twice.
fn names_of_user() -> IndexCreateStatement {
    Index::create()
        .name("uq_system_prompt_templates_user_name")
        .table(SystemPromptTemplates::Table)
        .col(SystemPromptTemplates::UserId)
        .col(SystemPromptTemplates::Name)
        .unique()
        .take()
}

fn built_in() -> Result<InsertStatement, DbErr> {
    let written = DateTimeUtc::from_timestamp_micros(WRITTEN_US);
    let mut insert = Query::insert()
        .into_table(SystemPromptTemplates::Table)
        .columns([
            SystemPromptTemplates::Id,
            SystemPromptTemplates::UserId,
            SystemPromptTemplates::Name,
            SystemPromptTemplates::Description,
            SystemPromptTemplates::Category,
            SystemPromptTemplates::Language,
            SystemPromptTemplates::SystemPrompt,
            SystemPromptTemplates::UserRole,
            SystemPromptTemplates::AiRole,
            SystemPromptTemplates::Scenario,
            SystemPromptTemplates::UpdatedAt,
        ])
        .take();
    for template in BuiltIn::all() {
        insert
            .values([
                template.id().into(),
                Expr::value(None::<Uuid>),
                template.name.into(),
                template.description.into(),
                template.category.into(),
                template.language.into(),
                template.system_prompt().into(),
                template.user_role.into(),
                template.ai_role.into(),
                template.scenario.into(),
                written.into(),
            ])
            .map_err(|err| DbErr::Migration(err.to_string()))?;
    }
    Ok(insert)
}

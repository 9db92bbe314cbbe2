//! Finds the sessions that ended long ago.

use sea_orm_migration::prelude::*;

const NAME: &str = "idx_interaction_sessions_ended";

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum InteractionSessions {
    Table,
    Id,
    EndedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // A start that is cut short in here leaves nothing behind; on SQLite that is not so by itself.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::create()
            .name(NAME)
            .table(InteractionSessions::Table)
            .col(InteractionSessions::EndedAt)
            .col(InteractionSessions::Id)
            .take();
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::drop()
            .name(NAME)
            .table(InteractionSessions::Table)
            .to_owned();
        manager.drop_index(index).await
    }
}

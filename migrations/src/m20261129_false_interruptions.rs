//! How often an answer paused for what was no speech.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::big_integer;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let add = Table::alter()
            .table(ConversationTurns::Table)
            .add_column(big_integer(ConversationTurns::FalseInterruptions).default(0))
            .take();
        manager.alter_table(add).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let drop = Table::alter()
            .table(ConversationTurns::Table)
            .drop_column(ConversationTurns::FalseInterruptions)
            .take();
        manager.alter_table(drop).await
    }
}

#[derive(DeriveIden)]
enum ConversationTurns {
    Table,
    FalseInterruptions,
}

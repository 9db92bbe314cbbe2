//! Where each recording of a turn lies in time, and its peaks. Turns that are there have neither: where they lie is estimated
//! from their marks when they are read, and their peaks are measured when somebody asks for them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{blob_null, json_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden, Clone, Copy)]
enum ConversationTurns {
    Table,
    UserAudioPlacement,
    UserAudioPeaks,
    AiAudioPlacement,
    AiAudioPeaks,
}

const COLUMNS: [ConversationTurns; 4] = [
    ConversationTurns::UserAudioPlacement,
    ConversationTurns::UserAudioPeaks,
    ConversationTurns::AiAudioPlacement,
    ConversationTurns::AiAudioPeaks,
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // A start that is cut short in here leaves nothing behind; on SQLite that is not so by itself.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column at a time.
        for column in COLUMNS {
            let definition = match column {
                ConversationTurns::UserAudioPeaks | ConversationTurns::AiAudioPeaks => blob_null(column),
                _ => json_null(column),
            };
            let add = Table::alter()
                .table(ConversationTurns::Table)
                .add_column(definition)
                .take();
            manager.alter_table(add).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in COLUMNS {
            let drop = Table::alter()
                .table(ConversationTurns::Table)
                .drop_column(column)
                .take();
            manager.alter_table(drop).await?;
        }
        Ok(())
    }
}

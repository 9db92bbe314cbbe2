//! When the recordings of a session were purged. Those of the sessions that are there were not.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::timestamp_with_time_zone_null;

/// Finds the sessions that ended long ago, also those whose recordings are purged: in time that is most of all.
const ENDED: &str = "idx_interaction_sessions_ended";
const UNPURGED: &str = "idx_interaction_sessions_unpurged";

/// The same without these.
const CREATE_UNPURGED: &str = "CREATE INDEX idx_interaction_sessions_unpurged ON interaction_sessions (ended_at, id) \
                               WHERE recordings_purged_at IS NULL";

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum InteractionSessions {
    Table,
    Id,
    EndedAt,
    RecordingsPurgedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // A start that is cut short in here leaves nothing behind; on SQLite that is not so by itself.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let add = Table::alter()
            .table(InteractionSessions::Table)
            .add_column(timestamp_with_time_zone_null(
                InteractionSessions::RecordingsPurgedAt,
            ))
            .take();
        manager.alter_table(add).await?;
        manager.drop_index(index(ENDED)).await?;
        manager
            .get_connection()
            .execute_unprepared(CREATE_UNPURGED)
            .await
            .map(|_| ())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(index(UNPURGED)).await?;
        let ended = Index::create()
            .name(ENDED)
            .table(InteractionSessions::Table)
            .col(InteractionSessions::EndedAt)
            .col(InteractionSessions::Id)
            .take();
        manager.create_index(ended).await?;
        let drop = Table::alter()
            .table(InteractionSessions::Table)
            .drop_column(InteractionSessions::RecordingsPurgedAt)
            .take();
        manager.alter_table(drop).await
    }
}

fn index(name: &str) -> IndexDropStatement {
    Index::drop()
        .name(name)
        .table(InteractionSessions::Table)
        .to_owned()
}

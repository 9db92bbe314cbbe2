//! What the AI was told in a session, as it was sent.
//!
//! Of the sessions that are there it is composed when the database is opened to be used, by what composes it for others: a
//! step that was released cannot follow that.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::text_null;

/// None lack it once the database was opened: an index that holds no others.
const MISSING: &str = "CREATE INDEX idx_interaction_sessions_uninstructed ON interaction_sessions (id) \
                       WHERE instructions IS NULL";

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum InteractionSessions {
    Table,
    Instructions,
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
            .add_column(text_null(InteractionSessions::Instructions))
            .take();
        manager.alter_table(add).await?;
        manager
            .get_connection()
            .execute_unprepared(MISSING)
            .await
            .map(|_| ())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::drop()
            .name("idx_interaction_sessions_uninstructed")
            .table(InteractionSessions::Table)
            .to_owned();
        manager.drop_index(index).await?;
        let drop = Table::alter()
            .table(InteractionSessions::Table)
            .drop_column(InteractionSessions::Instructions)
            .take();
        manager.alter_table(drop).await
    }
}

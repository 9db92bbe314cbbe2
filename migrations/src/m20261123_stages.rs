//! The stages of a cascade in a turn's latency.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::big_integer_null;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite changes one column at a time.
        for stage in LatencyMetrics::stages() {
            let add = Table::alter()
                .table(LatencyMetrics::Table)
                .add_column(big_integer_null(stage))
                .take();
            manager.alter_table(add).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for stage in LatencyMetrics::stages() {
            let drop = Table::alter()
                .table(LatencyMetrics::Table)
                .drop_column(stage)
                .take();
            manager.alter_table(drop).await?;
        }
        Ok(())
    }
}

#[derive(DeriveIden)]
enum LatencyMetrics {
    Table,
    SttUs,
    LlmTtftUs,
    LlmTextUs,
    TtsTtfbUs,
}

impl LatencyMetrics {
    fn stages() -> [Self; 4] {
        [Self::SttUs, Self::LlmTtftUs, Self::LlmTextUs, Self::TtsTtfbUs]
    }
}

//! The stages of a cascade in a turn's latency.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::big_integer_null;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let stages = [
            LatencyMetrics::SttUs,
            LatencyMetrics::LlmTtftUs,
            LatencyMetrics::LlmTextUs,
            LatencyMetrics::TtsTtfbUs,
        ];
        // SQLite adds one column at a time.
        for stage in stages {
            let add = Table::alter()
                .table(LatencyMetrics::Table)
                .add_column(big_integer_null(stage))
                .take();
            manager.alter_table(add).await?;
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

//! The silence that an answer begins with in a turn's latency.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::big_integer_null;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum LatencyMetrics {
    Table,
    LeadingSilenceUs,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let add = Table::alter()
            .table(LatencyMetrics::Table)
            .add_column(big_integer_null(LatencyMetrics::LeadingSilenceUs))
            .take();
        manager.alter_table(add).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let drop = Table::alter()
            .table(LatencyMetrics::Table)
            .drop_column(LatencyMetrics::LeadingSilenceUs)
            .take();
        manager.alter_table(drop).await
    }
}

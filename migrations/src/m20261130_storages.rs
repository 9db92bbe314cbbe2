//! Which storage the recordings of this database are in.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{boolean, integer, uuid};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Storages {
    Table,
    Id,
    StorageId,
    IsMarked,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // A start that is cut short in here leaves nothing behind; on SQLite that is not so by itself.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Storages::Table)
            .col(integer(Storages::Id).primary_key())
            .col(uuid(Storages::StorageId))
            .col(boolean(Storages::IsMarked))
            .take();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(Storages::Table).take())
            .await
    }
}

//! Provider keys of users, encrypted, and what was done with them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{blob, pk_uuid, string, timestamp_with_time_zone, uuid, uuid_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Users {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum ProviderCredentials {
    Table,
    Id,
    UserId,
    Provider,
    KeyId,
    Nonce,
    Ciphertext,
    State,
    CheckedAt,
}

#[derive(DeriveIden)]
enum AuditLog {
    Table,
    Id,
    UserId,
    At,
    Action,
    Provider,
    SessionId,
    Outcome,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // A start that is cut short in here leaves nothing behind; on SQLite that is not so by itself.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(credentials()).await?;
        manager.create_index(providers_of_user()).await?;
        manager.create_table(audit_log()).await?;
        manager.create_index(entries_of_user()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let drop = Table::drop().table(AuditLog::Table).take();
        manager.drop_table(drop).await?;
        let drop = Table::drop().table(ProviderCredentials::Table).take();
        manager.drop_table(drop).await
    }
}

fn credentials() -> TableCreateStatement {
    Table::create()
        .table(ProviderCredentials::Table)
        .col(pk_uuid(ProviderCredentials::Id))
        .col(uuid(ProviderCredentials::UserId))
        .col(string(ProviderCredentials::Provider))
        .col(string(ProviderCredentials::KeyId))
        .col(blob(ProviderCredentials::Nonce))
        .col(blob(ProviderCredentials::Ciphertext))
        .col(string(ProviderCredentials::State))
        .col(timestamp_with_time_zone(ProviderCredentials::CheckedAt))
        .foreign_key(
            ForeignKey::create()
                .name("fk_provider_credentials_user")
                .from(ProviderCredentials::Table, ProviderCredentials::UserId)
                .to(Users::Table, Users::Id)
                .on_delete(ForeignKeyAction::Cascade),
        )
        .take()
}

/// A user's credentials, no provider twice.
fn providers_of_user() -> IndexCreateStatement {
    Index::create()
        .name("uq_provider_credentials_user_provider")
        .table(ProviderCredentials::Table)
        .col(ProviderCredentials::UserId)
        .col(ProviderCredentials::Provider)
        .unique()
        .take()
}

/// The session need not be there any more.
fn audit_log() -> TableCreateStatement {
    Table::create()
        .table(AuditLog::Table)
        .col(pk_uuid(AuditLog::Id))
        .col(uuid(AuditLog::UserId))
        .col(timestamp_with_time_zone(AuditLog::At))
        .col(string(AuditLog::Action))
        .col(string(AuditLog::Provider))
        .col(uuid_null(AuditLog::SessionId))
        .col(string(AuditLog::Outcome))
        .foreign_key(
            ForeignKey::create()
                .name("fk_audit_log_user")
                .from(AuditLog::Table, AuditLog::UserId)
                .to(Users::Table, Users::Id)
                .on_delete(ForeignKeyAction::Cascade),
        )
        .take()
}

/// A user's entries by id, which is by age.
fn entries_of_user() -> IndexCreateStatement {
    Index::create()
        .name("idx_audit_log_newest")
        .table(AuditLog::Table)
        .col(AuditLog::UserId)
        .col(AuditLog::Id)
        .take()
}

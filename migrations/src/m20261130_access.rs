//! Names of users, and the tokens that they sign in with.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    pk_uuid, string, string_null, timestamp_with_time_zone, timestamp_with_time_zone_null, uuid, uuid_null,
};
use sea_orm_migration::sea_orm::prelude::{DateTimeUtc, Uuid};

/// 2026-11-30, in µs since 1970: when the local user got a name.
const WRITTEN_US: i64 = 1_795_996_800_000_000;
/// The one user of a server that asks nobody to sign in.
const LOCAL: Uuid = Uuid::from_u128(1);

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Users {
    Table,
    Id,
    CreatedAt,
    Name,
}

#[derive(DeriveIden)]
enum ApiTokens {
    Table,
    Id,
    UserId,
    Name,
    Kind,
    SignedInWith,
    Digest,
    CreatedAt,
    ExpiresAt,
    LastUsedAt,
    RevokedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    // A start that is cut short in here leaves nothing behind; on SQLite that is not so by itself.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let add = Table::alter()
            .table(Users::Table)
            .add_column(string_null(Users::Name))
            .take();
        manager.alter_table(add).await?;
        manager.create_index(names_of_users()).await?;
        manager.execute(local_user()?).await?;
        manager.create_table(tokens()).await?;
        manager.create_index(tokens_of_user()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tokens = Table::drop().table(ApiTokens::Table).take();
        manager.drop_table(tokens).await?;
        let index = Index::drop().name(NAMES_OF_USERS).table(Users::Table).to_owned();
        manager.drop_index(index).await?;
        let name = Table::alter().table(Users::Table).drop_column(Users::Name).take();
        manager.alter_table(name).await
    }
}

const NAMES_OF_USERS: &str = "uq_users_name";

/// Whoever has no name cannot sign in.
fn names_of_users() -> IndexCreateStatement {
    Index::create()
        .name(NAMES_OF_USERS)
        .table(Users::Table)
        .col(Users::Name)
        .unique()
        .take()
}

/// What was kept while nobody had to sign in is theirs who sign in by this name.
fn local_user() -> Result<InsertStatement, DbErr> {
    let mut insert = Query::insert()
        .into_table(Users::Table)
        .columns([Users::Id, Users::CreatedAt, Users::Name])
        .on_conflict(
            OnConflict::column(Users::Id)
                .update_column(Users::Name)
                .to_owned(),
        )
        .take();
    let written = DateTimeUtc::from_timestamp_micros(WRITTEN_US);
    insert
        .values([LOCAL.into(), written.into(), "local".into()])
        .map_err(|err| DbErr::Migration(err.to_string()))?;
    Ok(insert)
}

/// Of a token's secret only a hash is kept.
fn tokens() -> TableCreateStatement {
    Table::create()
        .table(ApiTokens::Table)
        .col(pk_uuid(ApiTokens::Id))
        .col(uuid(ApiTokens::UserId))
        .col(string(ApiTokens::Name))
        .col(string(ApiTokens::Kind))
        .col(uuid_null(ApiTokens::SignedInWith))
        .col(string(ApiTokens::Digest))
        .col(timestamp_with_time_zone(ApiTokens::CreatedAt))
        .col(timestamp_with_time_zone_null(ApiTokens::ExpiresAt))
        .col(timestamp_with_time_zone_null(ApiTokens::LastUsedAt))
        .col(timestamp_with_time_zone_null(ApiTokens::RevokedAt))
        .foreign_key(
            ForeignKey::create()
                .name("fk_api_tokens_user")
                .from(ApiTokens::Table, ApiTokens::UserId)
                .to(Users::Table, Users::Id)
                .on_delete(ForeignKeyAction::Cascade),
        )
        .foreign_key(
            ForeignKey::create()
                .name("fk_api_tokens_signed_in_with")
                .from(ApiTokens::Table, ApiTokens::SignedInWith)
                .to(ApiTokens::Table, ApiTokens::Id)
                .on_delete(ForeignKeyAction::Cascade),
        )
        .take()
}

/// A user's tokens, in the order in which they were made.
fn tokens_of_user() -> IndexCreateStatement {
    Index::create()
        .name("idx_api_tokens_user")
        .table(ApiTokens::Table)
        .col(ApiTokens::UserId)
        .col(ApiTokens::Id)
        .take()
}

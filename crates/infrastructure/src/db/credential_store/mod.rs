use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, TransactionTrait,
};
use thiserror::Error;
use tracing::instrument;
use viva_domain::credentials::{
    AuditAction, AuditEntry, CredentialState, KeyId, SealedCredential, StoredCredential,
};
use viva_domain::ids::{CredentialId, UserId};
use viva_domain::ports::{CredentialStore, Page, PageRequest, StoreError, VaultError};

use super::database::Database;
use super::entities::audit_entry::{Column as EntryColumn, Entity as Entries, Model as EntryRow};
use super::entities::provider_credential::{self, Column, Entity as Credentials, Model as CredentialRow};
use super::entities::user;
use super::entities::whole_micros;
use super::error::{damaged, failed, missing};
use super::listing;

/// Keeps sealed provider keys and the audit log in SQLite or PostgreSQL.
///
/// Transactions begin with a statement that writes: SQLite waits for its write lock then, which it does not for one that
/// has read before.
#[derive(Debug, Clone)]
pub struct SqlCredentialStore {
    database: Database,
}

/// Why the credentials of a database are not encrypted anew; none of them is, then.
#[derive(Debug, Error)]
pub enum ResealError {
    /// One cannot be opened, or not be sealed again.
    #[error(
        "the key of user {owner} for {provider} cannot be encrypted anew, so none is. Where it is damaged, its owner has to \
         enter or delete it again, or its row goes out of the table provider_credentials"
    )]
    Vault {
        /// Whose it is.
        owner: UserId,
        /// The provider.
        provider: String,
        /// Why.
        #[source]
        source: VaultError,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SqlCredentialStore {
    /// A store in a database whose schema is up to date.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// The master keys that sealed what is kept, whoever it belongs to: called at start-up, to see that the right one is
    /// there.
    ///
    /// # Errors
    /// [`StoreError`] of kind `Unavailable` when the database cannot answer.
    #[instrument(name = "db.credentials.key_ids", skip_all)]
    pub async fn key_ids(&self) -> Result<Vec<KeyId>, StoreError> {
        const OPERATION: &str = "list master keys";
        let work = async {
            let ids: Vec<String> = Credentials::find()
                .select_only()
                .column(Column::KeyId)
                .distinct()
                .into_tuple()
                .all(&self.database.connection)
                .await
                .map_err(failed(OPERATION))?;
            Ok(ids.into_iter().map(KeyId::new).collect())
        };
        self.database.within(OPERATION, work).await
    }

    /// Replaces what is sealed of every credential, whoever it belongs to, in one transaction. Answers how many there are.
    /// No server may use the database meanwhile. This takes as long as it takes.
    ///
    /// # Errors
    /// [`ResealError`]; nothing has changed then.
    #[instrument(name = "db.credentials.reseal", skip_all)]
    pub async fn reseal(
        &self,
        reseal: impl Fn(&StoredCredential) -> Result<SealedCredential, VaultError>,
    ) -> Result<usize, ResealError> {
        let failed = failed("encrypt credentials anew");
        let transaction = self.database.connection.begin().await.map_err(&failed)?;
        let rows = Credentials::find().all(&transaction).await.map_err(&failed)?;
        let count = rows.len();
        for row in rows {
            let stored = StoredCredential::try_from(row).map_err(damaged("encrypt credentials anew"))?;
            let sealed = reseal(&stored).map_err(|source| ResealError::Vault {
                owner: stored.owner,
                provider: stored.provider.clone(),
                source,
            })?;
            let row = CredentialRow::from(&StoredCredential { sealed, ..stored });
            Credentials::update_many()
                .set(row.into_active_model().reset_all())
                .filter(Column::Id.eq(stored.id.as_uuid()))
                .exec(&transaction)
                .await
                .map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(count)
    }

    async fn try_put(&self, credential: &StoredCredential, entry: &AuditEntry) -> Result<(), DbErr> {
        let transaction = self.begin(entry).await?;
        let before = Credentials::of(credential.owner)
            .filter(Column::Provider.eq(&credential.provider))
            .one(&transaction)
            .await?;
        let action = AuditAction::of_giving(before.as_ref());
        record(
            &AuditEntry {
                action,
                ..entry.clone()
            },
            &transaction,
        )
        .await?;
        let mut place = OnConflict::columns([Column::UserId, Column::Provider]);
        place.update_columns([
            Column::Id,
            Column::KeyId,
            Column::Nonce,
            Column::Ciphertext,
            Column::State,
            Column::CheckedAt,
        ]);
        Credentials::insert(CredentialRow::from(credential).into_active_model())
            .on_conflict(place)
            .exec_without_returning(&transaction)
            .await?;
        transaction.commit().await
    }

    /// A transaction during which nobody else changes what the owner of the entry has. They are created if this is the first
    /// thing of theirs.
    async fn begin(&self, entry: &AuditEntry) -> Result<DatabaseTransaction, DbErr> {
        let transaction = self.database.connection.begin().await?;
        user::Entity::ensure(entry.owner, entry.at, &transaction).await?;
        // SQLite knows no such lock, and lets one write at a time.
        user::Entity::find_by_id(entry.owner.as_uuid())
            .lock(LockType::NoKeyUpdate)
            .one(&transaction)
            .await?;
        Ok(transaction)
    }

    /// The same with the entry in it.
    async fn begin_with(&self, entry: &AuditEntry) -> Result<DatabaseTransaction, DbErr> {
        let transaction = self.begin(entry).await?;
        record(entry, &transaction).await?;
        Ok(transaction)
    }
}

#[async_trait]
impl CredentialStore for SqlCredentialStore {
    #[instrument(name = "db.credentials.put", skip_all, fields(provider.name = %credential.provider))]
    async fn put(&self, credential: &StoredCredential, entry: &AuditEntry) -> Result<(), StoreError> {
        const OPERATION: &str = "put credential";
        let work = async { self.try_put(credential, entry).await.map_err(failed(OPERATION)) };
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.credentials.find", skip_all, fields(provider.name = %provider))]
    async fn find(&self, owner: UserId, provider: &str) -> Result<Option<StoredCredential>, StoreError> {
        const OPERATION: &str = "find credential";
        let work = async {
            let row = Credentials::of(owner)
                .filter(Column::Provider.eq(provider))
                .one(&self.database.connection)
                .await
                .map_err(failed(OPERATION))?;
            row.map(StoredCredential::try_from)
                .transpose()
                .map_err(damaged(OPERATION))
        };
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.credentials.list", skip_all)]
    async fn list(&self, owner: UserId) -> Result<Vec<StoredCredential>, StoreError> {
        const OPERATION: &str = "list credentials";
        let work = async {
            let rows = Credentials::of(owner)
                .all(&self.database.connection)
                .await
                .map_err(failed(OPERATION))?;
            let found: Result<Vec<_>, _> = rows.into_iter().map(StoredCredential::try_from).collect();
            let mut found = found.map_err(damaged(OPERATION))?;
            // Databases have orders of their own for texts.
            found.sort_by(|a, b| a.provider.cmp(&b.provider));
            Ok(found)
        };
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.credentials.set_state", skip_all, fields(credential.id = %id))]
    async fn set_state(
        &self,
        owner: UserId,
        id: CredentialId,
        state: CredentialState,
        at: DateTime<Utc>,
        entry: &AuditEntry,
    ) -> Result<(), StoreError> {
        const OPERATION: &str = "set the state of a credential";
        let work = async {
            let transaction = self.begin_with(entry).await.map_err(failed(OPERATION))?;
            let changed = Credentials::update_many()
                .set(provider_credential::ActiveModel {
                    state: ActiveValue::Set(provider_credential::state(state).to_owned()),
                    checked_at: ActiveValue::Set(whole_micros(at)),
                    ..Default::default()
                })
                .filter(Column::UserId.eq(owner.as_uuid()))
                .filter(Column::Id.eq(id.as_uuid()))
                .exec(&transaction)
                .await
                .map_err(failed(OPERATION))?;
            commit_found(changed.rows_affected, transaction, OPERATION).await
        };
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.credentials.remove", skip_all, fields(provider.name = %provider))]
    async fn remove(&self, owner: UserId, provider: &str, entry: &AuditEntry) -> Result<(), StoreError> {
        const OPERATION: &str = "remove credential";
        let work = async {
            let transaction = self.begin_with(entry).await.map_err(failed(OPERATION))?;
            let removed = Credentials::delete_many()
                .filter(Column::UserId.eq(owner.as_uuid()))
                .filter(Column::Provider.eq(provider))
                .exec(&transaction)
                .await
                .map_err(failed(OPERATION))?;
            commit_found(removed.rows_affected, transaction, OPERATION).await
        };
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.audit.record", skip_all, fields(provider.name = %entry.provider))]
    async fn record(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        const OPERATION: &str = "record what was done with a credential";
        let work = async {
            let transaction = self.begin_with(entry).await.map_err(failed(OPERATION))?;
            transaction.commit().await.map_err(failed(OPERATION))
        };
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.audit.list", skip_all)]
    async fn audit(&self, owner: UserId, page: PageRequest) -> Result<Page<AuditEntry>, StoreError> {
        const OPERATION: &str = "list the audit log";
        let found = Entries::of(owner).order_by_desc(EntryColumn::Id);
        let work = listing::page(found, page, &self.database.connection, OPERATION);
        self.database.within(OPERATION, work).await
    }
}

async fn record(entry: &AuditEntry, connection: &impl ConnectionTrait) -> Result<(), DbErr> {
    Entries::insert(EntryRow::from(entry).into_active_model())
        .exec_without_returning(connection)
        .await
        .map(|_| ())
}

/// What changed nothing leaves no entry behind either.
async fn commit_found(
    rows: u64,
    transaction: DatabaseTransaction,
    operation: &'static str,
) -> Result<(), StoreError> {
    if rows > 0 {
        return transaction.commit().await.map_err(failed(operation));
    }
    transaction.rollback().await.map_err(failed(operation))?;
    Err(missing(operation))
}

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    TransactionTrait,
};
use tracing::instrument;
use viva_domain::ids::{TemplateId, UserId};
use viva_domain::ports::{Page, PageRequest, StoreError, TemplateStore};
use viva_domain::templates::{SystemPromptTemplate, TemplateContent, TemplateFilter};

use super::database::Database;
use super::entities::system_prompt_template::{Column, Entity as Templates, Model as TemplateRow};
use super::entities::user;
use super::error::{damaged, failed, missing};
use super::listing;

/// Keeps system-prompt templates in SQLite or PostgreSQL.
///
/// Transactions begin with a statement that writes: SQLite waits for its write lock then, which it does not for one that
/// has read before.
#[derive(Debug, Clone)]
pub struct SqlTemplateStore {
    database: Database,
}

impl SqlTemplateStore {
    /// A store in a database whose schema is up to date.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    async fn try_insert(&self, owner: UserId, row: TemplateRow) -> Result<(), DbErr> {
        let transaction = self.database.connection.begin().await?;
        user::Entity::ensure(owner, row.updated_at, &transaction).await?;
        Templates::insert(row.into_active_model())
            .exec_without_returning(&transaction)
            .await?;
        transaction.commit().await
    }
}

#[async_trait]
impl TemplateStore for SqlTemplateStore {
    #[instrument(name = "db.templates.insert", skip_all, fields(template.id = %id))]
    async fn insert(
        &self,
        owner: UserId,
        id: TemplateId,
        content: &TemplateContent,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        const OPERATION: &str = "insert template";
        let row = TemplateRow::new(owner, id, content, at);
        let work = async { self.try_insert(owner, row).await.map_err(failed(OPERATION)) };
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.templates.find", skip_all, fields(template.id = %id))]
    async fn find(&self, owner: UserId, id: TemplateId) -> Result<Option<SystemPromptTemplate>, StoreError> {
        const OPERATION: &str = "find template";
        let work = async {
            let row = Templates::seen_by(owner)
                .filter(Column::Id.eq(id.as_uuid()))
                .one(&self.database.connection)
                .await
                .map_err(failed(OPERATION))?;
            row.map(SystemPromptTemplate::try_from)
                .transpose()
                .map_err(damaged(OPERATION))
        };
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.templates.list", skip_all)]
    async fn list(
        &self,
        owner: UserId,
        filter: &TemplateFilter,
        page: PageRequest,
    ) -> Result<Page<SystemPromptTemplate>, StoreError> {
        const OPERATION: &str = "list templates";
        let found = Templates::filtered(owner, filter)
            .order_by_desc(Column::UserId.is_null())
            .order_by_asc(Column::Id);
        let work = listing::page(found, page, &self.database.connection, OPERATION);
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.templates.replace", skip_all, fields(template.id = %id))]
    async fn replace(
        &self,
        owner: UserId,
        id: TemplateId,
        content: &TemplateContent,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        const OPERATION: &str = "replace template";
        let row = TemplateRow::new(owner, id, content, at);
        let work = async {
            let replaced = Templates::update_many()
                .set(row.into_active_model().reset_all())
                .filter(Column::UserId.eq(owner.as_uuid()))
                .filter(Column::Id.eq(id.as_uuid()))
                .exec(&self.database.connection)
                .await
                .map_err(failed(OPERATION))?;
            found(replaced.rows_affected, OPERATION)
        };
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.templates.remove", skip_all, fields(template.id = %id))]
    async fn remove(&self, owner: UserId, id: TemplateId) -> Result<(), StoreError> {
        const OPERATION: &str = "remove template";
        let work = async {
            let removed = Templates::delete_many()
                .filter(Column::UserId.eq(owner.as_uuid()))
                .filter(Column::Id.eq(id.as_uuid()))
                .exec(&self.database.connection)
                .await
                .map_err(failed(OPERATION))?;
            found(removed.rows_affected, OPERATION)
        };
        self.database.within(OPERATION, work).await
    }
}

fn found(rows: u64, operation: &'static str) -> Result<(), StoreError> {
    if rows > 0 {
        return Ok(());
    }
    Err(missing(operation))
}

#[cfg(test)]
mod tests;

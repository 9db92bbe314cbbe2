use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, Func};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, UpdateMany,
};
use tracing::instrument;
use viva_domain::access::{ApiToken, User, UserName};
use viva_domain::ids::{TokenId, UserId};
use viva_domain::ports::{Page, PageRequest, StoreError, TokenStore};

use super::database::Database;
use super::entities::api_token::{BROWSER, Column, Entity as Tokens, Model as TokenRow};
use super::entities::{user, whole_micros};
use super::error::{damaged, failed, missing};
use super::listing;

/// Keeps users and their tokens in SQLite or PostgreSQL.
#[derive(Debug, Clone)]
pub struct SqlTokenStore {
    database: Database,
}

impl SqlTokenStore {
    /// A store in a database whose schema is up to date.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    async fn user_called(
        &self,
        name: &UserName,
        operation: &'static str,
    ) -> Result<Option<User>, StoreError> {
        let row = user::Entity::called(name)
            .one(&self.database.connection)
            .await
            .map_err(failed(operation))?;
        row.map(User::try_from).transpose().map_err(damaged(operation))
    }
}

#[async_trait]
impl TokenStore for SqlTokenStore {
    #[instrument(name = "db.tokens.ensure_user", skip_all, fields(user.id = %user.id))]
    async fn ensure_user(&self, user: &User) -> Result<User, StoreError> {
        const OPERATION: &str = "ensure user";
        let work = async {
            user::Entity::ensure_named(user, &self.database.connection)
                .await
                .map_err(failed(OPERATION))?;
            let kept = self.user_called(&user.name, OPERATION).await?;
            kept.ok_or_else(|| missing(OPERATION))
        };
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.tokens.find_user", skip_all)]
    async fn find_user(&self, name: &UserName) -> Result<Option<User>, StoreError> {
        const OPERATION: &str = "find user";
        let work = self.user_called(name, OPERATION);
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.tokens.user", skip_all, fields(user.id = %id))]
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        const OPERATION: &str = "find user";
        let found = user::Entity::named().filter(user::Column::Id.eq(id.as_uuid()));
        let work = async {
            let row = found
                .one(&self.database.connection)
                .await
                .map_err(failed(OPERATION))?;
            row.map(User::try_from).transpose().map_err(damaged(OPERATION))
        };
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.tokens.users", skip_all)]
    async fn users(&self, page: PageRequest) -> Result<Page<User>, StoreError> {
        const OPERATION: &str = "list users";
        let found = user::Entity::named().order_by_asc(user::Column::Name);
        let work = listing::page(found, page, &self.database.connection, OPERATION);
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.tokens.insert", skip_all, fields(token.id = %token.id))]
    async fn insert(&self, token: &ApiToken) -> Result<(), StoreError> {
        const OPERATION: &str = "insert token";
        let work = async {
            let inserted = Tokens::insert(TokenRow::from(token).into_active_model())
                .exec_without_returning(&self.database.connection)
                .await;
            inserted.map(|_| ()).map_err(failed(OPERATION))
        };
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.tokens.find", skip_all, fields(token.id = %id))]
    async fn find(&self, id: TokenId) -> Result<Option<ApiToken>, StoreError> {
        const OPERATION: &str = "find token";
        let work = async {
            let row = Tokens::find_by_id(id.as_uuid())
                .one(&self.database.connection)
                .await
                .map_err(failed(OPERATION))?;
            row.map(ApiToken::try_from)
                .transpose()
                .map_err(damaged(OPERATION))
        };
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.tokens.list", skip_all)]
    async fn list(&self, owner: UserId, page: PageRequest) -> Result<Page<ApiToken>, StoreError> {
        const OPERATION: &str = "list tokens";
        let found = Tokens::of(owner).order_by_asc(Column::Id);
        let work = listing::page(found, page, &self.database.connection, OPERATION);
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.tokens.revoke", skip_all, fields(token.id = %id))]
    async fn revoke(&self, owner: UserId, id: TokenId, at: DateTime<Utc>) -> Result<(), StoreError> {
        const OPERATION: &str = "revoke token";
        // The first time counts.
        let first = Func::if_null(Expr::col(Column::RevokedAt), whole_micros(at));
        let work = async {
            let revoked = update_one(owner, id)
                .col_expr(Column::RevokedAt, first.into())
                .exec(&self.database.connection)
                .await
                .map_err(failed(OPERATION))?;
            if revoked.rows_affected > 0 {
                return Ok(());
            }
            Err(missing(OPERATION))
        };
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.tokens.touch", skip_all, fields(token.id = %id))]
    async fn touch(&self, owner: UserId, id: TokenId, at: DateTime<Utc>) -> Result<(), StoreError> {
        const OPERATION: &str = "touch token";
        let at = whole_micros(at);
        let is_earlier = Condition::any()
            .add(Column::LastUsedAt.is_null())
            .add(Column::LastUsedAt.lt(at));
        let work = async {
            let touched: Result<_, DbErr> = update_one(owner, id)
                .filter(is_earlier)
                .col_expr(Column::LastUsedAt, Expr::value(at))
                .exec(&self.database.connection)
                .await;
            touched.map(|_| ()).map_err(failed(OPERATION))
        };
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.tokens.forget_browsers", skip_all)]
    async fn forget_browsers(&self, owner: UserId, now: DateTime<Utc>) -> Result<(), StoreError> {
        const OPERATION: &str = "forget browsers";
        let is_over = Condition::any()
            .add(Column::RevokedAt.is_not_null())
            .add(Column::ExpiresAt.lte(whole_micros(now)));
        let work = async {
            let forgotten = Tokens::delete_many()
                .filter(Column::UserId.eq(owner.as_uuid()))
                .filter(Column::Kind.eq(BROWSER))
                .filter(is_over)
                .exec(&self.database.connection)
                .await;
            forgotten.map(|_| ()).map_err(failed(OPERATION))
        };
        self.database.within(OPERATION, work).await
    }
}

/// Changes a token of one user.
fn update_one(owner: UserId, id: TokenId) -> UpdateMany<Tokens> {
    Tokens::update_many()
        .filter(Column::UserId.eq(owner.as_uuid()))
        .filter(Column::Id.eq(id.as_uuid()))
}

#[cfg(test)]
mod tests;

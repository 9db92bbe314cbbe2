use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, OnConflict, Query};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, IntoActiveModel, JsonValue, QueryFilter, QueryOrder,
    QuerySelect,
};
use tracing::instrument;
use uuid::Uuid;
use viva_domain::ids::{SessionId, StorageId, TurnId, UserId};
use viva_domain::ports::{BlobKey, EndedSession, KnownStorage, RetentionStore, StoreError};
use viva_domain::sessions::{SessionState, SessionStatus};

use super::database::Database;
use super::entities::conversation_turn::{Column as TurnColumn, Entity as Turns};
use super::entities::interaction_session::{self, Column as SessionColumn, Entity as Sessions};
use super::entities::{storage, whole_micros};
use super::error::{damaged, failed};

/// The number of the only row.
const THE_STORAGE: i32 = 1;

/// Removes what is no longer kept from SQLite or PostgreSQL.
#[derive(Debug, Clone)]
pub struct SqlRetentionStore {
    database: Database,
}

impl SqlRetentionStore {
    /// A store in a database whose schema is up to date.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// Forgets the recording of one side, if it is this one.
    async fn forget(
        &self,
        owner: UserId,
        turn: TurnId,
        key: &BlobKey,
        [key_column, samples, rate, placement, peaks]: [TurnColumn; 5],
    ) -> Result<(), DbErr> {
        let sessions_of_owner = Query::select()
            .column(SessionColumn::Id)
            .from(Sessions)
            .and_where(SessionColumn::UserId.eq(owner.as_uuid()))
            .to_owned();
        Turns::update_many()
            .col_expr(key_column, Expr::value(None::<String>))
            .col_expr(samples, Expr::value(None::<i64>))
            .col_expr(rate, Expr::value(None::<i64>))
            .col_expr(placement, Expr::value(None::<JsonValue>))
            .col_expr(peaks, Expr::value(None::<Vec<u8>>))
            .filter(TurnColumn::Id.eq(turn.as_uuid()))
            .filter(key_column.eq(key.as_str()))
            .filter(TurnColumn::SessionId.in_subquery(sessions_of_owner))
            .exec(&self.database.connection)
            .await
            .map(|_| ())
    }
}

#[async_trait]
impl RetentionStore for SqlRetentionStore {
    #[instrument(name = "db.retention.whose", skip_all, fields(session.id = %id))]
    async fn whose(&self, id: SessionId) -> Result<Option<(UserId, SessionState)>, StoreError> {
        const OPERATION: &str = "find a session's owner";
        let work = async {
            let row: Option<(Uuid, String, Option<DateTime<Utc>>)> = Sessions::find_by_id(id.as_uuid())
                .select_only()
                .columns([
                    SessionColumn::UserId,
                    SessionColumn::Status,
                    SessionColumn::EndedAt,
                ])
                .into_tuple()
                .one(&self.database.connection)
                .await
                .map_err(failed(OPERATION))?;
            let Some((owner, status, ended_at)) = row else {
                return Ok(None);
            };
            let state = interaction_session::state_of(&status, ended_at).map_err(damaged(OPERATION))?;
            Ok(Some((UserId::from_uuid(owner), state)))
        };
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.retention.ended", skip_all)]
    async fn ended_before(
        &self,
        time: DateTime<Utc>,
        after: Option<&EndedSession>,
        most: u32,
    ) -> Result<Vec<EndedSession>, StoreError> {
        const OPERATION: &str = "list ended sessions";
        // An active one has no end, and NULL is before nothing.
        let mut ended = Sessions::find().filter(SessionColumn::EndedAt.lt(whole_micros(time)));
        if let Some(after) = after {
            let same_time = Condition::all()
                .add(SessionColumn::EndedAt.eq(after.ended_at))
                .add(SessionColumn::Id.gt(after.id.as_uuid()));
            // The first condition is in the second one, and tells the database where in the index to begin.
            ended = ended.filter(SessionColumn::EndedAt.gte(after.ended_at)).filter(
                Condition::any()
                    .add(SessionColumn::EndedAt.gt(after.ended_at))
                    .add(same_time),
            );
        }
        let ended = ended
            .select_only()
            .columns([SessionColumn::Id, SessionColumn::UserId, SessionColumn::EndedAt])
            .order_by_asc(SessionColumn::EndedAt)
            .order_by_asc(SessionColumn::Id)
            .limit(u64::from(most))
            .into_tuple::<(Uuid, Uuid, DateTime<Utc>)>();
        let work = async {
            ended
                .all(&self.database.connection)
                .await
                .map_err(failed(OPERATION))
        };
        let rows = self.database.within(OPERATION, work).await?;
        let sessions = rows.into_iter().map(|(id, owner, ended_at)| EndedSession {
            id: SessionId::from_uuid(id),
            owner: UserId::from_uuid(owner),
            ended_at,
        });
        Ok(sessions.collect())
    }

    #[instrument(name = "db.retention.delete", skip_all, fields(session.id = %id))]
    async fn delete(&self, owner: UserId, id: SessionId) -> Result<(), StoreError> {
        const OPERATION: &str = "delete session";
        // Its turns and their latencies go with it in the same statement: that is what their foreign keys say.
        let delete = Sessions::delete_many()
            .filter(SessionColumn::UserId.eq(owner.as_uuid()))
            .filter(SessionColumn::Id.eq(id.as_uuid()))
            .filter(SessionColumn::Status.ne(SessionStatus::Active.as_str()));
        let work = async {
            delete
                .exec(&self.database.connection)
                .await
                .map(|_| ())
                .map_err(failed(OPERATION))
        };
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.retention.forget_recording", skip_all, fields(turn.id = %turn))]
    async fn forget_recording(&self, owner: UserId, turn: TurnId, key: &BlobKey) -> Result<(), StoreError> {
        const OPERATION: &str = "forget recording";
        const USERS: [TurnColumn; 5] = [
            TurnColumn::UserAudioKey,
            TurnColumn::UserAudioSamples,
            TurnColumn::UserAudioRate,
            TurnColumn::UserAudioPlacement,
            TurnColumn::UserAudioPeaks,
        ];
        const AIS: [TurnColumn; 5] = [
            TurnColumn::AiAudioKey,
            TurnColumn::AiAudioSamples,
            TurnColumn::AiAudioRate,
            TurnColumn::AiAudioPlacement,
            TurnColumn::AiAudioPeaks,
        ];
        let work = async {
            for columns in [USERS, AIS] {
                self.forget(owner, turn, key, columns)
                    .await
                    .map_err(failed(OPERATION))?;
            }
            Ok(())
        };
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.retention.storage", skip_all)]
    async fn storage(&self) -> Result<Option<KnownStorage>, StoreError> {
        const OPERATION: &str = "find the storage's id";
        let work = async {
            let row = storage::Entity::find_by_id(THE_STORAGE)
                .one(&self.database.connection)
                .await
                .map_err(failed(OPERATION))?;
            Ok(row.map(|row| KnownStorage {
                id: StorageId::from_uuid(row.storage_id),
                is_marked: row.is_marked,
            }))
        };
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.retention.keep_storage", skip_all)]
    async fn keep_storage(&self, storage: KnownStorage) -> Result<(), StoreError> {
        const OPERATION: &str = "keep the storage's id";
        let row = storage::Model {
            id: THE_STORAGE,
            storage_id: storage.id.as_uuid(),
            is_marked: storage.is_marked,
        };
        let replacing = OnConflict::column(storage::Column::Id)
            .update_columns([storage::Column::StorageId, storage::Column::IsMarked])
            .to_owned();
        let work = async {
            storage::Entity::insert(row.into_active_model())
                .on_conflict(replacing)
                .exec_without_returning(&self.database.connection)
                .await
                .map(|_| ())
                .map_err(failed(OPERATION))
        };
        self.database.within(OPERATION, work).await
    }
}

#[cfg(test)]
mod tests {
    use viva_contract::retention_store_contract;
    use viva_domain::ports::SessionStore;

    use super::super::SqlSessionStore;
    use super::super::testing::{on_postgres, on_sqlite};
    use super::*;

    async fn in_both_roles(
        database: &Database,
        case: impl AsyncFnOnce(&dyn SessionStore, &dyn RetentionStore),
    ) {
        let sessions = SqlSessionStore::new(database.clone());
        case(&sessions, &SqlRetentionStore::new(database.clone())).await;
    }

    async fn fresh_sqlite(case: impl AsyncFnOnce(&dyn SessionStore, &dyn RetentionStore)) {
        on_sqlite(async |database| in_both_roles(database, case).await).await;
    }

    async fn fresh_postgres(case: impl AsyncFnOnce(&dyn SessionStore, &dyn RetentionStore)) {
        on_postgres(async |database| in_both_roles(database, case).await).await;
    }

    retention_store_contract!(fresh_sqlite);
    retention_store_contract!(fresh_postgres);
}

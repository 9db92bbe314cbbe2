mod found;
mod instructions;
mod numbers;
mod summaries;
mod words;

use std::collections::BTreeMap;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, DatabaseConnection, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, TransactionTrait, UpdateMany,
};
use tracing::instrument;
use uuid::Uuid;
use viva_domain::ids::{SessionId, TurnId, UserId};
use viva_domain::ports::{MeasuredPeaks, PageRequest, SessionList, SessionStore, StoreError, StoreErrorKind};
use viva_domain::sessions::{EndStatus, Interaction, Session, SessionFilter, SessionStatus};
use viva_domain::turns::{Turn, TurnNumber};

use super::database::Database;
use super::entities::interaction_session::{
    Column as SessionColumn, Entity as Sessions, Model as SessionRow, with_providers,
};
use super::entities::{
    InteractionJson, TurnRows, conversation_turn, latency_metric, session_number, text, user, whole_micros,
};
use super::error::{damaged, failed, missing};

/// Keeps sessions in SQLite or PostgreSQL.
///
/// Transactions begin with a statement that writes: SQLite waits for its write lock then, which it does not for one that
/// has read before.
#[derive(Debug, Clone)]
pub struct SqlSessionStore {
    database: Database,
}

impl SqlSessionStore {
    /// A store in a database whose schema is up to date.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    async fn try_insert(&self, session: &Session) -> Result<(), DbErr> {
        let transaction = self.database.connection.begin().await?;
        user::Entity::ensure(session.user_id, session.started_at, &transaction).await?;
        let number = session_number::Entity::draw(&transaction).await?;
        Sessions::insert(SessionRow::new(session, number).into_active_model())
            .exec_without_returning(&transaction)
            .await?;
        transaction.commit().await
    }

    async fn try_save(&self, turn: &Turn) -> Result<(), DbErr> {
        let TurnRows { turn: row, latency } = turn.into();
        let session = row.session_id;
        let transaction = self.database.connection.begin().await?;
        conversation_turn::Entity::insert(row.into_active_model())
            .exec_without_returning(&transaction)
            .await?;
        latency_metric::Entity::insert(latency.into_active_model())
            .exec_without_returning(&transaction)
            .await?;
        let texts = [
            turn.user_transcript.as_deref().unwrap_or_default(),
            &turn.answer.heard,
        ];
        summaries::add(session, &texts, &transaction).await?;
        transaction.commit().await
    }

    /// Adds the user's words to a turn that was saved without any. They became known while nobody knew that it was.
    async fn try_complete(&self, turn: &Turn) -> Result<(), DbErr> {
        let Some(words) = &turn.user_transcript else {
            return Ok(());
        };
        let wordless = conversation_turn::Entity::update_many()
            .filter(conversation_turn::Column::Id.eq(turn.id.as_uuid()))
            .filter(conversation_turn::Column::UserTranscript.is_null());
        self.write_down(words, wordless, turn.session_id)
            .await
            .map(|_| ())
    }

    /// Gives these turns of a session the user's words, and answers whether there were any turns.
    async fn write_down(
        &self,
        words: &str,
        turns: UpdateMany<conversation_turn::Entity>,
        session: SessionId,
    ) -> Result<bool, DbErr> {
        let transaction = self.database.connection.begin().await?;
        let written = turns
            .col_expr(
                conversation_turn::Column::UserTranscript,
                Expr::value(text(words)),
            )
            .exec(&transaction)
            .await?;
        if written.rows_affected > 0 {
            summaries::renew(&[session.as_uuid()], &transaction).await?;
        }
        transaction.commit().await?;
        Ok(written.rows_affected > 0)
    }

    /// Providers of before stay known. Does nothing to a session that is not there.
    async fn try_switch(&self, owner: UserId, id: SessionId, interaction: &Interaction) -> Result<(), DbErr> {
        let transaction = self.database.connection.begin().await?;
        let this = Sessions::update_many()
            .filter(SessionColumn::UserId.eq(owner.as_uuid()))
            .filter(SessionColumn::Id.eq(id.as_uuid()));
        this.clone()
            .col_expr(SessionColumn::Mode, Expr::value(interaction.mode().as_str()))
            .col_expr(
                SessionColumn::Interaction,
                Expr::value(InteractionJson::from(interaction)),
            )
            .exec(&transaction)
            .await?;
        let providers: Option<String> = Sessions::one_of(owner, id)
            .select_only()
            .column(SessionColumn::Providers)
            .into_tuple()
            .one(&transaction)
            .await?;
        if let Some(providers) = providers {
            let providers = with_providers(&providers, &interaction.providers());
            this.col_expr(SessionColumn::Providers, Expr::value(providers))
                .exec(&transaction)
                .await?;
        }
        transaction.commit().await
    }

    /// Answers whether there is such a turn. Sessions do not change their owner, so one statement after the other will do.
    async fn try_amend(
        &self,
        owner: UserId,
        session: SessionId,
        turn: TurnNumber,
        words: &str,
    ) -> Result<bool, DbErr> {
        if !self.owns(owner, session).await? {
            return Ok(false);
        }
        let amended = conversation_turn::Entity::update_many()
            .filter(conversation_turn::Column::SessionId.eq(session.as_uuid()))
            .filter(conversation_turn::Column::Number.eq(i32::from(turn.get())));
        self.write_down(words, amended, session).await
    }

    /// Answers whether there is such a turn. Turns do not change their session, so one statement after the other will do.
    async fn try_keep_peaks(
        &self,
        owner: UserId,
        session: SessionId,
        turn: TurnId,
        peaks: &MeasuredPeaks,
    ) -> Result<bool, DbErr> {
        use conversation_turn::Column::{AiAudioKey, AiAudioPeaks, Id, UserAudioKey, UserAudioPeaks};
        let known = conversation_turn::Entity::of(owner, session)
            .filter(Id.eq(turn.as_uuid()))
            .select_only()
            .column(Id)
            .count(&self.database.connection)
            .await?;
        if known == 0 {
            return Ok(false);
        }
        let user = (UserAudioKey, UserAudioPeaks, &peaks.user);
        for (key, column, peaks) in [user, (AiAudioKey, AiAudioPeaks, &peaks.ai)] {
            let Some(peaks) = peaks else { continue };
            conversation_turn::Entity::update_many()
                .col_expr(column, Expr::value(peaks.to_vec()))
                .filter(Id.eq(turn.as_uuid()))
                .filter(key.is_not_null())
                .exec(&self.database.connection)
                .await?;
        }
        Ok(true)
    }

    async fn owns(&self, owner: UserId, id: SessionId) -> Result<bool, DbErr> {
        let known = Sessions::one_of(owner, id)
            .select_only()
            .column(SessionColumn::Id)
            .count(&self.database.connection)
            .await?;
        Ok(known > 0)
    }

    async fn has(&self, turn: &Turn) -> Result<bool, DbErr> {
        let same = conversation_turn::Entity::find_by_id(turn.id.as_uuid())
            .filter(conversation_turn::Column::SessionId.eq(turn.session_id.as_uuid()))
            .select_only()
            .column(conversation_turn::Column::Id)
            .count(&self.database.connection)
            .await?;
        Ok(same > 0)
    }
}

#[async_trait]
impl SessionStore for SqlSessionStore {
    #[instrument(name = "db.sessions.insert", skip_all, fields(session.id = %session.id))]
    async fn insert(&self, session: &Session) -> Result<(), StoreError> {
        const OPERATION: &str = "insert session";
        let work = async { self.try_insert(session).await.map_err(failed(OPERATION)) };
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.sessions.find", skip_all, fields(session.id = %id))]
    async fn find(&self, owner: UserId, id: SessionId) -> Result<Option<Session>, StoreError> {
        const OPERATION: &str = "find session";
        let work = async {
            let row = Sessions::one_of(owner, id)
                .one(&self.database.connection)
                .await
                .map_err(failed(OPERATION))?;
            row.map(Session::try_from).transpose().map_err(damaged(OPERATION))
        };
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.sessions.list", skip_all)]
    async fn list(
        &self,
        owner: UserId,
        filter: &SessionFilter,
        page: PageRequest,
    ) -> Result<SessionList, StoreError> {
        const OPERATION: &str = "list sessions";
        let work = found::list(owner, filter, page, &self.database.connection, OPERATION);
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.sessions.end", skip_all, fields(session.id = %id))]
    async fn end(
        &self,
        owner: UserId,
        id: SessionId,
        at: DateTime<Utc>,
        status: EndStatus,
    ) -> Result<(), StoreError> {
        const OPERATION: &str = "end session";
        let work = async {
            ending(at, status)
                .filter(SessionColumn::UserId.eq(owner.as_uuid()))
                .filter(SessionColumn::Id.eq(id.as_uuid()))
                .exec(&self.database.connection)
                .await
                .map(|_| ())
                .map_err(failed(OPERATION))
        };
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.sessions.switch", skip_all, fields(session.id = %id))]
    async fn switch(
        &self,
        owner: UserId,
        id: SessionId,
        interaction: &Interaction,
    ) -> Result<(), StoreError> {
        const OPERATION: &str = "switch session";
        let work = async {
            self.try_switch(owner, id, interaction)
                .await
                .map_err(failed(OPERATION))
        };
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.turns.save", skip_all, fields(session.id = %turn.session_id, turn.number = %turn.number))]
    async fn save_turn(&self, owner: UserId, turn: &Turn) -> Result<(), StoreError> {
        const OPERATION: &str = "save turn";
        let work = async {
            // Sessions do not change their owner, so this need not be part of the transaction.
            if !self
                .owns(owner, turn.session_id)
                .await
                .map_err(failed(OPERATION))?
            {
                return Err(missing(OPERATION));
            }
            match self.try_save(turn).await.map_err(failed(OPERATION)) {
                Err(err) if err.kind == StoreErrorKind::Conflict => {
                    if !self.has(turn).await.map_err(failed(OPERATION))? {
                        return Err(err);
                    }
                    self.try_complete(turn).await.map_err(failed(OPERATION))
                }
                res => res,
            }
        };
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.turns.amend", skip_all, fields(session.id = %session, turn.number = %turn))]
    async fn amend_user_transcript(
        &self,
        owner: UserId,
        session: SessionId,
        turn: TurnNumber,
        text: &str,
    ) -> Result<(), StoreError> {
        const OPERATION: &str = "amend turn";
        let work = async {
            let amended = self
                .try_amend(owner, session, turn, text)
                .await
                .map_err(failed(OPERATION))?;
            amended.then_some(()).ok_or(missing(OPERATION))
        };
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.turns.keep_peaks", skip_all, fields(session.id = %session, turn.id = %turn))]
    async fn keep_peaks(
        &self,
        owner: UserId,
        session: SessionId,
        turn: TurnId,
        peaks: &MeasuredPeaks,
    ) -> Result<(), StoreError> {
        const OPERATION: &str = "keep peaks";
        let work = async {
            let kept = self
                .try_keep_peaks(owner, session, turn, peaks)
                .await
                .map_err(failed(OPERATION))?;
            kept.then_some(()).ok_or(missing(OPERATION))
        };
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.turns.peaks", skip_all, fields(session.id = %id))]
    async fn peaks(
        &self,
        owner: UserId,
        id: SessionId,
    ) -> Result<BTreeMap<TurnId, MeasuredPeaks>, StoreError> {
        use conversation_turn::Column::{AiAudioPeaks, Id, UserAudioPeaks};

        const OPERATION: &str = "list peaks";
        let work = async {
            conversation_turn::Entity::of(owner, id)
                .select_only()
                .columns([Id, UserAudioPeaks, AiAudioPeaks])
                .into_tuple::<(Uuid, Option<Vec<u8>>, Option<Vec<u8>>)>()
                .all(&self.database.connection)
                .await
                .map_err(failed(OPERATION))
        };
        let rows = self.database.within(OPERATION, work).await?;
        let peaks = rows.into_iter().map(|(turn, user, ai)| {
            let (user, ai) = (user.map(Bytes::from), ai.map(Bytes::from));
            (TurnId::from_uuid(turn), MeasuredPeaks { user, ai })
        });
        Ok(peaks.collect())
    }

    #[instrument(name = "db.turns.list", skip_all, fields(session.id = %id))]
    async fn turns(&self, owner: UserId, id: SessionId) -> Result<Vec<Turn>, StoreError> {
        const OPERATION: &str = "list turns";
        let work = async {
            let rows = conversation_turn::Entity::without_peaks(owner, id)
                .find_also_related(latency_metric::Entity)
                .order_by_asc(conversation_turn::Column::Number)
                .all(&self.database.connection)
                .await
                .map_err(failed(OPERATION))?;
            rows.into_iter().map(|rows| read_turn(rows, OPERATION)).collect()
        };
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.turns.find", skip_all, fields(session.id = %session, turn.id = %id))]
    async fn turn(&self, owner: UserId, session: SessionId, id: TurnId) -> Result<Option<Turn>, StoreError> {
        const OPERATION: &str = "find turn";
        let work = async {
            let rows = conversation_turn::Entity::without_peaks(owner, session)
                .filter(conversation_turn::Column::Id.eq(id.as_uuid()))
                .find_also_related(latency_metric::Entity)
                .one(&self.database.connection)
                .await
                .map_err(failed(OPERATION))?;
            rows.map(|rows| read_turn(rows, OPERATION)).transpose()
        };
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.sessions.left_over", skip_all, fields(session.id = %id))]
    async fn left_over(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        const OPERATION: &str = "find left-over session";
        let work = async {
            let row = Sessions::find_by_id(id.as_uuid())
                .filter(
                    SessionColumn::Status.is_in(
                        [SessionStatus::Active, SessionStatus::Ended(EndStatus::Error)]
                            .map(SessionStatus::as_str),
                    ),
                )
                .one(&self.database.connection)
                .await
                .map_err(failed(OPERATION))?;
            row.map(Session::try_from).transpose().map_err(damaged(OPERATION))
        };
        self.database.within(OPERATION, work).await
    }

    #[instrument(name = "db.sessions.end_left_over", skip_all)]
    async fn end_left_over(&self, at: DateTime<Utc>) -> Result<u64, StoreError> {
        const OPERATION: &str = "end left-over sessions";
        let work = async {
            ending(at, EndStatus::Disconnected)
                .exec(&self.database.connection)
                .await
                .map(|ended| ended.rows_affected)
                .map_err(failed(OPERATION))
        };
        self.database.within(OPERATION, work).await
    }

    #[instrument(level = "debug", name = "db.ping", skip_all)]
    async fn ping(&self) -> Result<(), StoreError> {
        const OPERATION: &str = "ping";
        self.database
            .within(OPERATION, self.database.check_schema(OPERATION))
            .await
    }
}

/// Adds to the sessions that are there what older versions did not keep of them.
pub(super) async fn catch_up(connection: &DatabaseConnection) -> Result<(), DbErr> {
    numbers::give_numbers(connection).await?;
    summaries::catch_up(connection).await?;
    instructions::catch_up(connection).await
}

/// Ends those sessions that are active, and none before it began.
fn ending(at: DateTime<Utc>, status: EndStatus) -> UpdateMany<Sessions> {
    let status = SessionStatus::Ended(status).as_str();
    let (began, at) = (SessionColumn::StartedAt, whole_micros(at));
    let ended = Expr::case(began.gt(at), Expr::col(began)).finally(Expr::value(at));
    Sessions::update_many()
        .col_expr(SessionColumn::Status, Expr::value(status))
        .col_expr(SessionColumn::EndedAt, ended.into())
        // As the index has it, which a bound value would not match.
        .filter(Expr::cust("status = 'active'"))
}

fn read_turn(
    (turn, latency): (conversation_turn::Model, Option<latency_metric::Model>),
    operation: &'static str,
) -> Result<Turn, StoreError> {
    TurnRows::joined(turn, latency)
        .and_then(Turn::try_from)
        .map_err(damaged(operation))
}

#[cfg(test)]
mod tests;

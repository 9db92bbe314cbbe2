//! What is kept beside a session so that lists need not look at its turns: their summary, and the words that they are
//! found by. It changes in the transaction that changes a turn.

use std::collections::HashMap;
use std::time::Duration;

use sea_orm::prelude::Uuid;
use sea_orm::sea_query::{Expr, LockType, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, FromQueryResult, IntoActiveModel,
    JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait, TransactionTrait,
};
use tracing::{info, instrument};
use viva_domain::ids::UserId;
use viva_domain::sessions::{Interaction, SessionSummary, TurnOutcome};

use super::words;
use crate::db::entities::interaction_session::{Column, Entity as Sessions, provider_names};
use crate::db::entities::{InteractionJson, conversation_turn, count, latency_metric, micros, session_words};

/// Sessions that are summarised in one transaction.
const BATCH: u64 = 500;

/// A session whose summary and words change with the transaction.
#[derive(Debug, FromQueryResult)]
struct Locked {
    id: Uuid,
    user_id: Uuid,
    number: i64,
}

/// What a summary needs of a turn.
#[derive(Debug, FromQueryResult)]
struct TurnFacts {
    session_id: Uuid,
    interruption: Option<String>,
    total_us: Option<i64>,
}

/// What a session is found by, of one of its turns.
#[derive(Debug, FromQueryResult)]
struct TurnTexts {
    session_id: Uuid,
    user_transcript: Option<String>,
    answer_heard: String,
}

/// Brings what is kept beside a session in line with its turns, of which the transaction has added one, in which this was
/// said and heard.
pub(super) async fn add(id: Uuid, texts: &[&str], transaction: &impl ConnectionTrait) -> Result<(), DbErr> {
    let sessions = locked(&[id], transaction).await?;
    summarise(&sessions, transaction).await?;
    let Some(session) = sessions.first() else {
        return Ok(());
    };
    let known = session_words::Entity::find_by_id(session.number)
        .one(transaction)
        .await?;
    let row = session.words(known.as_ref(), texts.iter().copied());
    if known.as_ref() == Some(&row) {
        return Ok(());
    }
    write_words(vec![row], transaction).await
}

/// Brings what is kept beside these sessions in line with their turns, of which the transaction has changed some.
pub(super) async fn renew(ids: &[Uuid], transaction: &impl ConnectionTrait) -> Result<(), DbErr> {
    let sessions = locked(ids, transaction).await?;
    summarise(&sessions, transaction).await?;
    let mut turns: HashMap<Uuid, Vec<TurnTexts>> = HashMap::new();
    for turn in texts_of(ids, transaction).await? {
        turns.entry(turn.session_id).or_default().push(turn);
    }
    let rows = sessions.iter().filter_map(|session| {
        let turns = turns.get(&session.id)?;
        Some(session.words(None, turns.iter().flat_map(TurnTexts::said)))
    });
    let rows = rows.collect();
    write_words(rows, transaction).await
}

/// The sessions, in one order. Another transaction that changes turns of the same ones waits for the end of this one, and
/// then sees these.
async fn locked(ids: &[Uuid], transaction: &impl ConnectionTrait) -> Result<Vec<Locked>, DbErr> {
    Sessions::find()
        .select_only()
        .columns([Column::Id, Column::UserId, Column::Number])
        .filter(Column::Id.is_in(ids.iter().copied()))
        .order_by_asc(Column::Id)
        .lock(LockType::NoKeyUpdate)
        .into_model()
        .all(transaction)
        .await
}

async fn summarise(sessions: &[Locked], transaction: &impl ConnectionTrait) -> Result<(), DbErr> {
    let mut turns: HashMap<Uuid, Vec<TurnFacts>> = HashMap::new();
    for turn in facts_of(sessions, transaction).await? {
        turns.entry(turn.session_id).or_default().push(turn);
    }
    for session in sessions {
        let turns = turns.remove(&session.id).unwrap_or_default();
        let summary = SessionSummary::of(turns.iter().map(TurnOutcome::from));
        write(session.id, &summary, transaction).await?;
    }
    Ok(())
}

async fn write_words(
    rows: Vec<session_words::Model>,
    transaction: &impl ConnectionTrait,
) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    session_words::Entity::insert_many(rows.into_iter().map(IntoActiveModel::into_active_model))
        .on_conflict(
            OnConflict::column(session_words::Column::Number)
                .update_columns([session_words::Column::Runs, session_words::Column::Words])
                .to_owned(),
        )
        .exec_without_returning(transaction)
        .await
        .map(|_| ())
}

/// Summarises the sessions that were stored before there were summaries, some at a time: what is done stays done when it is
/// cut short.
#[instrument(name = "db.sessions.catch_up", skip_all)]
pub(super) async fn catch_up(connection: &DatabaseConnection) -> Result<(), DbErr> {
    let mut done = 0;
    loop {
        let sessions: Vec<(Uuid, String)> = Sessions::find()
            .select_only()
            .column(Column::Id)
            .expr_as(Expr::cust("CAST(interaction AS TEXT)"), "interaction")
            // As the index has it, which a bound value would not match.
            .filter(Expr::cust("is_summarised = FALSE"))
            .limit(BATCH)
            .into_tuple()
            .all(connection)
            .await?;
        if sessions.is_empty() {
            return Ok(());
        }
        let transaction = connection.begin().await?;
        for (id, interaction) in &sessions {
            mark(*id, interaction, &transaction).await?;
        }
        let ids: Vec<Uuid> = sessions.into_iter().map(|(id, _)| id).collect();
        renew(&ids, &transaction).await?;
        transaction.commit().await?;
        done += ids.len();
        info!(
            event = "migration.sessions_summarised",
            migration.sessions = done,
            "Summarised {done} older sessions"
        );
    }
}

/// A configuration that cannot be read has no providers.
async fn mark(id: Uuid, interaction: &str, transaction: &impl ConnectionTrait) -> Result<(), DbErr> {
    let interaction = serde_json::from_str::<InteractionJson>(interaction).map(Interaction::from);
    let providers = interaction
        .as_ref()
        .map(Interaction::providers)
        .unwrap_or_default();
    Sessions::update_many()
        .col_expr(Column::Providers, Expr::value(provider_names(&providers)))
        .col_expr(Column::IsSummarised, Expr::value(true))
        .filter(Column::Id.eq(id))
        .exec(transaction)
        .await
        .map(|_| ())
}

async fn facts_of(sessions: &[Locked], transaction: &impl ConnectionTrait) -> Result<Vec<TurnFacts>, DbErr> {
    let ids = sessions.iter().map(|session| session.id);
    let of_them = conversation_turn::Column::SessionId.is_in(ids);
    conversation_turn::Entity::find()
        .join(JoinType::LeftJoin, conversation_turn::Relation::Latency.def())
        .select_only()
        .columns([
            conversation_turn::Column::SessionId,
            conversation_turn::Column::Interruption,
        ])
        .column(latency_metric::Column::TotalUs)
        .filter(of_them)
        .into_model()
        .all(transaction)
        .await
}

/// In the order in which they were said.
async fn texts_of(ids: &[Uuid], transaction: &impl ConnectionTrait) -> Result<Vec<TurnTexts>, DbErr> {
    conversation_turn::Entity::find()
        .select_only()
        .columns([
            conversation_turn::Column::SessionId,
            conversation_turn::Column::UserTranscript,
            conversation_turn::Column::AnswerHeard,
        ])
        .filter(conversation_turn::Column::SessionId.is_in(ids.iter().copied()))
        .order_by_asc(conversation_turn::Column::SessionId)
        .order_by_asc(conversation_turn::Column::Number)
        .into_model()
        .all(transaction)
        .await
}

async fn write(id: Uuid, summary: &SessionSummary, transaction: &impl ConnectionTrait) -> Result<(), DbErr> {
    Sessions::update_many()
        .col_expr(Column::TurnCount, Expr::value(count(summary.turn_count)))
        .col_expr(
            Column::InterruptedCount,
            Expr::value(count(summary.interrupted_count)),
        )
        .col_expr(Column::AvgLatencyUs, Expr::value(summary.avg_latency.map(micros)))
        .col_expr(Column::P95LatencyUs, Expr::value(summary.p95_latency.map(micros)))
        .filter(Column::Id.eq(id))
        .exec(transaction)
        .await
        .map(|_| ())
}

impl Locked {
    /// What it is found by, in which this was said, and before it what is known.
    fn words<'a>(
        &self,
        known: Option<&session_words::Model>,
        texts: impl IntoIterator<Item = &'a str>,
    ) -> session_words::Model {
        words::of_session(self.number, UserId::from_uuid(self.user_id), known, texts)
    }
}

impl TurnTexts {
    /// What was said and what was heard.
    fn said(&self) -> impl Iterator<Item = &str> {
        self.user_transcript
            .as_deref()
            .into_iter()
            .chain([self.answer_heard.as_str()])
    }
}

impl From<&TurnFacts> for TurnOutcome {
    fn from(turn: &TurnFacts) -> Self {
        // A negative latency is damaged, and is told where the turn is read.
        let total_us = turn.total_us.and_then(|total_us| u64::try_from(total_us).ok());
        Self {
            total_latency: total_us.map(Duration::from_micros),
            is_interrupted: turn.interruption.is_some(),
        }
    }
}

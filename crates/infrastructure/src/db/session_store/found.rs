use sea_orm::prelude::Uuid;
use sea_orm::sea_query::{CommonTableExpression, Expr, Query, SelectStatement, UnionType, WithClause};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, DatabaseConnection, DbErr, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait, Select, TransactionTrait,
};
use viva_domain::ids::UserId;
use viva_domain::ports::{Page, PageRequest, SessionList, StoreError};
use viva_domain::sessions::{SessionFilter, SessionOverview, TextSearch};

use super::words;
use crate::db::entities::interaction_session::{Column, Entity as Sessions, provider_names};
use crate::db::entities::{session_number, session_words};
use crate::db::error::{damaged, failed};

const SAID_IN_SQLITE: &str = "session_words.number IN \
                              (SELECT rowid FROM session_words_index WHERE session_words_index MATCH ?)";
const SAID_IN_POSTGRES: &str =
    "array_to_tsvector(string_to_array(session_words.words, ' ')) @@ CAST($1 AS tsquery)";

/// An index of the numbers would be walked, and a text search vector be made of each row, where the plan takes the word for one of
/// very many.
const UP_TO_IN_POSTGRES: &str = "session_words.number + 0 <= $1";

/// The numbers of the sessions in which it was said.
const SAID: &str = "said";
/// As a plain condition it would be joined: each session that was found would be looked up, and all be sorted, even if it is
/// every other one. So the sessions are walked in the list's own order, and of each is asked whether it is among those found.
const IS_SAID: &str = "(interaction_sessions.number IN (SELECT number FROM said)) IS TRUE";

/// PostgreSQL does not know how dear it is to make a text search vector of each row, where the index has them all; and it asks
/// of millions of numbers one after the other where it may not keep them as a table to look in.
const SEARCHING: &str = "SET LOCAL enable_seqscan = off; SET LOCAL work_mem = '256MB'";

/// One page of the user's sessions that the filter lets through, newest first.
pub(super) async fn list(
    owner: UserId,
    filter: &SessionFilter,
    page: PageRequest,
    connection: &DatabaseConnection,
    operation: &'static str,
) -> Result<SessionList, StoreError> {
    let newest = session_number::Entity::newest(connection)
        .await
        .map_err(failed(operation))?;
    let bound = filter.bound.and_then(|bound| i64::try_from(bound).ok());
    let bound = bound.map_or(newest, |bound| bound.min(newest));
    let found = find(owner, filter, bound, page, connection).await;
    let (ids, total) = found.map_err(failed(operation))?;
    let rows = newest_first(Sessions::of(owner).filter(Column::Id.is_in(ids)));
    let rows = rows.all(connection).await.map_err(failed(operation))?;
    let items: Result<_, _> = rows.into_iter().map(SessionOverview::try_from).collect();
    let items = items.map_err(damaged(operation))?;
    Ok(SessionList {
        page: Page { items, total },
        bound: bound.max(0).unsigned_abs(),
    })
}

/// The ids of the page, and how many there are in all. An index has what is asked of each session that is passed over; what
/// takes long to find is looked for once.
async fn find(
    owner: UserId,
    filter: &SessionFilter,
    bound: i64,
    page: PageRequest,
    connection: &DatabaseConnection,
) -> Result<(Vec<Uuid>, u64), DbErr> {
    let backend = connection.get_database_backend();
    let sessions = sessions(owner, filter, bound, backend);
    let newest = newest_first(sessions.clone())
        .select_only()
        .column(Column::Id)
        .limit(u64::from(page.size()))
        .offset(page.offset());
    let total = if is_text_alone(filter) {
        Query::select().expr(Expr::cust("COUNT(*)")).from(SAID).take()
    } else {
        sessions.select_only().expr(Expr::cust("COUNT(*)")).into_query()
    };
    let newest = Query::select()
        .column(("newest", "id"))
        .expr(Expr::cust("0"))
        .from_subquery(newest.into_query(), "newest")
        .take();
    let counted = Query::select()
        .expr_as(Expr::cust("NULL"), "id")
        .expr_as(Expr::SubQuery(None, Box::new(total.into())), "total")
        .union(UnionType::All, newest)
        .take();

    let transaction = connection.begin().await?;
    let rows = if let Some(search) = &filter.text {
        if backend == DatabaseBackend::Postgres {
            transaction.execute_unprepared(SEARCHING).await?;
        }
        let said = CommonTableExpression::new()
            .table_name(SAID)
            .column("number")
            .materialized(true)
            .query(said(owner, search, bound, backend))
            .to_owned();
        let query = WithClause::new().cte(said).to_owned().query(counted);
        transaction.query_all(&query).await?
    } else {
        transaction.query_all(&counted).await?
    };
    transaction.commit().await?;
    let (mut ids, mut total) = (Vec::with_capacity(rows.len()), 0);
    for row in rows {
        total += row.try_get::<i64>("", "total")?;
        ids.extend(row.try_get::<Option<Uuid>>("", "id")?);
    }
    Ok((ids, total.max(0).unsigned_abs()))
}

/// Whether nothing but what was said decides; the owner is among the words.
fn is_text_alone(filter: &SessionFilter) -> bool {
    let SessionFilter {
        text,
        mode,
        status,
        from,
        before,
        provider,
        bound: _,
    } = filter;
    text.is_some()
        && mode.is_none()
        && status.is_none()
        && from.is_none()
        && before.is_none()
        && provider.is_none()
}

/// The numbers, up to this one, of the user's sessions in which all of it was said.
fn said(owner: UserId, search: &TextSearch, bound: i64, backend: DatabaseBackend) -> SelectStatement {
    let mut said = session_words::Entity::find()
        .select_only()
        .column(session_words::Column::Number);
    said = match backend {
        DatabaseBackend::Sqlite => {
            said.filter(session_words::Column::Number.lte(bound))
                .filter(Expr::cust_with_values(
                    SAID_IN_SQLITE,
                    [words::fts5_query(owner, search)],
                ))
        }
        _ => said
            .filter(Expr::cust_with_values(UP_TO_IN_POSTGRES, [bound]))
            .filter(Expr::cust_with_values(
                SAID_IN_POSTGRES,
                [words::tsquery(owner, search)],
            )),
    };
    for run in words::long_runs(search) {
        let has_run = match backend {
            DatabaseBackend::Sqlite => "instr(session_words.runs, ?) > 0",
            _ => "strpos(session_words.runs, $1) > 0",
        };
        said = said.filter(Expr::cust_with_values(has_run, [run]));
    }
    said.into_query()
}

/// The user's sessions up to this number that the filter lets through.
fn sessions(owner: UserId, filter: &SessionFilter, bound: i64, backend: DatabaseBackend) -> Select<Sessions> {
    let provider = filter.provider.as_deref();
    let conditions = [
        filter.mode.map(|mode| Column::Mode.eq(mode.as_str())),
        filter.status.map(|status| Column::Status.eq(status.as_str())),
        filter.from.map(|from| Column::StartedAt.gte(from)),
        filter.before.map(|before| Column::StartedAt.lt(before)),
        provider.map(|provider| has_provider(provider, backend)),
    ];
    let mut found = Sessions::of(owner).filter(Column::Number.lte(bound));
    for condition in conditions.into_iter().flatten() {
        found = found.filter(condition);
    }
    if filter.text.is_some() {
        found = found.filter(Expr::cust(IS_SAID));
    }
    found
}

fn newest_first(found: Select<Sessions>) -> Select<Sessions> {
    found.order_by_desc(Column::StartedAt).order_by_desc(Column::Id)
}

fn has_provider(provider: &str, backend: DatabaseBackend) -> Expr {
    let sql = match backend {
        DatabaseBackend::Sqlite => "instr(interaction_sessions.providers, ?) > 0",
        _ => "strpos(interaction_sessions.providers, $1) > 0",
    };
    Expr::cust_with_values(sql, [provider_names(&[provider])])
}

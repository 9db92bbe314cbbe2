use sea_orm::prelude::Uuid;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseBackend, DatabaseConnection, DbErr, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select, Statement, TransactionTrait,
};
use viva_domain::ids::UserId;
use viva_domain::ports::{Page, PageRequest, SessionList, StoreError};
use viva_domain::sessions::{SessionFilter, SessionOverview, TextSearch};

use super::words;
use crate::db::entities::interaction_session::{Column, Entity as Sessions, provider_names};
use crate::db::entities::session_number;
use crate::db::error::{damaged, failed};
use crate::db::listing;

/// SQLite would look up each session that is found, and sort them, even if it is every other one; the plus keeps it to the
/// list's own order, in which it asks of each whether it was found.
const IN_SQLITE: &str = "+interaction_sessions.number IN \
                         (SELECT rowid FROM session_words_index WHERE session_words_index MATCH ?)";
const IN_POSTGRES: &str = "interaction_sessions.number IN (SELECT session_words.number FROM session_words \
                           WHERE array_to_tsvector(string_to_array(session_words.words, ' ')) @@ CAST($1 AS tsquery))";

const RUN_IN_SQLITE: &str = "EXISTS (SELECT 1 FROM session_words \
                             WHERE session_words.number = interaction_sessions.number \
                             AND instr(session_words.runs, ?) > 0)";
const RUN_IN_POSTGRES: &str = "EXISTS (SELECT 1 FROM session_words \
                               WHERE session_words.number = interaction_sessions.number \
                               AND strpos(session_words.runs, $1) > 0)";

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
    let found = sessions(owner, filter, bound, connection.get_database_backend());
    let page = if filter.text.is_some() {
        let searched = searched(&found, page, connection).await;
        let (ids, total) = searched.map_err(failed(operation))?;
        let found = Sessions::of(owner).filter(Column::Id.is_in(ids));
        let rows = newest_first(found).all(connection).await;
        let rows = rows.map_err(failed(operation))?;
        let items: Result<_, _> = rows.into_iter().map(SessionOverview::try_from).collect();
        Page {
            items: items.map_err(damaged(operation))?,
            total,
        }
    } else {
        listing::page(newest_first(found), page, connection, operation).await?
    };
    let bound = bound.max(0).unsigned_abs();
    Ok(SessionList { page, bound })
}

/// Those on the page, and how many there are in all, of what takes long to find: it is looked for once.
async fn searched(
    found: &Select<Sessions>,
    page: PageRequest,
    connection: &DatabaseConnection,
) -> Result<(Vec<Uuid>, u64), DbErr> {
    let found = found
        .clone()
        .select_only()
        .columns([Column::Id, Column::StartedAt]);
    let found = found.build(connection.get_database_backend());
    let (sql, size, offset) = (&found.sql, page.size(), page.offset());
    let sql = format!(
        "WITH found AS ({sql}) SELECT NULL AS id, COUNT(*) AS total FROM found UNION ALL \
         SELECT newest.id, 0 FROM (SELECT id FROM found ORDER BY started_at DESC, id DESC LIMIT {size} OFFSET {offset}) AS newest"
    );
    let transaction = connection.begin().await?;
    if found.db_backend == DatabaseBackend::Postgres {
        // It does not know how dear it is to make a text search vector of each row, where the index has them all.
        transaction
            .execute_unprepared("SET LOCAL enable_seqscan = off")
            .await?;
    }
    let rows = transaction.query_all_raw(Statement { sql, ..found }).await?;
    transaction.commit().await?;
    let (mut ids, mut total) = (Vec::with_capacity(rows.len()), 0);
    for row in rows {
        total += row.try_get::<i64>("", "total")?;
        ids.extend(row.try_get::<Option<Uuid>>("", "id")?);
    }
    Ok((ids, total.max(0).unsigned_abs()))
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
    if let Some(search) = &filter.text {
        found = found.filter(has_words(owner, search, backend));
        for run in words::long_runs(search) {
            found = found.filter(has_run(run, backend));
        }
    }
    found
}

fn newest_first(found: Select<Sessions>) -> Select<Sessions> {
    found.order_by_desc(Column::StartedAt).order_by_desc(Column::Id)
}

fn has_words(owner: UserId, search: &TextSearch, backend: DatabaseBackend) -> Expr {
    match backend {
        DatabaseBackend::Sqlite => Expr::cust_with_values(IN_SQLITE, [words::fts5_query(owner, search)]),
        _ => Expr::cust_with_values(IN_POSTGRES, [words::tsquery(owner, search)]),
    }
}

/// Whether these characters stand in a row in one of the session's runs.
fn has_run(run: &str, backend: DatabaseBackend) -> Expr {
    let sql = match backend {
        DatabaseBackend::Sqlite => RUN_IN_SQLITE,
        _ => RUN_IN_POSTGRES,
    };
    Expr::cust_with_values(sql, [run])
}

fn has_provider(provider: &str, backend: DatabaseBackend) -> Expr {
    let sql = match backend {
        DatabaseBackend::Sqlite => "instr(interaction_sessions.providers, ?) > 0",
        _ => "strpos(interaction_sessions.providers, $1) > 0",
    };
    Expr::cust_with_values(sql, [provider_names(&[provider])])
}

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseBackend, QueryFilter, QueryOrder, Select};
use viva_domain::ids::UserId;
use viva_domain::sessions::{SessionFilter, TextSearch};

use super::words;
use crate::db::entities::interaction_session::{Column, Entity as Sessions, provider_names};

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

/// The user's sessions up to this number that the filter lets through, newest first.
pub(super) fn sessions(
    owner: UserId,
    filter: &SessionFilter,
    bound: i64,
    backend: DatabaseBackend,
) -> Select<Sessions> {
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

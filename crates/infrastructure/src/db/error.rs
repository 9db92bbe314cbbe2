//! The only place where a database error is matched.

use sea_orm::{DbErr, RuntimeErr, SqlErr, SqlxError};
use viva_domain::ports::{StoreError, StoreErrorKind};

use super::entities::DamagedRow;

/// SQLSTATE class "data exception": a value that the database does not take, or a stored one that it cannot convert.
const DATA_EXCEPTION: &str = "22";

/// Says what was being done when the database failed.
pub(super) fn failed(operation: &'static str) -> impl Fn(DbErr) -> StoreError {
    move |err| StoreError {
        kind: kind(&err),
        operation,
        source: Some(err.into()),
    }
}

pub(super) fn damaged(operation: &'static str) -> impl Fn(DamagedRow) -> StoreError {
    move |err| StoreError {
        kind: StoreErrorKind::Damaged,
        operation,
        source: Some(err.into()),
    }
}

/// There is nothing of this owner that could be changed.
pub(super) fn missing(operation: &'static str) -> StoreError {
    StoreError {
        kind: StoreErrorKind::Missing,
        operation,
        source: None,
    }
}

fn kind(err: &DbErr) -> StoreErrorKind {
    match err.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => return StoreErrorKind::Conflict,
        Some(SqlErr::ForeignKeyConstraintViolation(_)) => return StoreErrorKind::Missing,
        _ => {}
    }
    match err {
        DbErr::Type(_) | DbErr::Json(_) | DbErr::TryIntoErr { .. } => StoreErrorKind::Damaged,
        DbErr::Conn(RuntimeErr::SqlxError(err))
        | DbErr::Exec(RuntimeErr::SqlxError(err))
        | DbErr::Query(RuntimeErr::SqlxError(err)) => driver_kind(err),
        // Everything else (no connection, locked, full, read-only) can be different the next time.
        _ => StoreErrorKind::Unavailable,
    }
}

fn driver_kind(err: &SqlxError) -> StoreErrorKind {
    let is_damaged = match err {
        SqlxError::ColumnDecode { .. } | SqlxError::Decode(_) => true,
        // SQLite's codes have at most four digits, an SQLSTATE has five.
        SqlxError::Database(err) => err
            .code()
            .is_some_and(|code| code.len() == 5 && code.starts_with(DATA_EXCEPTION)),
        _ => false,
    };
    if is_damaged {
        StoreErrorKind::Damaged
    } else {
        StoreErrorKind::Unavailable
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use sea_orm::ConnAcquireErr;

    use super::*;

    fn query(err: SqlxError) -> DbErr {
        DbErr::Query(RuntimeErr::SqlxError(err.into()))
    }

    #[test]
    fn what_can_be_different_next_time_is_unavailable() {
        for err in [
            DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
            DbErr::Conn(RuntimeErr::Internal("refused".to_owned())),
            query(io::Error::from(io::ErrorKind::BrokenPipe).into()),
            query(SqlxError::WorkerCrashed),
        ] {
            assert_eq!(kind(&err), StoreErrorKind::Unavailable, "{err:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_damaged() {
        for err in [
            DbErr::Type("a uuid".to_owned()),
            DbErr::Json("half an object".to_owned()),
            DbErr::TryIntoErr {
                from: "i64",
                into: "u8",
                source: Arc::new(io::Error::other("too large")),
            },
            query(SqlxError::Decode("not a time".into())),
        ] {
            assert_eq!(kind(&err), StoreErrorKind::Damaged, "{err:?}");
        }
    }
}

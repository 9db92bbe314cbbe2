//! What a server holds in its database, looked at from beside it.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, TryGetable};

use super::figure::Figure;

/// How long others may take to begin a write.
const WRITE_LIMIT_MS: u32 = 100;

/// The database of the server that is looked at.
pub(super) enum Watched {
    /// Locks of other connections, and transactions in which nothing happens.
    Postgres(DatabaseConnection),
    /// Whether others can write, and what was written and is not in its place.
    Sqlite {
        connection: DatabaseConnection,
        wal: PathBuf,
    },
}

impl Watched {
    pub(super) async fn postgres(url: &str) -> Result<Self> {
        Ok(Self::Postgres(connect(url).await?))
    }

    pub(super) async fn sqlite(file: PathBuf) -> Result<Self> {
        let connection = connect(&format!("sqlite://{}", file.display())).await?;
        connection
            .execute_unprepared(&format!("PRAGMA busy_timeout = {WRITE_LIMIT_MS}"))
            .await?;
        let mut wal = file.into_os_string();
        wal.push("-wal");
        let wal = wal.into();
        Ok(Self::Sqlite { connection, wal })
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Postgres(_) => "PostgreSQL",
            Self::Sqlite { .. } => "SQLite",
        }
    }

    /// Descriptors that a server may have open for it after it was busy: each of its eight connections keeps what it has opened.
    pub(super) fn descriptors(&self) -> f64 {
        match self {
            Self::Postgres(_) => 8.0,
            // The database, its log, and what both share.
            Self::Sqlite { .. } => 24.0,
        }
    }

    pub(super) async fn look(&self) -> Result<Vec<(Figure, f64)>> {
        match self {
            Self::Postgres(connection) => {
                let locks = "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) \
                             WHERE a.datname = current_database() AND pid <> pg_backend_pid()";
                let idle = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                            AND state LIKE 'idle in transaction%' AND state_change < now() - interval '5 s'";
                Ok(vec![
                    (Figure::Locks, count(connection, locks).await?),
                    (Figure::IdleTransactions, count(connection, idle).await?),
                ])
            }
            Self::Sqlite { connection, wal } => {
                let is_late = connection.execute_unprepared("BEGIN IMMEDIATE").await.is_err();
                if !is_late {
                    connection.execute_unprepared("ROLLBACK").await?;
                }
                let wal = tokio::fs::metadata(wal).await.map_or(0, |wal| wal.len());
                Ok(vec![
                    (Figure::LateWrites, f64::from(u8::from(is_late))),
                    (Figure::WalMib, wal as f64 / 1_048_576.0),
                ])
            }
        }
    }
}

/// One connection, so that a transaction begins and ends on the same.
async fn connect(url: &str) -> Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    options
        .min_connections(1)
        .max_connections(1)
        .idle_timeout(Duration::from_hours(24))
        .max_lifetime(Duration::from_hours(24))
        .sqlx_logging(false);
    Database::connect(options)
        .await
        .context("looking at the server's database")
}

async fn count(connection: &DatabaseConnection, sql: &str) -> Result<f64> {
    let statement = sea_orm::Statement::from_string(connection.get_database_backend(), sql);
    let row = connection.query_one_raw(statement).await?.context("no row")?;
    Ok(i64::try_get_by_index(&row, 0).map_err(sea_orm::DbErr::from)? as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_write_that_somebody_else_holds_up_is_late() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("viva.db");
        std::fs::write(&file, "").unwrap();
        let other = connect(&format!("sqlite://{}", file.display())).await.unwrap();
        other
            .execute_unprepared("PRAGMA journal_mode = WAL")
            .await
            .unwrap();
        let watched = Watched::sqlite(file).await.unwrap();
        let late = async || watched.look().await.unwrap()[0];
        assert_eq!(late().await, (Figure::LateWrites, 0.0));
        other.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
        assert_eq!(late().await, (Figure::LateWrites, 1.0));
        other.execute_unprepared("ROLLBACK").await.unwrap();
        assert_eq!(late().await, (Figure::LateWrites, 0.0));
    }
}

//! Which process has a PostgreSQL database, and for what. Whoever uses a SQLite file is kept apart by the storage.

use std::time::Duration;

use sea_orm::SqlxError;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection};
use sea_orm::sqlx::{self, ConnectOptions, Connection};
use secrecy::ExposeSecret;
use tokio::time::{Instant, sleep, timeout};
use tracing::{info, instrument, warn};

use super::database::{Database, DatabaseConfig, OpenDatabaseError, connecting_failed, postgres_options};

/// The names of locks in PostgreSQL, which knows them by number: "viva", which a server holds, and "vivar", which who
/// removes what is no longer kept holds.
const LOCK: i64 = 0x7669_7661;
const RETENTION_LOCK: i64 = 0x76_6976_6172;

/// How often a lock is looked after, or tried to be taken again.
const LOOK: Duration = Duration::from_secs(2);
/// How long another process has to have the database until it is taken for a server: what PostgreSQL does not know to be gone may
/// be this one's connection of before, see [`Database::lock`].
const OTHERS: Duration = Duration::from_mins(2);

/// Holds a database for one server, as long as this lives and its connection does.
#[derive(Debug)]
pub struct DatabaseLock {
    connection: Option<PgConnection>,
}

impl DatabaseLock {
    /// Looks after [`Database::lock`], whose connection breaks when PostgreSQL is started anew, and takes it again. Resolves when
    /// another server has the database, which must not have two.
    pub async fn hold(self, config: &DatabaseConfig) {
        self.hold_for(config, OTHERS).await;
    }

    async fn hold_for(mut self, config: &DatabaseConfig, others: Duration) {
        let Some(mut connection) = self.connection.take() else {
            return std::future::pending().await; // The storage keeps others from it.
        };
        loop {
            while matches!(timeout(config.timeout, connection.ping()).await, Ok(Ok(()))) {
                sleep(LOOK).await;
            }
            warn!(
                event = "database.lock_lost",
                "The lock of the database is lost with its connection; taking it again"
            );
            // Half of a connection would keep it from us.
            drop(connection);
            let mut taken = None;
            connection = loop {
                match Database::try_lock(LOCK, config).await {
                    Ok(Some(lock)) => match lock.connection {
                        Some(connection) => break connection,
                        None => return,
                    },
                    Ok(None) if taken.get_or_insert_with(Instant::now).elapsed() >= others => return,
                    Ok(None) => {}
                    Err(_) => taken = None,
                }
                sleep(LOOK).await;
            };
            info!(
                event = "database.lock_regained",
                "The lock of the database is taken again"
            );
        }
    }
}

impl Database {
    /// Takes a PostgreSQL database for this process: a second server would take the first one's live sessions for what an
    /// earlier process left behind. PostgreSQL lets go of it however the process ends; a connection whose machine is gone
    /// is given up after a minute. Whoever uses a SQLite file is kept apart by the storage.
    ///
    /// # Errors
    /// [`OpenDatabaseError::Taken`] when another process has it.
    #[instrument(name = "db.lock", skip_all)]
    pub async fn lock(config: &DatabaseConfig) -> Result<DatabaseLock, OpenDatabaseError> {
        let locked = Self::try_lock(LOCK, config).await?;
        locked.ok_or(OpenDatabaseError::Taken)
    }

    /// As [`Self::lock`], for who removes what is no longer kept, and a server may use the database beside it; `None` when
    /// another process does the same.
    ///
    /// # Errors
    /// [`OpenDatabaseError`] when the database cannot be asked.
    #[instrument(name = "db.lock_retention", skip_all)]
    pub async fn lock_retention(config: &DatabaseConfig) -> Result<Option<DatabaseLock>, OpenDatabaseError> {
        Self::try_lock(RETENTION_LOCK, config).await
    }

    /// Whether a server has taken the database with [`Self::lock`], on whatever machine. Nobody takes a SQLite file so.
    ///
    /// # Errors
    /// [`OpenDatabaseError`] when the database cannot be asked.
    #[instrument(name = "db.is_locked", skip_all)]
    pub async fn is_locked(config: &DatabaseConfig) -> Result<bool, OpenDatabaseError> {
        let url = config.url.expose_secret();
        let Some(("postgres" | "postgresql", _)) = url.split_once(':') else {
            return Ok(false);
        };
        let options = postgres_options(url)?;
        let asking = tokio::time::timeout(config.timeout, is_locked_in_postgres(LOCK, &options));
        let asked = asking.await.unwrap_or(Err(SqlxError::PoolTimedOut));
        asked.map_err(|err| OpenDatabaseError::Server(connecting_failed(err)))
    }

    async fn try_lock(lock: i64, config: &DatabaseConfig) -> Result<Option<DatabaseLock>, OpenDatabaseError> {
        let url = config.url.expose_secret();
        let Some(("postgres" | "postgresql", _)) = url.split_once(':') else {
            return Ok(Some(DatabaseLock { connection: None }));
        };
        let options = postgres_options(url)?;
        let locking = tokio::time::timeout(config.timeout, lock_postgres(lock, &options));
        let locked = locking.await.unwrap_or(Err(SqlxError::PoolTimedOut));
        let connection = locked.map_err(|err| OpenDatabaseError::Server(connecting_failed(err)))?;
        Ok(connection.map(|connection| DatabaseLock {
            connection: Some(connection),
        }))
    }
}

/// A connection that holds the lock; `None` when another one does.
async fn lock_postgres(lock: i64, options: &PgConnectOptions) -> Result<Option<PgConnection>, SqlxError> {
    let mut connection = options.connect().await?;
    for setting in [
        "SET tcp_keepalives_idle = 30",
        "SET tcp_keepalives_interval = 10",
        "SET tcp_keepalives_count = 3",
    ] {
        sqlx::query(setting).execute(&mut connection).await?;
    }
    let is_locked: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
        .bind(lock)
        .fetch_one(&mut connection)
        .await?;
    Ok(is_locked.then_some(connection))
}

/// Whether anybody holds the lock.
async fn is_locked_in_postgres(lock: i64, options: &PgConnectOptions) -> Result<bool, SqlxError> {
    let mut connection = options.connect().await?;
    // A lock of one number is told in two halves.
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database \
         WHERE locktype = 'advisory' AND granted AND datname = current_database() AND objsubid = 1 \
         AND (classid::bigint << 32) + objid::bigint = $1)",
    )
    .bind(lock)
    .fetch_one(&mut connection)
    .await
}

#[cfg(test)]
mod tests {
    use super::super::testing::on_postgres_server;
    use super::*;

    #[tokio::test]
    async fn a_postgres_database_has_one_server_at_a_time() {
        on_postgres_server(async |_, server| {
            let config = server.config();
            let lock = Database::lock(&config).await.unwrap();
            let err = Database::lock(&config).await.unwrap_err();
            assert!(matches!(err, OpenDatabaseError::Taken), "{err:?}");
            assert_eq!(err.to_string(), "another server uses the same database");
            assert!(Database::is_locked(&config).await.unwrap());
            drop(lock);
            // The server notices that the connection is gone.
            while let Err(err) = Database::lock(&config).await {
                assert!(matches!(err, OpenDatabaseError::Taken), "{err:?}");
            }
        })
        .await;
    }

    /// Which of the server's processes holds the lock of a database; its tests have one each.
    async fn holder(config: &DatabaseConfig) -> Option<i32> {
        let options = postgres_options(config.url.expose_secret()).unwrap();
        let mut connection = options.connect().await.unwrap();
        sqlx::query_scalar(
            "SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database \
             WHERE locktype = 'advisory' AND granted AND datname = current_database()",
        )
        .fetch_optional(&mut connection)
        .await
        .unwrap()
    }

    #[tokio::test]
    async fn a_lock_that_was_lost_is_taken_again() {
        on_postgres_server(async |_, server| {
            let config = server.config();
            let lock = Database::lock(&config).await.unwrap();
            let holding = lock.hold(&config);
            let before = holder(&config).await;
            assert!(before.is_some());
            let looking = async {
                server.disconnect().await;
                // How long nobody has it is up to both servers.
                while holder(&config).await.is_none_or(|now| Some(now) == before) {}
            };
            tokio::select! {
                () = holding => panic!("nobody else has it"),
                () = looking => {}
            }
        })
        .await;
    }

    #[tokio::test]
    async fn a_lock_that_another_server_took_is_lost() {
        on_postgres_server(async |_, server| {
            let config = server.config();
            let lock = Database::lock(&config).await.unwrap();
            server.disconnect().await;
            let other = loop {
                if let Ok(lock) = Database::lock(&config).await {
                    break lock;
                }
            };
            lock.hold_for(&config, Duration::ZERO).await;
            drop(other);
        })
        .await;
    }

    #[tokio::test]
    async fn who_removes_and_a_server_do_not_wait_for_each_other() {
        on_postgres_server(async |_, server| {
            let config = server.config();
            let removing = Database::lock_retention(&config).await.unwrap();
            assert!(removing.is_some());
            assert!(
                !Database::is_locked(&config).await.unwrap(),
                "that is another lock"
            );
            let _server = Database::lock(&config).await.unwrap();
            assert!(Database::lock_retention(&config).await.unwrap().is_none());
            drop(removing);
            // The server notices that the connection is gone.
            while Database::lock_retention(&config).await.unwrap().is_none() {}
        })
        .await;
    }

    #[tokio::test]
    async fn a_sqlite_file_needs_no_lock() {
        let config = DatabaseConfig::new("sqlite://nowhere/viva.db");
        let _first = Database::lock(&config).await.unwrap();
        Database::lock(&config).await.unwrap();
        assert!(!Database::is_locked(&config).await.unwrap());
    }
}

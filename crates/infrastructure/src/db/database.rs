use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use futures_util::future::BoxFuture;
use sea_orm::sqlx::pool::PoolConnectionMetadata;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sea_orm::sqlx::{ConnectOptions, SqliteConnection};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, RuntimeErr, SqlxError, Statement};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use tracing::instrument;
use viva_domain::ports::{StoreError, StoreErrorKind};
use viva_migrations::{Migrator, MigratorTrait};

use super::error::failed;
use super::session_store::catch_up;

/// Which database to use.
#[derive(Debug, Clone)]
pub struct DatabaseConfig {
    /// `sqlite://<path>` or `postgres://<user>:<password>@<host>/<database>`; secret because of the password.
    pub url: SecretString,
    /// Most connections at once.
    pub max_connections: u32,
    /// Longest that one operation may take, waiting for a connection or a lock included.
    pub timeout: Duration,
}

/// Why a database cannot be opened.
#[derive(Debug, Error)]
pub enum OpenDatabaseError {
    /// Neither SQLite nor PostgreSQL.
    #[error("the database URL must begin with sqlite:// or postgres://")]
    UnsupportedUrl,
    /// It begins well; the rest makes no sense, or names a database in memory. The URL is not repeated, since it may hold a password.
    #[error("the database URL cannot be understood")]
    InvalidUrl,
    /// The folder of the SQLite file.
    #[error("the database's folder {} cannot be created", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The SQLite file.
    #[error("the database {} cannot be opened", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: StoreError,
    },
    /// The PostgreSQL server.
    #[error(transparent)]
    Server(StoreError),
    /// [`Database::lock`] found it taken.
    #[error("another server uses the same database")]
    Taken,
}

/// An open database. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Database {
    pub(super) connection: DatabaseConnection,
    pub(super) timeout: Duration,
}

impl DatabaseConfig {
    /// A database with the usual limits: 8 connections, 3 s.
    pub fn new(url: impl Into<SecretString>) -> Self {
        Self {
            url: url.into(),
            max_connections: 8,
            timeout: Duration::from_secs(3),
        }
    }
}

impl Database {
    /// Connects. A SQLite file is created with its folder when it is missing.
    ///
    /// Both databases keep a committed turn when the process is killed. SQLite runs with a write-ahead log that is
    /// flushed at every commit (`synchronous = FULL`), so a turn survives a power cut too; a session commits a few times
    /// a minute, which makes the flush affordable. PostgreSQL does the same unless its server is configured otherwise.
    ///
    /// # Errors
    /// [`OpenDatabaseError`] says what is wrong with the URL, the folder or the server.
    #[instrument(name = "db.connect", skip_all)]
    pub async fn connect(config: &DatabaseConfig) -> Result<Self, OpenDatabaseError> {
        let url = config.url.expose_secret();
        let connection = match url.split_once(':') {
            Some(("sqlite", _)) => connect_sqlite(url, config).await?,
            Some(("postgres" | "postgresql", _)) => connect_postgres(url, config).await?,
            _ => return Err(OpenDatabaseError::UnsupportedUrl),
        };
        Ok(Self {
            connection,
            timeout: config.timeout,
        })
    }

    /// Brings the schema up to date, and what older versions of it do not keep, and answers how many steps the schema took; 0
    /// when it was.
    ///
    /// # Errors
    /// [`StoreError`] when a step fails; those before it are kept.
    #[instrument(name = "db.migrate", skip_all)]
    pub async fn migrate(&self) -> Result<usize, StoreError> {
        let failed = failed("migrate");
        let pending = Migrator::get_pending_migrations(&self.connection)
            .await
            .map_err(&failed)?;
        Migrator::up(&self.connection, None).await.map_err(&failed)?;
        catch_up(&self.connection).await.map_err(&failed)?;
        Ok(pending.len())
    }

    /// Whether [`Self::migrate`] would change the schema.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not say.
    #[instrument(name = "db.is_older", skip_all)]
    pub async fn is_older(&self) -> Result<bool, StoreError> {
        let pending = Migrator::get_pending_migrations(&self.connection).await;
        let pending = pending.map_err(failed("look at the schema"))?;
        Ok(!pending.is_empty())
    }

    /// Answers when the tables are there, as this version needs them. It reads a table: an open connection alone says little
    /// about a file.
    pub(super) async fn check_schema(&self, operation: &'static str) -> Result<(), StoreError> {
        let sql = "SELECT version FROM seaql_migrations";
        let steps = Statement::from_string(self.connection.get_database_backend(), sql);
        let steps = self.connection.query_all_raw(steps).await;
        let taken: Result<Vec<String>, DbErr> =
            steps.and_then(|rows| rows.iter().map(|row| row.try_get("", "version")).collect());
        let taken = taken.map_err(failed(operation))?;
        let missing = Migrator::migrations()
            .into_iter()
            .find(|step| !taken.iter().any(|taken| taken == step.name()));
        match missing {
            None => Ok(()),
            Some(step) => Err(StoreError {
                kind: StoreErrorKind::Unavailable,
                operation,
                source: Some(format!("the schema lacks {}; run `viva migrate`", step.name()).into()),
            }),
        }
    }

    /// Closes all connections, after what is running.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not let go.
    pub async fn close(self) -> Result<(), StoreError> {
        self.connection.close().await.map_err(failed("close"))
    }

    /// Runs one operation for at most [`DatabaseConfig::timeout`], so that a database that does not answer fails.
    pub(super) async fn within<T>(
        &self,
        operation: &'static str,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        match tokio::time::timeout(self.timeout, work).await {
            Ok(res) => res,
            Err(elapsed) => Err(StoreError {
                kind: StoreErrorKind::Unavailable,
                operation,
                source: Some(elapsed.into()),
            }),
        }
    }
}

async fn connect_sqlite(url: &str, config: &DatabaseConfig) -> Result<DatabaseConnection, OpenDatabaseError> {
    if url.contains(":memory:") || url.contains("mode=memory") {
        return Err(OpenDatabaseError::InvalidUrl);
    }
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|_| OpenDatabaseError::InvalidUrl)?
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(config.timeout)
        .disable_statement_logging();
    let path = options.get_filename().to_owned();
    create_folder_of(&path).await?;
    let pool = SqlitePoolOptions::new()
        .max_connections(config.max_connections)
        .acquire_timeout(config.timeout)
        .before_acquire(only_while_there(path.clone()))
        .connect_with(options.clone().create_if_missing(true))
        .await
        .map_err(|err| OpenDatabaseError::File {
            path,
            source: connecting_failed(err),
        })?;
    // A file that goes missing later shall be missed, not replaced by an empty one.
    pool.set_connect_options(options.create_if_missing(false));
    Ok(pool.into())
}

/// Closes a connection whose file is gone: it would go on writing to a file that nobody can find any more.
fn only_while_there(
    path: PathBuf,
) -> impl for<'c> Fn(&'c mut SqliteConnection, PoolConnectionMetadata) -> BoxFuture<'c, Result<bool, SqlxError>>
{
    move |_, _| {
        let path = path.clone();
        Box::pin(async move { Ok(tokio::fs::metadata(path).await.is_ok_and(|file| file.is_file())) })
    }
}

async fn create_folder_of(path: &Path) -> Result<(), OpenDatabaseError> {
    let Some(folder) = path.parent() else {
        return Ok(());
    };
    tokio::fs::create_dir_all(folder)
        .await
        .map_err(|source| OpenDatabaseError::Folder {
            path: folder.to_owned(),
            source,
        })
}

async fn connect_postgres(
    url: &str,
    config: &DatabaseConfig,
) -> Result<DatabaseConnection, OpenDatabaseError> {
    let options = postgres_options(url)?;
    PgPoolOptions::new()
        .max_connections(config.max_connections)
        .acquire_timeout(config.timeout)
        .connect_with(options)
        .await
        .map(Into::into)
        .map_err(|err| OpenDatabaseError::Server(connecting_failed(err)))
}

pub(super) fn postgres_options(url: &str) -> Result<PgConnectOptions, OpenDatabaseError> {
    let options = PgConnectOptions::from_str(url).map_err(|_| OpenDatabaseError::InvalidUrl)?;
    Ok(options.application_name("viva").disable_statement_logging())
}

pub(super) fn connecting_failed(err: SqlxError) -> StoreError {
    failed("connect")(DbErr::Conn(RuntimeErr::SqlxError(err.into())))
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::{fs, iter};

    use sea_orm::DatabaseBackend;

    use super::super::testing::{self, on_postgres, on_sqlite};
    use super::*;

    async fn refused(url: &str) -> OpenDatabaseError {
        Database::connect(&DatabaseConfig::new(url)).await.unwrap_err()
    }

    /// The error and its causes, as they are printed at start-up.
    fn said(err: &(dyn Error + 'static)) -> String {
        let causes = iter::successors(Some(err), |err| (*err).source());
        causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
    }

    #[tokio::test]
    async fn sqlite_is_safe_against_crashes_and_orphans() {
        on_sqlite(async |database| {
            for (pragma, expected) in [
                ("journal_mode", "wal"),
                ("synchronous", "2"),
                ("foreign_keys", "1"),
            ] {
                let sql = format!("SELECT CAST({pragma} AS TEXT) AS value FROM pragma_{pragma}");
                let row = database
                    .connection
                    .query_one_raw(Statement::from_string(DatabaseBackend::Sqlite, sql))
                    .await
                    .unwrap()
                    .unwrap();
                assert_eq!(row.try_get::<String>("", "value").unwrap(), expected, "{pragma}");
            }
        })
        .await;
    }

    #[tokio::test]
    async fn migrating_again_does_nothing() {
        let case = async |database: &Database| {
            assert!(!database.is_older().await.unwrap());
            assert_eq!(database.migrate().await.unwrap(), 0);
        };
        on_sqlite(case).await;
        on_postgres(case).await;
    }

    #[tokio::test]
    async fn migrating_back_leaves_nothing() {
        let case = async |database: &Database| {
            Migrator::down(&database.connection, None).await.unwrap();
            assert!(database.is_older().await.unwrap());
            assert!(database.migrate().await.unwrap() > 0);
        };
        on_sqlite(case).await;
        on_postgres(case).await;
    }

    #[tokio::test]
    async fn what_was_committed_is_there_after_reopening() {
        let place = tempfile::tempdir().unwrap();
        let url = testing::sqlite_url(&place.path().join("new/folder/viva.db"));
        let config = DatabaseConfig::new(url);
        let database = Database::connect(&config).await.unwrap();
        assert!(database.migrate().await.unwrap() > 0);
        database.close().await.unwrap();
        let database = Database::connect(&config).await.unwrap();
        assert_eq!(database.migrate().await.unwrap(), 0);
    }

    #[tokio::test]
    async fn urls_of_other_databases_are_refused() {
        for url in ["mysql://localhost/viva", "viva.db", "", "http://x"] {
            assert!(
                matches!(refused(url).await, OpenDatabaseError::UnsupportedUrl),
                "{url}"
            );
        }
    }

    #[tokio::test]
    async fn databases_in_memory_are_refused() {
        for url in ["sqlite::memory:", "sqlite://viva?mode=memory"] {
            assert!(
                matches!(refused(url).await, OpenDatabaseError::InvalidUrl),
                "{url}"
            );
        }
    }

    #[tokio::test]
    async fn passwords_are_in_no_error() {
        for url in [
            "postgres://viva:hunter2@127.0.0.1:notaport/viva",
            "postgres://viva:hunter2@127.0.0.1:1/viva",
        ] {
            let mut config = DatabaseConfig::new(url);
            config.timeout = Duration::from_millis(50);
            let err = Database::connect(&config).await.unwrap_err();
            let texts = [said(&err), format!("{err:?}"), format!("{config:?}")];
            assert!(texts.iter().all(|text| !text.contains("hunter2")), "{texts:?}");
        }
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_made_is_named() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        fs::write(&file, "").unwrap();
        let err = refused(&testing::sqlite_url(&file.join("folder/viva.db"))).await;
        assert!(matches!(err, OpenDatabaseError::Folder { .. }), "{err:?}");
        assert!(said(&err).contains(&*file.join("folder").to_string_lossy()));
    }

    #[tokio::test]
    async fn a_file_that_is_no_database_is_named() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("viva.db");
        fs::write(
            &file,
            "not a database, and long enough to be looked at closely".repeat(100),
        )
        .unwrap();
        let err = refused(&testing::sqlite_url(&file)).await;
        assert!(said(&err).contains(&*file.to_string_lossy()), "{}", said(&err));
        assert!(said(&err).contains("not a database"), "{}", said(&err));
    }
}

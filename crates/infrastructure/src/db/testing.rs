//! A fresh database for every test.

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::Path;
use std::time::Duration;

use futures_util::FutureExt;
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};
use viva_domain::ports::Ids;

use super::{Database, DatabaseConfig};
use crate::system::SystemIds;

pub(super) fn sqlite_url(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}

/// With limits that a machine which builds and tests at the same time keeps.
pub(super) fn patient(url: String) -> DatabaseConfig {
    DatabaseConfig {
        timeout: Duration::from_mins(1),
        ..DatabaseConfig::new(url)
    }
}

pub(super) async fn on_sqlite(case: impl AsyncFnOnce(&Database)) {
    on_sqlite_with(8, case).await;
}

/// On this many connections; with one, what is set on it counts for every query.
pub(super) async fn on_sqlite_with(connections: u32, case: impl AsyncFnOnce(&Database)) {
    let place = tempfile::tempdir().unwrap();
    let mut config = patient(sqlite_url(&place.path().join("viva.db")));
    config.max_connections = connections;
    let database = Database::connect(&config).await.unwrap();
    database.migrate().await.unwrap();
    case(&database).await;
    database.close().await.unwrap();
}

/// Runs the case in a database of its own on the server that `TEST_DATABASE_URL` names, or says that it did not.
pub(super) async fn on_postgres(case: impl AsyncFnOnce(&Database)) {
    on_postgres_server(async |database, _| case(database).await).await;
}

/// As [`on_postgres`], with a hand on the server.
pub(super) async fn on_postgres_server(case: impl AsyncFnOnce(&Database, &Server)) {
    let Some(server) = Server::of_this_run().await else {
        return;
    };
    let database = server.create().await;
    let res = AssertUnwindSafe(case(&database, &server)).catch_unwind().await;
    database.close().await.unwrap();
    server.drop().await;
    if let Err(failure) = res {
        resume_unwind(failure);
    }
}

/// A PostgreSQL server with a database for one test.
pub(super) struct Server {
    admin: Database,
    url: String,
    name: String,
}

impl Server {
    #[expect(clippy::disallowed_methods, reason = "the one setting that tests have")]
    async fn of_this_run() -> Option<Self> {
        let Ok(url) = std::env::var("TEST_DATABASE_URL") else {
            say_skipped();
            return None;
        };
        let mut config = patient(url.clone());
        config.max_connections = 1;
        let name = format!("viva_{}", SystemIds.uuid().simple());
        let admin = Database::connect(&config).await.unwrap();
        Some(Self { admin, url, name })
    }

    async fn create(&self) -> Database {
        self.run(&format!("CREATE DATABASE {} TEMPLATE template0", self.name))
            .await;
        let database = Database::connect(&self.config()).await.unwrap();
        database.migrate().await.unwrap();
        database
    }

    /// How to connect to the database.
    pub(super) fn config(&self) -> DatabaseConfig {
        let (server, _) = self.url.rsplit_once('/').unwrap();
        patient(format!("{server}/{}", self.name))
    }

    async fn drop(self) {
        self.run(&format!("DROP DATABASE {} WITH (FORCE)", self.name))
            .await;
        self.admin.close().await.unwrap();
    }

    /// Ends every connection to the database.
    pub(super) async fn disconnect(&self) {
        let name = &self.name;
        let sql = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
        self.run(&sql).await;
    }

    /// Ends the connections that wait for a lock; who holds it keeps theirs.
    pub(super) async fn disconnect_blocked(&self) {
        let name = &self.name;
        let sql = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND wait_event_type = 'Lock'"
        );
        self.run(&sql).await;
    }

    /// Refuses new connections to the database.
    pub(super) async fn close_door(&self) {
        self.run(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", self.name))
            .await;
    }

    /// Takes them again.
    pub(super) async fn open_door(&self) {
        self.run(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS true", self.name))
            .await;
    }

    /// Waits until somebody waits for a lock in the database.
    pub(super) async fn until_blocked(&self) {
        let sql = format!(
            "SELECT 1 FROM pg_stat_activity WHERE datname = '{}' AND wait_event_type = 'Lock'",
            self.name
        );
        let blocked = Statement::from_string(DatabaseBackend::Postgres, sql);
        let admin = &self.admin.connection;
        while admin.query_one_raw(blocked.clone()).await.unwrap().is_none() {}
    }

    async fn run(&self, sql: &str) {
        self.admin.connection.execute_unprepared(sql).await.unwrap();
    }
}

#[expect(
    clippy::print_stderr,
    reason = "whoever runs the tests shall see what did not run"
)]
fn say_skipped() {
    eprintln!("TEST_DATABASE_URL is not set: this test did not run on PostgreSQL");
}

//! Rows as an older version left them: without numbers and summaries, which the server adds when it is brought up to date.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use chrono::{DateTime, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseBackend, DatabaseConnection, TransactionTrait as _,
};
use uuid::{Builder, Uuid};
use viva_migrations::{Migrator, MigratorTrait as _};

use super::conversations;
use crate::args::HistoryArgs;

/// Whose they are, where nobody signs in.
const LOCAL: Uuid = Uuid::from_u128(1);
/// 2025-01-01 00:00 UTC, when the first one began, in ms since 1970.
const FIRST_MS: i64 = 1_735_689_600_000;
/// From one to the next.
const EVERY_S: i64 = 297;
/// Sessions in one statement.
const BATCH: u32 = 200;
/// No two databases differ.
const SEED: u64 = 6;

/// A stack that sessions have.
const STACKS: [(&str, &str); 3] = [
    (
        "realtime",
        r#"{"mode":"realtime","provider":"offline","model":null,"voice":null,"language":"en","options":{}}"#,
    ),
    (
        "realtime",
        r#"{"mode":"realtime","provider":"openai","model":null,"voice":null,"language":"zh-TW","options":{}}"#,
    ),
    (
        "cascade",
        concat!(
            r#"{"mode":"cascade","stt":{"provider":"deepgram","model":null,"voice":null,"language":"en","options":{}},"#,
            r#""llm":{"provider":"anthropic","model":null,"voice":null,"language":"en","options":{}},"#,
            r#""tts":{"provider":"cartesia","model":null,"voice":null,"language":"en","options":{}}}"#
        ),
    ),
];
const PROMPT: &str = "You answer the phone for an online shop. Be friendly, calm and to the point: one or two short sentences \
                      per turn. Find out first what the call is about, then ask for what you need.";

/// Rows of the three tables, as the values of a statement.
#[derive(Default)]
struct Rows {
    sessions: String,
    turns: String,
    latencies: String,
}

/// Makes the tables and fills them.
pub(super) async fn fill(database: &str, args: &HistoryArgs) -> Result<()> {
    let connection = connect(database).await?;
    Migrator::up(&connection, None)
        .await
        .context("making the tables")?;
    let backend = connection.get_database_backend();
    if backend == DatabaseBackend::Sqlite {
        connection.execute_unprepared("PRAGMA synchronous = OFF").await?;
    }
    let mut random = StdRng::seed_from_u64(SEED);
    for first in (0..args.sessions).step_by(BATCH as usize) {
        let mut rows = Rows::default();
        for n in first..args.sessions.min(first + BATCH) {
            rows.add(n, args.turns, backend, &mut random)?;
        }
        rows.insert(&connection).await?;
    }
    let counted = format!("UPDATE session_numbers SET newest = {}", args.sessions);
    connection.execute_unprepared(&counted).await?;
    Ok(connection.close().await?)
}

/// Has PostgreSQL do what it does by itself some time later.
pub(super) async fn tidy(database: &str) -> Result<()> {
    let connection = connect(database).await?;
    if connection.get_database_backend() == DatabaseBackend::Postgres {
        connection.execute_unprepared("VACUUM ANALYZE").await?;
    }
    Ok(connection.close().await?)
}

/// One connection, since what is set on it counts.
async fn connect(database: &str) -> Result<DatabaseConnection> {
    let url = if database.starts_with("sqlite:") {
        format!("{database}?mode=rwc")
    } else {
        database.to_owned()
    };
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.context("opening the database")
}

impl Rows {
    async fn insert(&self, connection: &DatabaseConnection) -> Result<()> {
        let transaction = connection.begin().await?;
        for (head, rows) in [
            (
                "interaction_sessions (id, user_id, mode, interaction, system_prompt, barge_in_enabled, fallback, \
                 started_at, status, ended_at, number)",
                &self.sessions,
            ),
            (
                "conversation_turns (id, session_id, number, started_at, ended_at, user_transcript, answer_heard, \
                 answer_unheard, interruption, marks)",
                &self.turns,
            ),
            (
                "latency_metrics (turn_id, total_us, total_measured)",
                &self.latencies,
            ),
        ] {
            let rows = rows.trim_end_matches(",\n");
            transaction
                .execute_unprepared(&format!("INSERT INTO {head} VALUES {rows}"))
                .await?;
        }
        Ok(transaction.commit().await?)
    }

    fn add(&mut self, n: u32, turns: u16, backend: DatabaseBackend, random: &mut StdRng) -> Result<()> {
        let id = |kind: u8, number: u16| literal(uuid(n, kind, number), backend);
        let (session, owner) = (id(1, 0), literal(LOCAL, backend));
        let began = began(n)?;
        let (mode, interaction) = STACKS[n as usize % STACKS.len()];
        let status = match random.random_range(0..1_000) {
            0..5 => "error",
            5..50 => "disconnected",
            _ => "completed",
        };
        let after = |ms: i64| time(began + TimeDelta::milliseconds(ms));
        writeln!(
            self.sessions,
            "({session}, {owner}, '{mode}', '{interaction}', '{PROMPT}', TRUE, 'ask', {}, '{status}', {}, {}),",
            after(0),
            after(i64::from(turns) * 15_000),
            n + 1
        )?;
        for number in 1..=turns {
            let turn = id(2, number);
            let said = 7_000_000 + u64::from(n) * u64::from(turns) + u64::from(number);
            let interruption = if random.random_ratio(1, 10) {
                "'speech'"
            } else {
                "NULL"
            };
            writeln!(
                self.turns,
                "({turn}, {session}, {number}, {}, {}, '{}', '{}', '', {interruption}, '{{}}'),",
                after(i64::from(number) * 15_000 - 15_000),
                after(i64::from(number) * 15_000),
                conversations::text(12, said, random),
                conversations::text(24, said, random)
            )?;
            writeln!(
                self.latencies,
                "({turn}, {}, 'client'),",
                random.random_range(300_000..1_500_000)
            )?;
        }
        Ok(())
    }
}

fn began(n: u32) -> Result<DateTime<Utc>> {
    let ms = FIRST_MS + i64::from(n) * EVERY_S * 1_000;
    DateTime::from_timestamp_millis(ms).context("no such time")
}

/// As the server writes times, in both databases.
fn time(time: DateTime<Utc>) -> String {
    format!("'{}'", time.format("%Y-%m-%dT%H:%M:%S%.f+00:00"))
}

fn literal(id: Uuid, backend: DatabaseBackend) -> String {
    match backend {
        DatabaseBackend::Sqlite => format!("X'{}'", id.simple()),
        _ => format!("'{id}'"),
    }
}

fn uuid(n: u32, kind: u8, number: u16) -> Uuid {
    let ms = FIRST_MS.unsigned_abs() + u64::from(n) * EVERY_S.unsigned_abs() * 1_000;
    let [high, low] = number.to_be_bytes();
    Builder::from_unix_timestamp_millis(ms, &[0, 0, 0, high, low, kind, 0, 0, 0, 0]).into_uuid()
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    #[tokio::test]
    async fn a_small_database_is_filled() {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite://{}", folder.path().join("viva.db").display());
        let args = HistoryArgs {
            viva: "viva".into(),
            database: None,
            sessions: BATCH + 1,
            turns: 2,
            requests: NonZeroU32::MIN,
        };
        fill(&database, &args).await.unwrap();
        let connection = connect(&database).await.unwrap();
        let counted = "SELECT (SELECT COUNT(*) FROM interaction_sessions WHERE is_summarised = FALSE) AS sessions, \
                       (SELECT COUNT(*) FROM conversation_turns) AS turns, \
                       (SELECT COUNT(*) FROM latency_metrics) AS latencies";
        let statement = sea_orm::Statement::from_string(DatabaseBackend::Sqlite, counted);
        let row = connection.query_one_raw(statement).await.unwrap().unwrap();
        let count = |column: &str| row.try_get::<i64>("", column).unwrap();
        assert_eq!(
            (count("sessions"), count("turns"), count("latencies")),
            (201, 402, 402)
        );
    }
}

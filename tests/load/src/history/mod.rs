//! How fast a server lists and finds sessions when there are very many.

mod conversations;
mod fill;

use std::fmt::Write as _;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;
use tokio::time::Instant;
use viva_client::{Client, Distribution};

use crate::args::HistoryArgs;
use crate::server::Server;

/// What is asked for, and how it is called in the table.
const LISTS: [(&str, &[(&str, &str)]); 14] = [
    ("first page", &[]),
    ("newest 100", &[("page_size", "100")]),
    ("page 1,000", &[("page", "1000")]),
    ("last of 5,000 pages", &[("page", "5000")]),
    (
        "one mode, state and provider",
        &[
            ("mode", "cascade"),
            ("status", "completed"),
            ("provider", "deepgram"),
        ],
    ),
    ("a rare state", &[("status", "error")]),
    (
        "one week",
        &[
            ("start_date", "2025-03-03"),
            ("end_date", "2025-03-09"),
            ("time_zone", "Asia/Taipei"),
        ],
    ),
    ("a number that was said once", &[("q", "7000042")]),
    ("a word of a few", &[("q", "saxophone")]),
    ("a word of nearly all", &[("q", "please")]),
    ("one letter", &[("q", "a")]),
    ("two words", &[("q", "refund order")]),
    ("two characters", &[("q", "訂單")]),
    (
        "four characters, one mode",
        &[("q", "訂單編號"), ("mode", "realtime")],
    ),
];

/// Fills the database, asks for each list as often as wished, and answers a table in Markdown.
///
/// # Errors
/// When the database cannot be filled or a server does not answer.
pub(crate) async fn run(args: &HistoryArgs) -> Result<String> {
    let folder = tempfile::tempdir().context("cannot create a temporary folder")?;
    let file = folder.path().join("viva.db");
    let database = args
        .database
        .clone()
        .unwrap_or_else(|| format!("sqlite://{}", file.display()));
    let filling = Instant::now();
    fill::fill(&database, args).await?;
    let filled = filling.elapsed();
    let summarising = Instant::now();
    migrate(&args.viva, &database).await?;
    let summarised = summarising.elapsed();
    fill::tidy(&database).await?;
    let mut table = format!(
        "{} sessions of {} turns in {}; filled in {:.0} s, brought up to date in {:.0} s\n\n\
         | list | total | p50, ms | p95 | max |\n|---|---:|---:|---:|---:|\n",
        args.sessions,
        args.turns,
        if args.database.is_some() {
            "PostgreSQL"
        } else {
            "SQLite"
        },
        filled.as_secs_f64(),
        summarised.as_secs_f64(),
    );
    let server = Server::start_on(&args.viva, None, Some(&database)).await?;
    let client = Client::new(&server.url)?;
    for (name, wanted) in LISTS {
        let (total, waits) = ask(&client, wanted, args.requests.get()).await?;
        ensure!(
            wanted.iter().any(|(name, _)| !name.starts_with("page")) || total == u64::from(args.sessions),
            "there are {total} sessions, not {}",
            args.sessions
        );
        let cell = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |ms| format!("{ms:.1}"));
        let (p50, p95) = (waits.percentile(50), waits.percentile(95));
        writeln!(
            table,
            "| {name} | {total} | {} | {} | {} |",
            cell(p50),
            cell(p95),
            cell(waits.max())
        )?;
    }
    Ok(table)
}

/// How many sessions there are in the list, and how long each request took, in ms. The first is not counted.
async fn ask(client: &Client, wanted: &[(&str, &str)], requests: u32) -> Result<(u64, Distribution)> {
    let total = client.sessions(wanted).await?.page.total;
    let mut waits = Vec::new();
    for _ in 0..requests {
        let asked = Instant::now();
        client.sessions(wanted).await?;
        waits.push(asked.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok((total, waits.into_iter().collect()))
}

/// Has the program do what it does with a database of an older version.
async fn migrate(viva: &Path, database: &str) -> Result<()> {
    let migrated = Command::new(viva)
        .arg("migrate")
        .env("VIVA__DATABASE__URL", database)
        .env("VIVA__LOG__FILTER", "warn")
        .stdout(Stdio::null())
        .status()
        .await
        .with_context(|| viva.display().to_string())?;
    ensure!(migrated.success(), "the database cannot be brought up to date");
    Ok(())
}

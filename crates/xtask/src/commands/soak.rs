//! `cargo xtask soak`: whether anything of the release grows while many callers use it for hours.

use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};
use clap::Args;

use super::bench::commit;
use crate::postgres::{self, Postgres};
use crate::workspace::{self, Build, Workspace};
use crate::{report, server};

/// What callers say, in two languages, and with other people around.
const CLIPS: [&str; 4] = [
    "crates/server/src/selftest/utterance.wav",
    "crates/audio/tests/fixtures/question-en.wav",
    "crates/audio/tests/fixtures/question-zh.wav",
    "crates/audio/tests/fixtures/question-noisy-en.wav",
];
/// The report that the repository keeps.
const REPORT: &str = "docs/soak.md";

/// Who calls for how long.
#[derive(Debug, Args)]
pub(crate) struct Soak {
    /// How long there are callers
    #[arg(long, default_value = "120")]
    minutes: String,
    /// Callers at once
    #[arg(long, default_value = "100")]
    sessions: String,
    /// An empty PostgreSQL database; without it a SQLite file is made and thrown away
    #[arg(long, value_name = "URL", conflicts_with = "postgres")]
    database: Option<String>,
    /// A PostgreSQL of its own, which is thrown away
    #[arg(long)]
    postgres: bool,
    /// Passed on to `viva-load soak`, such as `--seed 7`
    #[arg(last = true)]
    args: Vec<String>,
}

/// Builds the server and the callers in release and lets them talk; the report names the commit.
pub(crate) fn soak(workspace: &Workspace, soak: &Soak) -> Result<ExitCode> {
    let viva = server::build(workspace, Build::Release)?;
    report::step("Building the callers");
    workspace::run(&mut workspace.cargo(["build", "--package", "viva-load", "--release"]))?;
    let postgres = soak.postgres.then(start_postgres).transpose()?;
    let database = postgres
        .as_ref()
        .map(|postgres| &postgres.url)
        .or(soak.database.as_ref());
    let name = if database.is_some() {
        "postgresql"
    } else {
        "sqlite"
    };
    let folder = workspace.target.join("soak");
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    report::step(&format!(
        "Calling for {} minutes; everything that is seen goes to {}",
        soak.minutes,
        folder.display()
    ));
    let mut command = Command::new(workspace.target.join("release").join("viva-load"));
    command.current_dir(&workspace.root).arg("soak");
    command.arg("--viva").arg(viva);
    command.args(["--minutes", &soak.minutes, "--sessions", &soak.sessions]);
    for clip in CLIPS {
        command.args(["--wav", clip]);
    }
    if let Some(database) = database {
        command.args(["--database", database]);
    }
    command.arg("--samples").arg(folder.join(format!("{name}.csv")));
    command.arg("--log").arg(folder.join(format!("{name}.log")));
    command.args(["--report", REPORT, "--commit", &commit(workspace)]);
    workspace::forward(command.args(&soak.args))
}

fn start_postgres() -> Result<Postgres> {
    let binaries = postgres::find_binaries().with_context(|| {
        format!(
            "no PostgreSQL server binaries found (looked for initdb and postgres in {}); install the package postgresql",
            postgres::PLACES
        )
    })?;
    report::step("Starting PostgreSQL");
    Postgres::start(&binaries)
}

//! `viva retention run`.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use tokio_util::task::TaskTracker;
use viva_application::retention::{Removal, Retention, RetentionRun};

use crate::config::load;
use crate::failure::Failure;
use crate::wiring::RetentionLock;
use crate::{telemetry, wiring};

#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum Action {
    /// Removes sessions whose time is over (`retention.days`), what is left of deletions that were begun, files that belong
    /// to no session, and mentions of recordings that have no file. The server does so once a day; it may run meanwhile, on
    /// this machine.
    Run(RunArgs),
    /// Says that storage.url is the storage of database.url, where nothing is removed because they do not know each other: after
    /// one of them was moved, restored or begun anew. Look with `run --dry-run` what would go then.
    Adopt,
}

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct RunArgs {
    /// Only says what would go.
    #[arg(long)]
    dry_run: bool,

    /// Removes files and mentions of recordings also where that is most of them. It is not done otherwise, since it looks
    /// as if something were not there that should be.
    #[arg(long, conflicts_with = "dry_run")]
    force: bool,
}

impl RunArgs {
    fn run(self) -> RetentionRun {
        match self {
            Self { dry_run: true, .. } => RetentionRun::Dry,
            Self { force: true, .. } => RetentionRun::Forced,
            Self { .. } => RetentionRun::Careful,
        }
    }
}

pub(crate) async fn run(file: Option<&Path>, action: Action) -> Result<()> {
    match action {
        Action::Run(args) => run_once(file, args.run()).await,
        Action::Adopt => adopt(file).await,
    }
}

/// What removes what is no longer kept, while nobody else does.
async fn retention(file: Option<&Path>) -> Result<(Retention, RetentionLock)> {
    let loaded = load(file, &[])?;
    let settings = &loaded.settings;
    telemetry::start(&settings.log).context(Failure::Config)?;
    let Some(lock) = wiring::lock_retention(settings).await? else {
        bail!("another process removes what is no longer kept; try again when it is done");
    };
    let retention = wiring::retention(settings, &TaskTracker::new()).await?;
    Ok((retention, lock))
}

async fn adopt(file: Option<&Path>) -> Result<()> {
    let (retention, _lock) = retention(file).await?;
    let id = retention.adopt().await?;
    writeln!(
        std::io::stdout(),
        "the storage and the database know each other as {id} now"
    )?;
    Ok(())
}

async fn run_once(file: Option<&Path>, run: RetentionRun) -> Result<()> {
    let (retention, _lock) = retention(file).await?;
    let mut out = std::io::stdout();
    let mut unwritten = Ok(());
    let report = retention
        .run(run, &mut |removal| {
            // What is removed is removed whether anybody reads of it or not.
            if unwritten.is_ok() {
                unwritten = writeln!(out, "{}", told(removal));
            }
        })
        .await?;
    unwritten.context("cannot write to standard output")?;
    let done = match run {
        RetentionRun::Dry => "would remove",
        RetentionRun::Careful | RetentionRun::Forced => "removed",
    };
    writeln!(out, "{done} {report}").context("cannot write to standard output")
}

fn told(removal: &Removal) -> String {
    match removal {
        Removal::Begun(id) => format!("session {id}: its deletion was begun"),
        Removal::Session(session, gone) => format!(
            "session {}: ended {}, {} files, {} bytes",
            session.id,
            session.ended_at.format("%Y-%m-%d %H:%M UTC"),
            gone.files,
            gone.bytes
        ),
        Removal::Orphan(file) => format!("file {}: belongs to no session, {} bytes", file.key, file.len),
        Removal::Lost(lost) => format!("recording {}: has no file", lost.key),
    }
}

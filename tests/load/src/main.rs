//! Many callers at once against a running server: how many it carries, and what that does to its latency.
//!
//! Each caller holds one session and says the same clip several times in it, after each answer or over it. `viva-load call`
//! does so against a server that runs, which must allow as many sessions per user (`VIVA__SESSIONS__PER_USER`); `viva-load
//! bench` starts one per step, reads its processor time and memory, and writes `docs/performance.md`. `cargo xtask bench`
//! builds both and keeps them on different cores.
//!
//! `viva-load history` fills a database with sessions that nobody held, and asks a server for lists of them; `cargo xtask
//! history` does so on both databases.
//!
//! `viva-load soak` has a server called for hours and writes `docs/soak.md`; `cargo xtask soak` starts it.
//!
//! Must not enter: a second way to talk to the server; that is `viva-client`.
//!
//! To add a figure: a field of [`Figures`] that its `add` fills, a row of its text, and a cell of the report's table in
//! `bench.rs`. To add something that callers can do: an option in `args.rs` that [`LoadArgs::call`] passes on.

mod args;
mod bench;
mod figures;
mod history;
mod interruptions;
mod server;
mod soak;

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Parser as _;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};
use viva_audio::Clip;
use viva_client::{Caller, Client};

use args::{LoadArgs, Task};
use figures::Figures;
use interruptions::Interruptions;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let args = match Task::parse() {
        Task::Call(args) => args,
        Task::Bench(args) => {
            bench::run(&args).await?;
            return Ok(ExitCode::SUCCESS);
        }
        Task::Soak(args) => return soak::run(&args).await,
        Task::History(args) => {
            let table = history::run(&args).await?;
            std::io::stdout().lock().write_all(table.as_bytes())?;
            return Ok(ExitCode::SUCCESS);
        }
    };
    let figures = load(&args).await?;
    std::io::stdout()
        .lock()
        .write_all(figures.to_text(&args).as_bytes())?;
    Ok(if figures.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn client(args: &LoadArgs) -> Result<Client> {
    let client = Client::new(&args.url)?;
    let Some(path) = &args.token_file else {
        return Ok(client);
    };
    let token = tokio::fs::read_to_string(path)
        .await
        .with_context(|| format!("reading {}", path.display()))?;
    Ok(client.with_token(token.trim())?)
}

/// Makes all calls, the first right away and the last when the ramp is over. What is not done in time is a failure.
async fn load(args: &LoadArgs) -> Result<Figures> {
    let caller = Caller::new(client(args).await?);
    let bytes = tokio::fs::read(&args.wav)
        .await
        .with_context(|| format!("reading {}", args.wav.display()))?;
    let clip = Clip::read(bytes.as_slice()).with_context(|| format!("decoding {}", args.wav.display()))?;
    let said = args.said(clip);
    let call = Arc::new(args.call(&said));
    let onsets: Arc<[Duration]> = args.onsets(&said).into();
    let limit = Instant::now() + Duration::from_secs(args.limit_s);
    let step = Duration::from_secs_f64(args.ramp_s)
        .checked_div(args.sessions)
        .unwrap_or_default();
    let mut calls = JoinSet::new();
    for number in 0..args.sessions {
        let (caller, call) = (caller.clone(), Arc::clone(&call));
        let mut interruptions = Interruptions::new(Arc::clone(&onsets));
        calls.spawn(async move {
            sleep(step * number).await;
            let calling = caller.call(&call, |event| interruptions.on_event(event));
            let report = timeout_at(limit, calling).await;
            (report, interruptions.into_ms())
        });
    }
    let mut figures = Figures::default();
    while let Some(call) = calls.join_next().await {
        let (report, interruptions) = call.context("a caller ended abnormally")?;
        figures.add_interruptions(interruptions);
        match report {
            Ok(Ok(report)) => figures.add(&report),
            Ok(Err(err)) => figures.fail(&format!("{:#}", anyhow::Error::from(err))),
            Err(_) => figures.fail("not done in time"),
        }
    }
    Ok(figures)
}

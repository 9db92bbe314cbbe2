//! Many callers at once against a running server: how many it carries, and what that does to its latency.
//!
//! Each caller holds one session and says the same clip several times in it. The server must allow as many sessions per
//! user (`VIVA__SESSIONS__PER_USER`). Run it on other cores than the server's: `taskset` is enough.
//!
//! Must not enter: a second way to talk to the server; that is `viva-client`.

mod args;
mod figures;

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Parser as _;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};
use viva_audio::Clip;
use viva_client::{Call, Caller, Client};

use args::LoadArgs;
use figures::Figures;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let args = LoadArgs::parse();
    let client = client(&args).await?;
    let bytes = tokio::fs::read(&args.wav)
        .await
        .with_context(|| format!("reading {}", args.wav.display()))?;
    let clip = Clip::read(bytes.as_slice()).with_context(|| format!("decoding {}", args.wav.display()))?;
    let figures = load(&args, &Caller::new(client), Arc::new(args.call(&clip))).await?;
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
async fn load(args: &LoadArgs, caller: &Caller<Client>, call: Arc<Call>) -> Result<Figures> {
    let limit = Instant::now() + Duration::from_secs(args.limit_s);
    let step = Duration::from_secs_f64(args.ramp_s)
        .checked_div(args.sessions)
        .unwrap_or_default();
    let mut calls = JoinSet::new();
    for number in 0..args.sessions {
        let (caller, call) = (caller.clone(), Arc::clone(&call));
        calls.spawn(async move {
            sleep(step * number).await;
            timeout_at(limit, caller.call(&call, |_| {})).await
        });
    }
    let mut figures = Figures::default();
    while let Some(call) = calls.join_next().await {
        match call.context("a caller ended abnormally")? {
            Ok(Ok(report)) => figures.add(&report),
            Ok(Err(err)) => figures.fail(&format!("{:#}", anyhow::Error::from(err))),
            Err(_) => figures.fail("not done in time"),
        }
    }
    Ok(figures)
}

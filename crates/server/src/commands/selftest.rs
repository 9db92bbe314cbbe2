//! `viva selftest`.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use clap::Args;

use crate::config::load;
use crate::failure::Failure;
use crate::selftest::{Measured, SEED, SelfTestPlan, keep, run as measure, text};

/// Measure providers whose delays are known, and print how far the reported latencies are from the truth.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct SelfTestArgs {
    /// How many turns are measured, half of them in each mode.
    #[arg(long, value_name = "N", default_value_t = 240, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    turns: u32,
    /// How many calls are held at once.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    concurrency: u32,
    /// Draw other delays.
    #[arg(long, value_name = "N", default_value_t = SEED)]
    seed: u64,
    /// Print the certificate as JSON.
    #[arg(long)]
    json: bool,
}

/// Measures, prints the certificate, and keeps it in the storage, where the page finds it.
///
/// # Errors
/// When nothing could be measured, or a turn failed.
pub(crate) async fn run(file: Option<&Path>, args: SelfTestArgs) -> Result<()> {
    let loaded = load(file, &[])?;
    let plan = SelfTestPlan {
        turns: args.turns,
        concurrency: args.concurrency,
        seed: args.seed,
    };
    let Measured { certificate, failure } = measure(plan, |_| {}).await?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&certificate)?)?;
    } else {
        write!(out, "{}", text(&certificate))?;
    }
    drop(out);
    keep(&loaded.settings.storage.folder(), &certificate)
        .await
        .context("cannot keep the certificate")
        .context(Failure::Storage)?;
    verdict(certificate.failed, failure)
}

/// # Errors
/// When turns failed: how many, and why the first one did.
fn verdict(failed: u32, failure: Option<anyhow::Error>) -> Result<()> {
    failure.map_or(Ok(()), |why| {
        Err(why.context(format!("{failed} turns failed; the first one")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_why_turns_failed() {
        assert!(verdict(0, None).is_ok());
        let why = anyhow::anyhow!("connection refused").context("cannot call");
        let err = verdict(2, Some(why)).unwrap_err();
        assert_eq!(
            format!("{err:#}"),
            "2 turns failed; the first one: cannot call: connection refused"
        );
    }
}

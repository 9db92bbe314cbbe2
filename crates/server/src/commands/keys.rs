//! `viva keys rotate`.

use std::io::Write as _;
use std::path::Path;

use anyhow::Result;
use clap::Subcommand;

use crate::config::load;
use crate::wiring;

#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum Action {
    /// Encrypts every stored provider key with a new master key. The server must be stopped.
    Rotate,
}

pub(crate) async fn run(file: Option<&Path>, action: Action) -> Result<()> {
    match action {
        Action::Rotate => rotate(file).await,
    }
}

async fn rotate(file: Option<&Path>) -> Result<()> {
    let loaded = load(file, &[])?;
    let settings = &loaded.settings;
    let lock = wiring::lock(settings).await?;
    let done = wiring::rotate_master_key(settings, &lock).await?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{} provider keys are encrypted with the master key {} now, and no more with {}",
        done.count, done.new, done.old
    )?;
    if done.by_setting {
        writeln!(
            out,
            "set VIVA__CREDENTIALS__MASTER_KEY to what VIVA__CREDENTIALS__NEW_MASTER_KEY is now, and unset that"
        )?;
    }
    Ok(())
}

//! `viva config check|show`.

use std::io::Write as _;
use std::path::Path;

use anyhow::Result;
use clap::Subcommand;

use crate::config::load;

#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum Action {
    /// Reads the configuration and says whether it is right.
    Check,
    /// Prints every setting, secrets hidden.
    Show,
}

pub(crate) fn run(file: Option<&Path>, action: Action) -> Result<()> {
    let loaded = load(file, &[])?;
    let mut out = std::io::stdout().lock();
    match action {
        Action::Check => {
            for name in &loaded.unknown_variables {
                writeln!(
                    out,
                    "warning: {name} is no setting of this version and is ignored"
                )?;
            }
            writeln!(out, "the configuration is right")?;
        }
        Action::Show => {
            for line in loaded.shown() {
                writeln!(out, "{line}")?;
            }
        }
    }
    Ok(())
}

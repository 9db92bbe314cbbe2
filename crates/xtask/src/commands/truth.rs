//! `cargo xtask truth`: whether the figures of the page are true, measured from outside.

use std::process::ExitCode;

use anyhow::Result;

use super::e2e::in_the_browser;
use crate::packages;
use crate::workspace::Workspace;

/// One after the other, and with what they measured.
pub(crate) fn truth(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    packages::ensure_browser()?;
    packages::ensure_sound()?;
    let mut args = args.to_vec();
    args.extend(["--nocapture", "--test-threads=1"].map(str::to_owned));
    in_the_browser(workspace, &["--test", "truth"], &args)
}

//! `cargo xtask e2e`: the release in a real browser.

use std::process::ExitCode;

use anyhow::Result;

use super::build::build;
use crate::workspace::{self, Workspace};
use crate::{packages, report};

pub(crate) fn e2e(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    packages::ensure_browser()?;
    in_the_browser(workspace, &["--lib", "--test", "it"], args)
}

/// Builds the release and runs tests on it. They read `VIVA_BIN` and `VIVA_SITE` and start servers of their own.
pub(super) fn in_the_browser(workspace: &Workspace, tests: &[&str], args: &[String]) -> Result<ExitCode> {
    let release = build(workspace)?;
    report::step("Testing in the browser");
    workspace::forward(
        workspace
            .cargo(["test", "--package", "viva-e2e-tests"])
            .args(tests)
            .arg("--")
            .args(args)
            .env("VIVA_BIN", release.viva)
            .env("VIVA_SITE", release.site),
    )
}

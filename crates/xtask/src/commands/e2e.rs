//! `cargo xtask e2e`: the release in a real browser.

use std::process::ExitCode;

use anyhow::Result;

use super::build::build;
use crate::workspace::{self, Workspace};
use crate::{browser, report};

/// The tests read `VIVA_BIN` and `VIVA_SITE` and start their own servers.
pub(crate) fn e2e(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    browser::ensure()?;
    let release = build(workspace)?;
    report::step("Testing in the browser");
    workspace::forward(
        workspace
            .cargo(["test", "--package", "viva-e2e-tests", "--"])
            .args(args)
            .env("VIVA_BIN", release.viva)
            .env("VIVA_SITE", release.site),
    )
}

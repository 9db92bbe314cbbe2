//! `cargo xtask run`: from a fresh checkout to a page that listens.

use std::process::{Command, ExitCode};

use anyhow::Result;

use super::build::build;
use crate::workspace::Workspace;
use crate::{report, server};

pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    let release = build(workspace)?;
    report::step("Starting the server; Ctrl-C ends it");
    let mut command = Command::new(release.viva);
    server::serve(&mut command, workspace, &release.site, args);
    server::become_program(command)
}

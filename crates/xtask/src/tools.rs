//! Programs that cargo installs.

use std::process::Command;

use anyhow::{Context, Result};

use crate::workspace::{self, Workspace};
use crate::{programs, report};

/// A program that cargo installs, in a version that works with the toolchain.
pub(crate) struct Tool {
    /// Its package, and what it is called.
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
}

/// Installs a program unless there is one, in whatever version.
pub(crate) fn ensure(workspace: &Workspace, tool: &Tool) -> Result<()> {
    let Tool { name, version } = tool;
    if programs::find(&[name]).is_some() {
        return Ok(());
    }
    report::step(&format!("Installing {name}"));
    workspace::run(&mut install(workspace, tool)).with_context(|| {
        format!("{name} is missing; install it with `cargo install --locked {name}@{version}`")
    })
}

fn install(workspace: &Workspace, tool: &Tool) -> Command {
    let mut command = workspace.cargo(["install", "--locked", "--quiet"]);
    command.arg(format!("{}@{}", tool.name, tool.version));
    // To optimize them takes minutes, and none of them runs for long.
    command
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    command
}

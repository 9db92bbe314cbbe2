//! Builds and starts the binary `viva`.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::report;
use crate::workspace::{self, Build, Workspace};

/// Builds the server and returns its path.
pub(crate) fn build(workspace: &Workspace, build: Build) -> Result<PathBuf> {
    report::step("Building the server");
    let (profile, folder) = match build {
        Build::Release => ("release", "release"),
        Build::Debug => ("dev", "debug"),
    };
    let args = [
        "build",
        "--package",
        "viva-server",
        "--bin",
        "viva",
        "--profile",
        profile,
    ];
    workspace::run(&mut workspace.cargo(args))?;
    Ok(workspace.target.join(folder).join("viva"))
}

/// Builds the release with this page in it and without symbols, and returns its path.
pub(crate) fn build_with(workspace: &Workspace, site: &Path) -> Result<PathBuf> {
    report::step("Building the server with the page in it");
    let args = [
        "rustc",
        "--package",
        "viva-server",
        "--bin",
        "viva",
        "--release",
        "--features",
        "embedded-web",
        "--",
        "-C",
        "strip=symbols",
    ];
    workspace::run(workspace.cargo(args).env("VIVA_EMBED_SITE", site))?;
    Ok(workspace.target.join("release").join("viva"))
}

/// Completes a command that starts `viva` so that it serves this page; `storage/` is the checkout's.
pub(crate) fn serve(command: &mut Command, workspace: &Workspace, site: &Path, args: &[String]) {
    command
        .arg("serve")
        .args(args)
        .current_dir(&workspace.root)
        .env("VIVA__WEB__SITE", site);
}

/// Becomes the program, so that signals and the exit code are its own. Returns only when that fails.
pub(crate) fn become_program(mut command: Command) -> Result<ExitCode> {
    let err = command.exec();
    Err(err).with_context(|| format!("{} could not be started", command.get_program().display()))
}

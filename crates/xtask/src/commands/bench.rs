//! `cargo xtask bench`: how many sessions the release carries, and what that does to its latency.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::workspace::{self, Build, Workspace};
use crate::{programs, report, server};

/// What every caller says: a question without a pause that would end the turn.
const CLIP: &str = "crates/server/src/selftest/utterance.wav";
/// What a caller says over an answer, and where it lies in the file.
const INTERRUPTION: &str = "crates/audio/tests/fixtures/barge-in-en.wav";
const INTERRUPTION_PART: &str = "6379-8184";
/// The report that the repository keeps.
const REPORT: &str = "docs/performance.md";

/// Builds the server and the callers in release and lets them talk; the report names the commit.
pub(crate) fn bench(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    let viva = server::build(workspace, Build::Release)?;
    report::step("Building the callers");
    workspace::run(&mut workspace.cargo(["build", "--package", "viva-load", "--release"]))?;
    report::step("Measuring; this takes some minutes and wants a quiet machine");
    let load = workspace.target.join("release").join("viva-load");
    let mut command = if let Some(cores) = other_cores() {
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", &cores]).arg(load);
        command.args(["bench", "--core", "0"]);
        command
    } else {
        let mut command = Command::new(load);
        command.arg("bench");
        command
    };
    command
        .current_dir(&workspace.root)
        .arg("--viva")
        .arg(viva)
        .args(["--wav", CLIP, "--report", REPORT, "--commit", &commit(workspace)])
        .args(["--interruption", INTERRUPTION])
        .args(["--interruption-part", INTERRUPTION_PART])
        .args(args);
    workspace::forward(&mut command)
}

/// The cores that the server does not run on, where it can be kept on one.
fn other_cores() -> Option<String> {
    programs::find(&["taskset"])?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (cores > 1).then(|| format!("1-{}", cores - 1))
}

/// The commit that is checked out, marked when files differ from it.
pub(super) fn commit(workspace: &Workspace) -> String {
    let described = Command::new("git")
        .current_dir(&workspace.root)
        .args(["describe", "--always", "--dirty", "--abbrev=12"])
        .output();
    described
        .ok()
        .filter(|output| output.status.success())
        .map_or_else(
            || "unknown".to_owned(),
            |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        )
}

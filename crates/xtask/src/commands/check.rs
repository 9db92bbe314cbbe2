//! `cargo xtask check`: what a change has to satisfy besides its tests.

use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::Result;

use crate::bundle;
use crate::report;
use crate::toolchain::{self, WASM};
use crate::workspace::{self, Workspace};

struct Step {
    name: &'static str,
    command: Command,
}

/// Runs every step even when one fails, so that one run shows all there is to do.
pub(crate) fn check(workspace: &Workspace) -> Result<ExitCode> {
    toolchain::ensure_wasm_target(workspace)?;
    let mut failed = Vec::new();
    for mut step in steps(workspace) {
        report::step(step.name);
        let started = Instant::now();
        let passed = workspace::status(&mut step.command)?.success();
        let verdict = if passed { "passed" } else { "FAILED" };
        report::detail(&format!(
            "{}: {verdict} after {}",
            step.name,
            report::duration(started.elapsed())
        ));
        if !passed {
            failed.push(step.name);
        }
    }
    if failed.is_empty() {
        report::step("Every check passed");
        return Ok(ExitCode::SUCCESS);
    }
    report::step(&format!("Failed: {}", failed.join(", ")));
    Ok(ExitCode::FAILURE)
}

/// The page's crates are linted twice: the browser's half of them is compiled for wasm only.
fn steps(workspace: &Workspace) -> [Step; 5] {
    let deny = ["--", "--deny", "warnings"];

    let rules = workspace.cargo(["test", "--package", "viva-graph-tests"]);
    let mut lints = workspace.cargo(["clippy", "--workspace", "--all-targets"]);
    lints.args(deny);
    let mut page_lints = workspace.cargo(["clippy", "--target", WASM]);
    page_lints.args(bundle::CARGO_ARGS).args(deny);
    let mut docs = workspace.cargo(["doc", "--workspace", "--no-deps"]);
    docs.env("RUSTDOCFLAGS", "--deny warnings");

    [
        Step {
            name: "Formatting",
            command: workspace.cargo(["fmt", "--all", "--check"]),
        },
        Step {
            name: "Repository rules",
            command: rules,
        },
        Step {
            name: "Lints",
            command: lints,
        },
        Step {
            name: "Lints of the page",
            command: page_lints,
        },
        Step {
            name: "Documentation",
            command: docs,
        },
    ]
}

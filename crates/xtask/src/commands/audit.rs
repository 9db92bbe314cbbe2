//! `cargo xtask audit`: what others wrote and the build takes.

use std::process::ExitCode;

use anyhow::Result;

use crate::report;
use crate::tools::{self, Tool};
use crate::workspace::{self, Workspace};

const DENY: Tool = Tool {
    name: "cargo-deny",
    version: "0.20.2",
};
const MACHETE: Tool = Tool {
    name: "cargo-machete",
    version: "0.9.2",
};

/// Does every part even when one fails. `deny.toml` says what is allowed.
pub(crate) fn audit(workspace: &Workspace) -> Result<ExitCode> {
    tools::ensure(workspace, &DENY)?;
    tools::ensure(workspace, &MACHETE)?;
    let mut failed = Vec::new();
    let mut step = |name: &'static str, args: &[&str]| -> Result<()> {
        report::step(name);
        let passed = workspace::status(&mut workspace.cargo(args.iter().copied()))?.success();
        if !passed {
            failed.push(name);
        }
        Ok(())
    };
    // Of duplicates there are many, and a line for each is enough.
    let deny = ["deny", "--log-level", "error", "check", "--hide-inclusion-graph"];
    step(
        "Licences, sources, duplicates",
        &[&deny[..], &["licenses", "bans", "sources"]].concat(),
    )?;
    step("Unused dependencies", &["machete", "--skip-target-dir"])?;
    // The database of advisories is a repository somewhere else, and not every machine gets there.
    if has_advisories(workspace)? {
        step(
            "Advisories",
            &["deny", "--offline", "--log-level", "error", "check", "advisories"],
        )?;
    } else {
        report::step("Advisories were not checked: their database cannot be fetched from here");
    }
    if failed.is_empty() {
        report::step("Nothing is wrong with the dependencies");
        return Ok(ExitCode::SUCCESS);
    }
    report::step(&format!("Failed: {}", failed.join(", ")));
    Ok(ExitCode::FAILURE)
}

/// Fetches the newest advisories.
fn has_advisories(workspace: &Workspace) -> Result<bool> {
    report::step("Fetching advisories");
    let fetched = workspace::status(&mut workspace.cargo(["deny", "--log-level", "off", "fetch", "db"]))?;
    Ok(fetched.success())
}

//! `cargo xtask api`: programs of others against a server: what the README shows, and schemathesis, which knows of the API
//! only what its OpenAPI document says.

mod asking;
mod examples;

use std::process::ExitCode;

use anyhow::Result;

use crate::python::Python;
use crate::workspace::{Build, Workspace};
use crate::{programs, report, server};

/// Where schemathesis is told what to ask.
const FOLDER: &str = "tests/api/schemathesis";

/// Builds the release, runs the examples on it, and has every route asked.
pub(crate) fn api(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    anyhow::ensure!(
        programs::find(&["curl"]).is_some(),
        "the examples need curl; install it with the system's package manager (Debian, as root: apt-get install curl)"
    );
    let folder = workspace.root.join(FOLDER);
    let python = Python::with(workspace, &folder.join("requirements.txt"))?;
    let viva = server::build(workspace, Build::Release)?;
    report::step("Running the examples of the README");
    examples::run(workspace, &python, &viva)?;
    report::step("Asking the API everything that its description says");
    asking::run(workspace, &python, &viva, args)
}

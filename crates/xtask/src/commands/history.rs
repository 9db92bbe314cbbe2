//! `cargo xtask history`: how fast the release lists and finds sessions when there are very many, in both databases.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::postgres::{self, Postgres};
use crate::workspace::{self, Build, Workspace};
use crate::{report, server};

/// Builds the server and has two databases filled and asked, SQLite first.
pub(crate) fn history(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    let viva = server::build(workspace, Build::Release)?;
    report::step("Building what asks it");
    workspace::run(&mut workspace.cargo(["build", "--package", "viva-load", "--release"]))?;
    let load = workspace.target.join("release").join("viva-load");
    let measure = |database: Option<&str>| {
        let mut command = Command::new(&load);
        command.current_dir(&workspace.root).arg("history");
        command.arg("--viva").arg(&viva);
        if let Some(database) = database {
            command.args(["--database", database]);
        }
        workspace::run(command.args(args))
    };
    report::step("Filling and asking a SQLite file; this takes some minutes and wants a quiet machine");
    measure(None)?;
    if let Some(binaries) = postgres::find_binaries() {
        report::step("Filling and asking PostgreSQL");
        let postgres = Postgres::start(&binaries)?;
        measure(Some(&postgres.url))?;
    } else {
        let places = postgres::PLACES;
        report::step(&format!(
            "PostgreSQL was not measured: no server binaries found (looked for initdb and postgres in {places})"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

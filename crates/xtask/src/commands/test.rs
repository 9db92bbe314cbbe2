//! `cargo xtask test`: everything that needs neither network nor browser.

use std::process::ExitCode;

use anyhow::Result;

use crate::postgres::{self, Postgres};
use crate::report;
use crate::workspace::{self, Workspace};

/// Where the contract tests look for a server on which they may create databases.
const DATABASE_URL: &str = "TEST_DATABASE_URL";

pub(crate) fn test(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    let mut command = workspace.cargo(["test"]);
    command.args(selection(args)).args(args).env_remove(DATABASE_URL);

    let Some(binaries) = postgres::find_binaries() else {
        let code = workspace::forward(&mut command)?;
        report::step(&format!(
            "PostgreSQL contract tests did not run: no server binaries found (looked for initdb and postgres in {})",
            postgres::PLACES
        ));
        return Ok(code);
    };
    report::step(&format!("Starting PostgreSQL from {}", binaries.display()));
    let postgres = Postgres::start(&binaries)?;
    command.env(DATABASE_URL, &postgres.url);
    workspace::forward(&mut command)
}

/// The whole workspace without the browser tests, unless the arguments name packages.
fn selection(args: &[String]) -> &'static [&'static str] {
    let for_cargo = args.iter().take_while(|arg| *arg != "--");
    let names_packages = |arg: &String| {
        let long = ["--package", "--workspace"]
            .iter()
            .any(|option| arg.starts_with(option));
        long || (arg.starts_with("-p") && !arg.starts_with("--"))
    };
    if for_cargo.clone().any(names_packages) {
        &[]
    } else {
        &["--workspace", "--exclude", "viva-e2e-tests"]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selects_everything(args: &[&str]) -> bool {
        let args: Vec<String> = args.iter().map(ToString::to_string).collect();
        !selection(&args).is_empty()
    }

    #[test]
    fn everything_is_tested_unless_packages_are_named() {
        assert!(selects_everything(&[]));
        assert!(selects_everything(&["--release", "session_store"]));
        assert!(!selects_everything(&["-p", "viva-domain"]));
        assert!(!selects_everything(&["-pviva-domain"]));
        assert!(!selects_everything(&["--package=viva-domain"]));
    }

    #[test]
    fn arguments_of_the_test_program_name_no_package() {
        assert!(selects_everything(&["--", "-p"]));
    }
}

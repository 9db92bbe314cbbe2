//! `cargo xtask test`: everything that needs neither network nor browser.

use std::fs;
use std::process::ExitCode;

use anyhow::Result;

use crate::postgres::{self, Postgres};
use crate::workspace::{self, Workspace};
use crate::{programs, report};

/// Where the contract tests look for a server on which they may create databases.
const DATABASE_URL: &str = "TEST_DATABASE_URL";
/// What the offline provider speaks through where it is installed.
const SPEECH_PROGRAM: &str = "espeak-ng";
/// What servers of tests see another time with, in a folder of `/usr/lib`.
const CLOCK_LIBRARY: &str = "faketime/libfaketimeMT.so.1";

pub(crate) fn test(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    let mut command = workspace.cargo(["test"]);
    command.args(selection(args)).args(args).env_remove(DATABASE_URL);

    let binaries = postgres::find_binaries();
    let postgres = match &binaries {
        Some(binaries) => {
            report::step(&format!("Starting PostgreSQL from {}", binaries.display()));
            let postgres = Postgres::start(binaries)?;
            command.env(DATABASE_URL, &postgres.url);
            Some(postgres)
        }
        None => None,
    };
    let code = workspace::forward(&mut command)?;
    let has_speech = programs::find(&[SPEECH_PROGRAM]).is_some();
    for left_out in left_out(postgres.is_some(), has_speech, has_clock()) {
        report::step(&left_out);
    }
    Ok(code)
}

fn has_clock() -> bool {
    let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let mut libraries = folders.map(|folder| folder.path().join(CLOCK_LIBRARY));
    libraries.any(|library| library.is_file())
}

/// What did not run because the machine lacks a program.
fn left_out(has_postgres: bool, has_speech: bool, has_clock: bool) -> Vec<String> {
    let mut left_out = Vec::new();
    if !has_postgres {
        left_out.push(format!(
            "Tests on PostgreSQL did not run: no server binaries found (looked for initdb and postgres in {})",
            postgres::PLACES
        ));
    }
    if !has_speech {
        left_out.push(format!(
            "Tests of the voice of {SPEECH_PROGRAM} did not run: it is not on the search path"
        ));
    }
    if !has_clock {
        left_out.push("Tests that set a server's clock did not run: there is no libfaketime".to_owned());
    }
    left_out
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
    fn what_did_not_run_is_said() {
        assert!(left_out(true, true, true).is_empty());
        let left_out = left_out(false, false, false);
        assert!(
            left_out[0].starts_with("Tests on PostgreSQL did not run"),
            "{left_out:?}"
        );
        assert!(left_out[1].contains("espeak-ng"), "{left_out:?}");
        assert!(left_out[2].contains("libfaketime"), "{left_out:?}");
    }

    #[test]
    fn arguments_of_the_test_program_name_no_package() {
        assert!(selects_everything(&["--", "-p"]));
    }
}

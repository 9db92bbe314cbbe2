//! The commands of this repository; `cargo xtask help` and the README list them.
//!
//! A fresh machine has a Rust toolchain, a C compiler and the package registries. Whatever else a
//! command needs is built here (the page's bundle), started here (PostgreSQL) or installed here (the
//! wasm target, a browser, what counts covered lines), or the command says plainly what it did without.
//!
//! Must not enter: a dependency on another crate of the workspace (this one has to build when those do
//! not), and logic that only CI or only a `just` recipe uses; both call these commands.
//!
//! To add a command: a variant of [`Task`] with its help text, a file in `commands/` with a function
//! that takes the [`Workspace`], one arm in `perform`, one line in the `justfile`.

mod account;
mod bundle;
mod commands;
mod coverage;
mod packages;
mod postgres;
mod programs;
mod python;
mod report;
mod rotel;
mod served;
mod server;
mod spans;
mod supervised;
mod toolchain;
mod tools;
mod trial;
mod watch;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::workspace::Workspace;

/// Runs, tests and checks Viva.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask")]
enum Task {
    /// Build the page and the server, then serve on <http://127.0.0.1:8080>
    Run {
        /// Passed on to `viva serve`
        #[arg(last = true)]
        args: Vec<String>,
    },
    /// Like `run`, as a debug build that is rebuilt and restarted when a source file changes
    Dev {
        /// Passed on to `viva serve`
        #[arg(last = true)]
        args: Vec<String>,
    },
    /// Build the page and the release server without running them
    Build,
    /// Build one file that carries the page (target/dist/viva), and try it out where nothing else is
    Dist,
    /// Run every test that needs neither network nor browser
    Test {
        /// Passed on to `cargo test`; `-p CRATE` narrows it to one crate
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Build, then run the tests in a real browser
    E2e {
        /// Passed on to the test program, such as a part of a test's name
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Run the examples of the README, and have schemathesis ask the API whatever its OpenAPI document describes
    Api {
        /// Passed on to schemathesis, such as `--include-path-regex templates`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Measure from outside whether the page's figures are true, on a virtual sound card around a real browser
    Truth {
        /// Passed on to the test program, such as a part of a test's name
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Measure how many sessions the release carries; writes docs/performance.md
    Bench {
        /// Passed on to `viva-load bench`, such as `--sessions 1,50`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Measure how fast 100,000 stored sessions are listed and searched, in SQLite and in PostgreSQL; prints a table for each
    History {
        /// Passed on to `viva-load history`, such as `--sessions 1000`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Let many callers use the release for hours, with everything that goes wrong, and see whether anything grows; writes
    /// docs/soak.md
    Soak(commands::soak::Soak),
    /// Look for bytes from outside that break what reads them, with libFuzzer
    Fuzz {
        /// For how long each target is fuzzed
        #[arg(long, default_value_t = 5)]
        seconds: u32,
        /// The targets; all of them where none is named
        targets: Vec<String>,
    },
    /// Check licences, sources and known vulnerabilities of dependencies, and that each of them is used
    Audit,
    /// Talk to a server whose traces go to an OpenTelemetry collector (Rotel, installed with pip), and compare what that received
    Traces,
    /// Check formatting, lints, documentation and the repository's own rules
    Check,
    /// Count the lines of `domain`, `application`, `audio` and `protocol` that their tests run; fails below 90 %
    Coverage {
        /// Passed on to `cargo llvm-cov`, such as `--offline`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
}

fn main() -> ExitCode {
    perform(Task::parse()).unwrap_or_else(|err| {
        report::step(&format!("{err:#}"));
        ExitCode::FAILURE
    })
}

fn perform(task: Task) -> Result<ExitCode> {
    let workspace = Workspace::locate()?;
    match task {
        Task::Run { args } => commands::run::run(&workspace, &args),
        Task::Dev { args } => commands::dev::dev(&workspace, &args),
        Task::Build => commands::build::build(&workspace).map(|_| ExitCode::SUCCESS),
        Task::Dist => commands::dist::dist(&workspace),
        Task::Test { args } => commands::test::test(&workspace, &args),
        Task::E2e { args } => commands::e2e::e2e(&workspace, &args),
        Task::Api { args } => commands::api::api(&workspace, &args),
        Task::Truth { args } => commands::truth::truth(&workspace, &args),
        Task::Bench { args } => commands::bench::bench(&workspace, &args),
        Task::History { args } => commands::history::history(&workspace, &args),
        Task::Soak(soak) => commands::soak::soak(&workspace, &soak),
        Task::Fuzz { seconds, targets } => commands::fuzz::fuzz(&workspace, seconds, &targets),
        Task::Audit => commands::audit::audit(&workspace),
        Task::Traces => commands::traces::traces(&workspace),
        Task::Check => commands::check::check(&workspace),
        Task::Coverage { args } => commands::coverage::coverage(&workspace, &args),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Task::command().debug_assert();
    }

    #[test]
    fn options_of_cargo_test_are_not_taken_for_ours() {
        let task = Task::parse_from(["xtask", "test", "-p", "viva-domain", "--", "--nocapture"]);
        let Task::Test { args } = task else {
            panic!("parsed as {task:?}")
        };
        assert_eq!(args, ["-p", "viva-domain", "--", "--nocapture"]);
    }

    #[test]
    fn arguments_of_the_server_follow_two_dashes() {
        let task = Task::parse_from(["xtask", "run", "--", "--listen", "127.0.0.1:0"]);
        let Task::Run { args } = task else {
            panic!("parsed as {task:?}")
        };
        assert_eq!(args, ["--listen", "127.0.0.1:0"]);
    }

    #[test]
    fn a_soak_has_one_database() {
        let of = |arguments: &[&str]| Task::try_parse_from(["xtask", "soak"].iter().chain(arguments));
        assert!(of(&["--minutes", "2", "--postgres", "--", "--seed", "7"]).is_ok());
        assert!(of(&["--postgres", "--database", "postgres://localhost/x"]).is_err());
    }
}

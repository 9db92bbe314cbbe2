//! `cargo xtask coverage`: how many lines of the crates that decide what happens are run by their own tests.

use std::fs;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::coverage::{self, Crate};
use crate::report;
use crate::toolchain;
use crate::workspace::{self, Workspace};

/// What has neither network, nor database, nor browser: every line of it can be tested.
const CRATES: [&str; 4] = ["domain", "application", "audio", "protocol"];
const LEAST_PERCENT: usize = 90;
/// How many files of each crate are named with what they miss.
const FILES: usize = 3;

/// Measures, prints a table, and fails where a crate has less than it should.
pub(crate) fn coverage(workspace: &Workspace, args: &[String]) -> Result<ExitCode> {
    toolchain::ensure_coverage(workspace)?;
    let started = Instant::now();
    report::step("Testing with lines counted");
    let lcov = workspace.target.join("llvm-cov").join("lcov.info");
    fs::create_dir_all(lcov.parent().context("the report has no folder")?)?;
    let mut test = workspace.cargo(["llvm-cov", "--lcov", "--output-path"]);
    test.arg(&lcov);
    for name in CRATES {
        test.arg("--package").arg(format!("viva-{name}"));
    }
    // Everything that is measured is built anew each time.
    workspace::run(test.args(args).env("CARGO_INCREMENTAL", "0"))?;

    let counted = fs::read_to_string(&lcov).with_context(|| format!("reading {}", lcov.display()))?;
    let measured = CRATES.map(|name| {
        let sources = workspace.root.join("crates").join(name).join("src");
        coverage::read(&counted, name, &sources)
    });
    let measured = measured.into_iter().collect::<Result<Vec<_>>>()?;
    for measured in &measured {
        name_least_covered(measured);
    }
    report::step(&format!(
        "Lines that tests run, measured in {}",
        report::duration(started.elapsed())
    ));
    for line in table(&measured) {
        report::detail(&line);
    }
    Ok(verdict(&measured))
}

fn name_least_covered(measured: &Crate) {
    report::step(&format!("Most missed in {}", measured.name));
    for file in measured.least_covered().into_iter().take(FILES) {
        let path = file.path.display();
        let lines = coverage::ranges(&file.missed);
        report::detail(&format!(
            "{path}: {} of {}: {lines}",
            file.missed.len(),
            file.lines
        ));
    }
}

fn table(measured: &[Crate]) -> Vec<String> {
    let mut table = vec![format!(
        "{:<12} {:>6} {:>8} {:>8}",
        "crate", "lines", "covered", "percent"
    )];
    table.extend(measured.iter().map(|measured| {
        let (lines, covered) = (measured.lines(), measured.covered());
        let percent = coverage::percent(covered, lines);
        format!("{:<12} {lines:>6} {covered:>8} {percent:>8}", measured.name)
    }));
    table
}

fn verdict(measured: &[Crate]) -> ExitCode {
    let below: Vec<_> = measured
        .iter()
        .filter(|measured| !measured.reaches(LEAST_PERCENT))
        .collect();
    if below.is_empty() {
        report::step(&format!("Tests run {LEAST_PERCENT} % of each or more"));
        return ExitCode::SUCCESS;
    }
    let names: Vec<_> = below.iter().map(|measured| measured.name).collect();
    report::step(&format!(
        "Below {LEAST_PERCENT} %: {}; test what is missed above, or remove it",
        names.join(", ")
    ));
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use crate::coverage::File;

    use super::*;

    fn measured(lines: usize, missed: usize) -> Crate {
        let file = File {
            path: "lib.rs".into(),
            lines,
            missed: (1..=missed).collect(),
        };
        Crate {
            name: "domain",
            files: vec![file],
        }
    }

    #[test]
    fn figures_stand_below_their_headings() {
        assert_eq!(
            table(&[measured(1234, 34)]),
            [
                "crate         lines  covered  percent",
                "domain         1234     1200     97.2"
            ]
        );
    }

    #[test]
    fn one_crate_below_is_enough_to_fail() {
        let code = |measured: &[Crate]| format!("{:?}", verdict(measured));
        let (enough, less) = (measured(1000, 100), measured(1000, 101));
        assert_eq!(code(&[enough]), format!("{:?}", ExitCode::SUCCESS));
        assert_eq!(
            code(&[measured(1000, 0), less]),
            format!("{:?}", ExitCode::FAILURE)
        );
    }
}

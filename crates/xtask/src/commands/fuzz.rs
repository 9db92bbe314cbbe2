//! `cargo xtask fuzz`: libFuzzer on the targets in `tests/fuzz`, one after the other.
//!
//! Without a sanitizer, which would take another toolchain: there is no unsafe code here, and what is looked for panics, hangs or takes
//! too much memory. What the fuzzer finds out about the code is kept in the build folder, so every run goes on from the one before.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};

use crate::tools::{self, Tool};
use crate::workspace::{self, Workspace};
use crate::{packages, report, toolchain};

const CARGO_FUZZ: Tool = Tool {
    name: "cargo-fuzz",
    version: "0.13.2",
};
/// The crate with the targets.
const FOLDER: &str = "tests/fuzz";
/// How they are built: without much optimizing, which costs more time than it saves in a short run.
const BUILD: [&str; 8] = [
    "build",
    "--sanitizer",
    "none",
    "--features",
    "fuzzer",
    "--codegen-units",
    "16",
    "--target-dir",
];
/// Longer inputs find hardly anything that these do not, and take longer.
const MOST_BYTES: u32 = 4_096;
/// An input that takes longer is a find.
const MOST_SECONDS: u32 = 10;
/// An input that takes more memory is a find.
const MOST_MEGABYTES: u32 = 2_048;
/// Lines of the fuzzer that are shown of a find.
const SHOWN_LINES: usize = 40;

/// Where a target's files are.
struct Places {
    binary: PathBuf,
    /// Inputs to begin with, which the repository keeps.
    seeds: PathBuf,
    /// Inputs that found something out.
    corpus: PathBuf,
    /// Begins the names of inputs that broke something.
    artifacts: PathBuf,
    /// What the fuzzer says.
    log: PathBuf,
}

pub(crate) fn fuzz(workspace: &Workspace, seconds: u32, chosen: &[String]) -> Result<ExitCode> {
    packages::ensure_cpp_compiler()?;
    tools::ensure(workspace, &CARGO_FUZZ)?;
    let targets = choose(listed(workspace)?, chosen)?;
    report::step("Building the fuzz targets");
    workspace::run(
        cargo_fuzz(workspace, &BUILD)
            .arg(&workspace.target)
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
    )?;
    let built = workspace.target.join(toolchain::host(workspace)?).join("release");
    report::step(&format!("Fuzzing {} targets for {seconds} s each", targets.len()));
    let mut found = Vec::new();
    for target in targets {
        let places = Places::of(workspace, &built, &target)?;
        if places.fuzz(workspace, seconds)? {
            report::detail(&format!(
                "{target}: {}",
                summary(&fs::read_to_string(&places.log)?)
            ));
        } else {
            places.show(&target)?;
            found.push(target);
        }
    }
    if found.is_empty() {
        report::step("Nothing was found");
        return Ok(ExitCode::SUCCESS);
    }
    report::step(&format!("Found something: {}", found.join(", ")));
    Ok(ExitCode::FAILURE)
}

fn cargo_fuzz(workspace: &Workspace, args: &[&str]) -> Command {
    let mut command = workspace.cargo(["fuzz"]);
    let (name, rest) = args.split_at(1);
    command.args(name).args(["--fuzz-dir", FOLDER]).args(rest);
    command
}

/// The names of all targets.
fn listed(workspace: &Workspace) -> Result<Vec<String>> {
    let output = cargo_fuzz(workspace, &["list"])
        .output()
        .context("cargo-fuzz could not be started")?;
    ensure!(
        output.status.success(),
        "cargo-fuzz lists no targets: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    let names = String::from_utf8(output.stdout)?;
    Ok(names.lines().map(str::to_owned).collect())
}

/// All targets, or those that are named.
fn choose(all: Vec<String>, chosen: &[String]) -> Result<Vec<String>> {
    if let Some(unknown) = chosen.iter().find(|name| !all.contains(name)) {
        bail!("there is no target {unknown}; there are {}", all.join(", "));
    }
    Ok(if chosen.is_empty() { all } else { chosen.to_vec() })
}

impl Places {
    fn of(workspace: &Workspace, built: &Path, target: &str) -> Result<Self> {
        let own = workspace.target.join("fuzz").join(target);
        let places = Self {
            binary: built.join(target),
            seeds: workspace.root.join(FOLDER).join("seeds").join(target),
            corpus: own.join("corpus"),
            artifacts: own.join("artifacts"),
            log: own.join("log"),
        };
        fs::create_dir_all(&places.corpus)?;
        fs::create_dir_all(&places.artifacts)?;
        Ok(places)
    }

    /// Whether the target stood it.
    fn fuzz(&self, workspace: &Workspace, seconds: u32) -> Result<bool> {
        let log = File::create(&self.log)?;
        let mut command = Command::new(&self.binary);
        command
            .arg(format!("-artifact_prefix={}/", self.artifacts.display()))
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-max_len={MOST_BYTES}"))
            .arg(format!("-timeout={MOST_SECONDS}"))
            .arg(format!("-rss_limit_mb={MOST_MEGABYTES}"))
            .arg(format!(
                "-dict={}",
                workspace.root.join(FOLDER).join("dictionary").display()
            ))
            .arg(&self.corpus)
            .arg(&self.seeds)
            .stdout(log.try_clone()?)
            .stderr(log);
        Ok(workspace::status(&mut command)?.success())
    }

    /// Says what was found, and what to do about it.
    fn show(&self, target: &str) -> Result<()> {
        let log = String::from_utf8_lossy(&fs::read(&self.log)?).into_owned();
        let lines: Vec<&str> = log.lines().collect();
        for line in &lines[lines.len().saturating_sub(SHOWN_LINES)..] {
            report::detail(line);
        }
        report::step(&format!(
            "{target} broke; all that was said is in {}",
            self.log.display()
        ));
        if let Some(input) = written(&log) {
            report::detail(&format!("again: {} {input}", self.binary.display()));
            report::detail(&format!(
                "to keep the input, so that `cargo xtask test` tries it: cp {input} {}/",
                self.seeds.display()
            ));
        }
        Ok(())
    }
}

/// The input that broke a target, by what the fuzzer said.
fn written(log: &str) -> Option<&str> {
    log.lines()
        .find_map(|line| line.split_once("Test unit written to "))
        .map(|(_, path)| path.trim())
}

/// What the fuzzer said last of its progress, in words: executions, and what it found out about the code.
fn summary(log: &str) -> String {
    let last = log
        .lines()
        .rfind(|line| line.starts_with('#') && line.contains(" cov: "));
    let number = |line: &str, name: &str| {
        let mut words = line.split_whitespace();
        words.find(|word| *word == name)?;
        words.next().map(str::to_owned)
    };
    let summary = || {
        let line = last?;
        let executions = line.trim_start_matches('#').split_whitespace().next()?;
        Some(format!(
            "{executions} inputs, {} places of the code in {} ways, {} a second",
            number(line, "cov:")?,
            number(line, "ft:")?,
            number(line, "exec/s:")?
        ))
    };
    summary().unwrap_or_else(|| "it said nothing".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_targets_are_fuzzed_unless_some_are_named() {
        let all = || vec!["sse".to_owned(), "wav".to_owned()];
        assert_eq!(choose(all(), &[]).unwrap(), ["sse", "wav"]);
        assert_eq!(choose(all(), &["wav".to_owned()]).unwrap(), ["wav"]);
        let err = choose(all(), &["mp3".to_owned()]).unwrap_err().to_string();
        assert_eq!(err, "there is no target mp3; there are sse, wav");
    }

    #[test]
    fn progress_is_told_in_words() {
        let log = "INFO: seed\n#2\tINITED cov: 5 ft: 6 corp: 1/1b exec/s: 0 rss: 30Mb\n\
                   #4711\tDONE   cov: 120 ft: 345 corp: 17/2Kb lim: 4096 exec/s: 942 rss: 40Mb\nDone 4711 runs\n";
        let words = "4711 inputs, 120 places of the code in 345 ways, 942 a second";
        assert_eq!(summary(log), words);
        assert_eq!(summary("killed"), "it said nothing");
    }

    #[test]
    fn the_input_that_broke_it_is_found() {
        let log = "==1== ERROR\nartifact_prefix='a/'; Test unit written to a/crash-1\nBase64: AQ==\n";
        assert_eq!(written(log), Some("a/crash-1"));
        assert_eq!(written("Done"), None);
    }
}

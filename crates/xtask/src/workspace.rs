//! Where the checkout and its build output are, and how cargo and other programs are called.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};

use anyhow::{Context, Result, bail, ensure};

/// What cargo adds to the environment of a program it runs. Passed on to another cargo, these make
/// build scripts that watch them run again (ring's does), so every second build would start over.
const SET_BY_CARGO_RUN: [&str; 4] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];

/// The checkout this command was called in.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// The folder of the top `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Where cargo builds; follows `CARGO_TARGET_DIR` and cargo's configuration.
    pub(crate) target: PathBuf,
}

impl Workspace {
    pub(crate) fn locate() -> Result<Self> {
        let output = cargo()
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .output()
            .context("cargo could not be started")?;
        ensure!(
            output.status.success(),
            "cargo metadata: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
        let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        let folder = |key: &str| {
            let path = metadata[key]
                .as_str()
                .with_context(|| format!("cargo metadata names no {key}"))?;
            anyhow::Ok(PathBuf::from(path))
        };
        Ok(Self {
            root: folder("workspace_root")?,
            target: folder("target_directory")?,
        })
    }

    /// A cargo that works in the root of the checkout.
    pub(crate) fn cargo<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = cargo();
        command.current_dir(&self.root).args(args);
        command
    }
}

/// How the page and the server are compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    Release,
    Debug,
}

/// Runs a program to its end; its failure is an error that names it.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = status(command)?;
    if !status.success() {
        bail!("`{}` failed ({status})", shown(command));
    }
    Ok(())
}

/// Runs a program whose exit code becomes ours.
pub(crate) fn forward(command: &mut Command) -> Result<ExitCode> {
    let status = status(command)?;
    // A program that was killed by a signal has no code; shells report those as failures too.
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

pub(crate) fn status(command: &mut Command) -> Result<ExitStatus> {
    command
        .status()
        .with_context(|| format!("`{}` could not be started", shown(command)))
}

fn cargo() -> Command {
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    for (key, _) in env::vars_os() {
        if SET_BY_CARGO_RUN
            .iter()
            .any(|prefix| key.to_string_lossy().starts_with(prefix))
        {
            command.env_remove(key);
        }
    }
    command
}

/// The command line without the folder of the program.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let mut words = vec![
        program
            .file_name()
            .unwrap_or(command.get_program())
            .to_string_lossy(),
    ];
    words.extend(command.get_args().map(|arg| arg.to_string_lossy()));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_command_line_and_the_status() {
        let err = run(Command::new("/bin/sh").args(["-c", "exit 3"])).unwrap_err();
        assert_eq!(err.to_string(), "`sh -c exit 3` failed (exit status: 3)");
    }

    #[test]
    fn a_missing_program_is_named() {
        let err = run(&mut Command::new("no-such-program-anywhere")).unwrap_err();
        assert_eq!(err.to_string(), "`no-such-program-anywhere` could not be started");
    }

    #[test]
    fn exit_codes_are_forwarded() {
        let code = forward(Command::new("/bin/sh").args(["-c", "exit 101"])).unwrap();
        assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::from(101)));
    }
}

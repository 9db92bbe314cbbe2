//! What is added to the Rust toolchain in use: the target of the page, and what counts the lines that tests run.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::tools::{self, Tool};
use crate::workspace::{self, Workspace};
use crate::{programs, report};

pub(crate) const WASM: &str = "wasm32-unknown-unknown";
/// Reads what instrumented programs counted; it belongs to the version of the compiler.
const LLVM_TOOLS: &str = "llvm-tools";
const CARGO_LLVM_COV: Tool = Tool {
    name: "cargo-llvm-cov",
    version: "0.9.1",
};

/// Adds the wasm target to the toolchain in use when it is missing.
pub(crate) fn ensure_wasm_target(workspace: &Workspace) -> Result<()> {
    if has_target(&workspace.root, WASM)? {
        return Ok(());
    }
    report::step(&format!("Adding the target {WASM}"));
    workspace::run(
        Command::new("rustup")
            .current_dir(&workspace.root)
            .args(["target", "add", WASM]),
    )
    .with_context(|| {
        format!("the page needs the Rust target {WASM}; without rustup, install it from where your Rust came")
    })
}

/// Adds `llvm-tools` and `cargo llvm-cov` where they are missing.
pub(crate) fn ensure_coverage(workspace: &Workspace) -> Result<()> {
    if !has_llvm_tools(&workspace.root)? {
        report::step(&format!("Adding the component {LLVM_TOOLS}"));
        workspace::run(Command::new("rustup").current_dir(&workspace.root).args([
            "component",
            "add",
            LLVM_TOOLS,
        ]))
        .with_context(|| {
            format!(
                "counting lines needs {LLVM_TOOLS}; without rustup, install them from where your Rust came"
            )
        })?;
    }
    tools::ensure(workspace, &CARGO_LLVM_COV)
}

fn has_llvm_tools(root: &Path) -> Result<bool> {
    let libraries = asked_of_rustc(root, &["--print", "target-libdir"])?;
    // The programs lie beside the libraries of the target that the compiler itself runs on.
    let programs = Path::new(&libraries).with_file_name("bin");
    Ok(["llvm-cov", "llvm-profdata"]
        .iter()
        .all(|name| programs::find_in(std::slice::from_ref(&programs), &[name]).is_some()))
}

/// The target that the toolchain in use builds for by itself.
pub(crate) fn host(workspace: &Workspace) -> Result<String> {
    let version = asked_of_rustc(&workspace.root, &["--version", "--verbose"])?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .context("rustc does not say for what it builds")
}

fn has_target(root: &Path, target: &str) -> Result<bool> {
    let libraries = asked_of_rustc(root, &["--print", "target-libdir", "--target", target])?;
    Ok(Path::new(&libraries).is_dir())
}

fn asked_of_rustc(root: &Path, args: &[&str]) -> Result<String> {
    let output = Command::new("rustc")
        .current_dir(root)
        .args(args)
        .output()
        .context("rustc could not be started")?;
    ensure!(
        output.status.success(),
        "rustc: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(target: &str) -> Result<bool> {
        has_target(Path::new(env!("CARGO_MANIFEST_DIR")), target)
    }

    #[test]
    fn the_target_that_these_tests_run_on_is_there() {
        let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
        if cfg!(all(target_os = "linux", target_env = "gnu")) {
            assert!(has(&host).unwrap());
        }
    }

    #[test]
    fn a_target_that_nobody_added_is_missing() {
        assert!(!has("msp430-none-elf").unwrap());
    }

    #[test]
    fn rustc_says_what_is_wrong() {
        let err = has("no-such-target").unwrap_err().to_string();
        assert!(err.contains("no-such-target"), "{err}");
    }
}

//! The Rust target of the page.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::report;
use crate::workspace::{self, Workspace};

pub(crate) const WASM: &str = "wasm32-unknown-unknown";

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

/// The target that the toolchain in use builds for by itself.
pub(crate) fn host(workspace: &Workspace) -> Result<String> {
    let output = Command::new("rustc")
        .current_dir(&workspace.root)
        .arg("--version")
        .arg("--verbose")
        .output()
        .context("rustc could not be started")?;
    let version = String::from_utf8(output.stdout)?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .context("rustc does not say for what it builds")
}

fn has_target(root: &Path, target: &str) -> Result<bool> {
    let output = Command::new("rustc")
        .current_dir(root)
        .args(["--print", "target-libdir", "--target", target])
        .output()
        .context("rustc could not be started")?;
    ensure!(
        output.status.success(),
        "rustc: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(Path::new(String::from_utf8(output.stdout)?.trim()).is_dir())
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

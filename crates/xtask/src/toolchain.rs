//! The Rust target of the page.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::report;
use crate::workspace::{self, Workspace};

pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// Adds the wasm target to the toolchain in use when it is missing.
pub(crate) fn ensure_wasm_target(workspace: &Workspace) -> Result<()> {
    if has_wasm_target(&workspace.root)? {
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

fn has_wasm_target(root: &Path) -> Result<bool> {
    let output = Command::new("rustc")
        .current_dir(root)
        .args(["--print", "target-libdir", "--target", WASM])
        .output()
        .context("rustc could not be started")?;
    ensure!(
        output.status.success(),
        "rustc: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(Path::new(String::from_utf8(output.stdout)?.trim()).is_dir())
}

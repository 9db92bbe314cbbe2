//! The browser that the end-to-end tests drive.

use std::process::Command;

use anyhow::{Result, bail};

use crate::workspace;
use crate::{programs, report};

const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
const DRIVERS: [&str; 1] = ["chromedriver"];
/// What Debian calls them.
const PACKAGES: [&str; 2] = ["chromium", "chromium-driver"];

/// Installs Chromium and chromedriver where the system's package manager can, unless they are there.
pub(crate) fn ensure() -> Result<()> {
    if missing().is_empty() {
        return Ok(());
    }
    if programs::find(&["apt-get"]).is_some() {
        report::step(&format!("Installing {}", PACKAGES.join(" and ")));
        workspace::run(apt_get().arg("update"))?;
        workspace::run(apt_get().args(["install", "--yes"]).args(PACKAGES))?;
    }
    let missing = missing();
    if !missing.is_empty() {
        bail!(
            "the browser tests need {} on the search path; install them with the system's package manager \
             (Debian, as root: apt-get install {})",
            missing.join(" and "),
            PACKAGES.join(" ")
        );
    }
    Ok(())
}

fn missing() -> Vec<&'static str> {
    let wanted: [(&'static str, &[&str]); 2] = [("Chromium", &BROWSERS), ("chromedriver", &DRIVERS)];
    wanted
        .into_iter()
        .filter(|(_, names)| programs::find(names).is_none())
        .map(|(what, _)| what)
        .collect()
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command
        .args(["--quiet", "--quiet"])
        .env("DEBIAN_FRONTEND", "noninteractive");
    command
}

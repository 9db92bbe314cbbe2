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
        // One list that cannot be had need not be the one that counts, so only what is missing in the end counts.
        for mut step in [update(), install()] {
            if let Err(err) = workspace::run(&mut step) {
                report::detail(&format!("{err:#}"));
            }
        }
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

fn update() -> Command {
    let mut command = apt_get();
    command.arg("update");
    command
}

fn install() -> Command {
    let mut command = apt_get();
    command.args(["install", "--yes"]).args(PACKAGES);
    command
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command
        // Another installation may be under way, as on a machine that was just started.
        .args(["--quiet", "--quiet", "--option", "DPkg::Lock::Timeout=300"])
        .env("DEBIAN_FRONTEND", "noninteractive");
    command
}

//! Programs of other people that commands use, from the system's package manager.

use std::process::Command;

use anyhow::{Result, bail};

use crate::workspace;
use crate::{programs, report};

/// A program, by the names it has, and what Debian's package is called.
struct Needed {
    what: &'static str,
    names: &'static [&'static str],
    package: &'static str,
}

const BROWSER: [Needed; 2] = [
    Needed {
        what: "Chromium",
        names: &["chromium", "chromium-browser", "google-chrome"],
        package: "chromium",
    },
    Needed {
        what: "chromedriver",
        names: &["chromedriver"],
        package: "chromium-driver",
    },
];

const SOUND: [Needed; 2] = [
    Needed {
        what: "PulseAudio",
        names: &["pulseaudio"],
        package: "pulseaudio",
    },
    Needed {
        what: "PulseAudio's programs",
        names: &["paplay"],
        package: "pulseaudio-utils",
    },
];

const COMPILER: [Needed; 1] = [Needed {
    what: "a C++ compiler",
    names: &["c++"],
    package: "g++",
}];

const BROWSER_TESTS: &str = "the browser tests";

/// Installs Chromium and chromedriver where the system's package manager can, unless they are there.
pub(crate) fn ensure_browser() -> Result<()> {
    ensure(BROWSER_TESTS, &BROWSER)
}

/// The same for a sound server.
pub(crate) fn ensure_sound() -> Result<()> {
    ensure(BROWSER_TESTS, &SOUND)
}

/// The same for a C++ compiler, which libFuzzer is built with.
pub(crate) fn ensure_cpp_compiler() -> Result<()> {
    ensure("the fuzzer", &COMPILER)
}

fn ensure(who: &str, needed: &[Needed]) -> Result<()> {
    if missing(needed).next().is_none() {
        return Ok(());
    }
    if programs::find(&["apt-get"]).is_some() {
        report::step(&format!("Installing {}", packages(needed).join(" and ")));
        // One list that cannot be had need not be the one that counts, so only what is missing in the end counts.
        for mut step in [update(), install(needed)] {
            if let Err(err) = workspace::run(&mut step) {
                report::detail(&format!("{err:#}"));
            }
        }
    }
    let missing: Vec<&str> = missing(needed).collect();
    if !missing.is_empty() {
        bail!(
            "{who} cannot do without {} on the search path; install them with the system's package manager \
             (Debian, as root: apt-get install {})",
            missing.join(" and "),
            packages(needed).join(" ")
        );
    }
    Ok(())
}

fn missing(needed: &[Needed]) -> impl Iterator<Item = &'static str> {
    needed
        .iter()
        .filter(|needed| programs::find(needed.names).is_none())
        .map(|needed| needed.what)
}

fn packages(needed: &[Needed]) -> Vec<&'static str> {
    needed.iter().map(|needed| needed.package).collect()
}

fn update() -> Command {
    let mut command = apt_get();
    command.arg("update");
    command
}

fn install(needed: &[Needed]) -> Command {
    let mut command = apt_get();
    command.args(["install", "--yes"]).args(packages(needed));
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

#[cfg(test)]
mod tests {
    use super::*;

    const SHELL: Needed = Needed {
        what: "A shell",
        names: &["no-such-shell", "sh"],
        package: "dash",
    };
    const UNKNOWN: Needed = Needed {
        what: "A browser of tomorrow",
        names: &["no-such-browser"],
        package: "no-such-package",
    };

    #[test]
    fn what_has_any_of_its_names_is_not_missing() {
        let missing: Vec<&str> = missing(&[SHELL, UNKNOWN]).collect();
        assert_eq!(missing, ["A browser of tomorrow"]);
    }

    #[test]
    fn nothing_is_installed_where_everything_is_there() {
        ensure("a test", &[SHELL]).expect("it asks no package manager");
    }

    #[test]
    fn packages_are_installed_without_questions() {
        let command = install(&BROWSER);
        let args: Vec<_> = command.get_args().collect();
        assert!(
            args.ends_with(&["install", "--yes", "chromium", "chromium-driver"].map(std::ffi::OsStr::new)),
            "{args:?}"
        );
    }
}

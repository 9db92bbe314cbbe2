//! A Python of our own: an environment in the target folder that holds what a list of packages names, and no more.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace::{self, Workspace};
use crate::{programs, report};

/// What is missing where there is no environment to be had.
const NEEDED: &str = "python3 (3.10 or later) with venv and pip is needed; install it with the system's package manager \
                      (Debian, as root: apt-get install python3 python3-venv)";
/// What is missing where the packages are not to be had.
const REGISTRY: &str = "its packages come from a Python package registry, which pip has to reach";

/// A Python with packages.
#[derive(Debug)]
pub(crate) struct Python {
    /// The folder of its programs.
    programs: PathBuf,
}

impl Python {
    /// The Python that has what the list names. It is made anew when the list has changed.
    pub(crate) fn with(workspace: &Workspace, list: &Path) -> Result<Self> {
        let folder = workspace.target.join("python");
        let python = Self {
            programs: folder.join("bin"),
        };
        let wanted = fs::read_to_string(list).with_context(|| list.display().to_string())?;
        // Written when everything is there.
        let installed = folder.join("installed.txt");
        if fs::read_to_string(&installed).is_ok_and(|installed| installed == wanted) {
            return Ok(python);
        }
        let Some(system) = programs::find(&["python3"]) else {
            bail!("{NEEDED}");
        };
        report::step("Installing Python packages");
        let mut venv = Command::new(system);
        venv.args(["-m", "venv", "--clear"]).arg(&folder);
        workspace::run(&mut venv).context(NEEDED)?;
        let mut install = python.command("python");
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        workspace::run(install.arg("--requirement").arg(list)).context(REGISTRY)?;
        fs::write(&installed, wanted)?;
        Ok(python)
    }

    /// A program of it; programs that this one starts find its other ones first.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        self.put_first(&mut command);
        command
    }

    /// Lets a program find this Python before the system's.
    pub(crate) fn put_first(&self, command: &mut Command) {
        let folders = [self.programs.clone()].into_iter().chain(programs::search_path());
        // None of these has a separator in it: they come from the search path, or worked as a folder.
        let path = env::join_paths(folders).unwrap_or_else(|_| OsString::from(&self.programs));
        command.env("PATH", path).env("PYTHONDONTWRITEBYTECODE", "1");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_find_its_python_first() {
        let python = Python {
            programs: "/somewhere/bin".into(),
        };
        let command = python.command("schemathesis");
        assert_eq!(command.get_program(), "/somewhere/bin/schemathesis");
        let path = command
            .get_envs()
            .find_map(|(name, value)| (name == "PATH").then_some(value?));
        let path = path.unwrap().to_string_lossy().into_owned();
        assert!(path.starts_with("/somewhere/bin:"), "{path}");
    }
}

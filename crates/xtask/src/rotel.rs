//! An OpenTelemetry collector that other people wrote: Rotel, whose program comes in a Python package.

use std::fs::{self, File};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::postgres::free_port;
use crate::supervised::Supervised;
use crate::workspace::{self, Workspace};
use crate::{programs, report};

const PACKAGE: &str = "rotel==0.0.1a15";
/// The package is made for each version of Python; the program in it is the same, and needs none.
const OF_PYTHON: &str = "3.11";
const NEEDED: &str =
    "it needs python3 with venv, a package registry, and Linux on x86-64 or ARM with glibc 2.34 or newer";
const START_LIMIT: Duration = Duration::from_secs(20);

/// A collector that writes down what it receives.
#[derive(Debug)]
pub(crate) struct Rotel {
    /// Where it takes OTLP by HTTP.
    pub(crate) endpoint: String,
    log: PathBuf,
    // Dropped in this order: the program leaves its folder before that is removed.
    program: Supervised,
    _folder: TempDir,
}

impl Rotel {
    /// Installs it below the build output, unless it is there, and starts it.
    pub(crate) fn start(workspace: &Workspace) -> Result<Self> {
        let program = install(&workspace.target.join("rotel"))?;
        let folder = tempfile::Builder::new().prefix("viva-rotel-").tempdir()?;
        let log = folder.path().join("log");
        let (http, grpc) = (address()?, address()?);
        let mut command = Supervised::command("TERM", None);
        command
            .arg(&program)
            .args(["start", "--exporter", "blackhole"])
            .args(["--debug-log", "traces", "--debug-log-verbosity", "detailed"])
            .args(["--otlp-http-endpoint", &http, "--otlp-grpc-endpoint", &grpc])
            .args([
                "--otlp-receiver-metrics-disabled",
                "--otlp-receiver-logs-disabled",
            ])
            .current_dir(folder.path());
        let output = File::create(&log)?;
        command.stdout(output.try_clone()?).stderr(output);
        let mut rotel = Self {
            endpoint: format!("http://{http}"),
            log,
            program: Supervised::spawn(command)?,
            _folder: folder,
        };
        rotel.wait_until_ready(&http)?;
        Ok(rotel)
    }

    fn wait_until_ready(&mut self, address: &str) -> Result<()> {
        let started = Instant::now();
        while TcpStream::connect(address).is_err() {
            let said = fs::read_to_string(&self.log).unwrap_or_default();
            if let Some(ended) = self.program.ended()? {
                bail!("Rotel ended at once ({ended}): {}; {NEEDED}", said.trim());
            }
            ensure!(
                started.elapsed() < START_LIMIT,
                "Rotel is not ready: {}",
                said.trim()
            );
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Stops it, and answers what it wrote down.
    pub(crate) fn stop(self) -> Result<String> {
        let Self {
            log,
            program,
            _folder,
            ..
        } = self;
        drop(program);
        fs::read_to_string(log).context("what Rotel wrote down cannot be read")
    }
}

/// Installs the package into a folder of its own: no Python of the system changes.
fn install(folder: &Path) -> Result<PathBuf> {
    let program = folder.join("rotel").join("rotel-agent");
    if program.is_file() {
        return Ok(program);
    }
    report::step("Installing Rotel, an OpenTelemetry collector");
    let python = programs::find(&["python3"]).with_context(|| format!("there is no python3; {NEEDED}"))?;
    // Debian's own Python has no pip.
    let own = folder.join("python");
    workspace::run(Command::new(python).args(["-m", "venv"]).arg(&own)).context(NEEDED)?;
    let mut pip = Command::new(own.join("bin").join("python"));
    pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--target"])
        .arg(folder)
        .args(["--only-binary", ":all:", "--python-version", OF_PYTHON])
        .args(["--disable-pip-version-check", PACKAGE]);
    workspace::run(&mut pip).context(NEEDED)?;
    ensure!(program.is_file(), "{PACKAGE} holds no {}", program.display());
    Ok(program)
}

fn address() -> Result<String> {
    Ok(format!("127.0.0.1:{}", free_port()?))
}

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// How long a server may take to listen.
const START_LIMIT: Duration = Duration::from_secs(30);
/// In which `/proc` counts processor time: a hundredth of a second on every Linux that there is.
const TICK: Duration = Duration::from_millis(10);

/// A server with storage of its own, which is killed when this is dropped.
pub(crate) struct Server {
    pub(crate) url: String,
    child: Child,
    // Whoever closes it would end the server at its next line.
    _output: Lines<BufReader<ChildStdout>>,
    folder: TempDir,
}

/// What a process has used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Usage {
    /// Processor time, in seconds.
    pub(crate) cpu_s: f64,
    /// Memory that it holds now (resident), in MiB.
    pub(crate) rss_mib: f64,
}

impl Server {
    /// Starts the program on a database of its own, kept on one processor if that is asked for.
    pub(crate) async fn start(viva: &Path, core: Option<usize>) -> Result<Self> {
        Self::start_on(viva, core, None).await
    }

    /// Starts it on this database, if it is given one.
    pub(crate) async fn start_on(viva: &Path, core: Option<usize>, database: Option<&str>) -> Result<Self> {
        let command = if let Some(core) = core {
            let mut command = Command::new("taskset");
            command.args(["--cpu-list", &core.to_string()]).arg(viva);
            command
        } else {
            Command::new(viva)
        };
        Self::spawn(command, database).await
    }

    /// Starts it on this database, if it is given one, with more settings, and writes its log somewhere else.
    pub(crate) async fn start_with(
        viva: &Path,
        database: Option<&str>,
        settings: &[(&str, &str)],
        log: Stdio,
    ) -> Result<Self> {
        let mut command = Command::new(viva);
        command.envs(settings.iter().copied()).stderr(log);
        Self::spawn(command, database).await
    }

    async fn spawn(mut command: Command, database: Option<&str>) -> Result<Self> {
        let folder = tempfile::tempdir().context("cannot create a temporary folder")?;
        let path = |name: &str| folder.path().join(name).display().to_string();
        let own_database = format!("sqlite://{}", path("viva.db"));
        let mut child = command
            .arg("serve")
            .current_dir(folder.path())
            .env("VIVA__SERVER__LISTEN", "127.0.0.1:0")
            .env("VIVA__DATABASE__URL", database.unwrap_or(&own_database))
            .env("VIVA__STORAGE__URL", path("storage"))
            .env("VIVA__SESSIONS__PER_USER", "10000")
            .env("VIVA__LIMITS__READS_PER_MIN", "0")
            // What is measured stays what it is.
            .env("VIVA__RETENTION__DAYS", "0")
            .env("VIVA__LOG__FILTER", "warn")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("the server cannot be started")?;
        let output = child.stdout.take().context("the server has no output")?;
        let mut output = BufReader::new(output).lines();
        let url = timeout(START_LIMIT, listening(&mut output))
            .await
            .context("the server does not listen")??;
        Ok(Self {
            url,
            child,
            _output: output,
            folder,
        })
    }

    /// The database of a server that was not given one.
    pub(crate) fn sqlite_file(&self) -> PathBuf {
        self.folder.path().join("viva.db")
    }

    /// Memory that is its own: neither its program nor other files, in MiB.
    pub(crate) fn anonymous_mib(&self) -> Result<f64> {
        mib_after(&self.read("status")?, "RssAnon:")
    }

    /// What it has used so far.
    pub(crate) fn usage(&self) -> Result<Usage> {
        parse(&self.read("stat")?, &self.read("status")?)
    }

    fn read(&self, name: &str) -> Result<String> {
        let id = self.child.id().context("the server has ended")?;
        let path = format!("/proc/{id}/{name}");
        std::fs::read_to_string(&path).context(path)
    }
}

async fn listening(output: &mut Lines<BufReader<ChildStdout>>) -> Result<String> {
    while let Some(line) = output.next_line().await? {
        if let Some((_, rest)) = line.split_once("listening on ") {
            return Ok(rest.split_whitespace().next().unwrap_or_default().to_owned());
        }
    }
    bail!("the server ended before it listened")
}

fn parse(stat: &str, status: &str) -> Result<Usage> {
    // The name of the program may hold anything, so fields are counted from behind it (proc_pid_stat(5)).
    let (_, fields) = stat.rsplit_once(") ").context("no process")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |index: usize| -> Result<u32> { Ok(fields.get(index).context("too few fields")?.parse()?) };
    let (user, system) = (ticks(11)?, ticks(12)?);
    Ok(Usage {
        cpu_s: (TICK * (user + system)).as_secs_f64(),
        rss_mib: mib_after(status, "VmRSS:")?,
    })
}

/// The memory in the line that begins so, as Linux tells it in `/proc`.
fn mib_after(status: &str, name: &'static str) -> Result<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib: f64 = line.context(name)?.trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1_024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_and_memory_are_read_from_proc() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 100 0 0 0 150 25 0 0 20 0 4 0 100 1 1";
        let usage = parse(stat, "Name:\tviva\nVmRSS:\t   2048 kB\nThreads:\t4\n").unwrap();
        assert!(
            (usage.cpu_s - 1.75).abs() < 1e-9 && (usage.rss_mib - 2.0).abs() < 1e-9,
            "{usage:?}"
        );
        assert!(parse("7 (x) S", "VmRSS: 1 kB").is_err());
    }
}

//! Programs that serve while the rest is done, and servers of our own.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::supervised::Supervised;

const START_LIMIT: Duration = Duration::from_mins(1);

/// A program that listens. It stops when this is dropped, or this process has ended.
#[derive(Debug)]
pub(crate) struct Listening {
    /// Where, such as `http://127.0.0.1:8080`.
    pub(crate) url: String,
    /// From its start to the line that says so.
    pub(crate) took: Duration,
    process: Supervised,
}

impl Listening {
    /// Starts a program that [`Supervised::command`] began, and waits for the line on its standard output that has its address.
    /// What it says on standard error goes into the file.
    pub(crate) fn start(mut command: Command, log: &Path) -> Result<Self> {
        command.stdout(Stdio::piped()).stderr(File::create(log)?);
        // Opened now, since the file may go with the program.
        let mut said = File::open(log)?;
        let mut said = || {
            let mut text = String::new();
            said.read_to_string(&mut text)
                .map(|_| text.trim().to_owned())
                .context("what it said")
        };
        let began = Instant::now();
        let mut process = Supervised::spawn(command)?;
        let lines = lines(&mut process)?;
        loop {
            match lines.recv_timeout(START_LIMIT.saturating_sub(began.elapsed())) {
                Ok(line) => {
                    let mut words = line.split_whitespace();
                    if let Some(url) = words.find(|word| word.starts_with("http://")) {
                        return Ok(Self {
                            url: url.to_owned(),
                            took: began.elapsed(),
                            process,
                        });
                    }
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let ended = process.stop()?;
                    bail!("it ended at once ({ended}): {}", said()?);
                }
                Err(RecvTimeoutError::Timeout) => bail!("it does not listen: {}", said()?),
            }
        }
    }

    /// Asks it to stop, as a service manager does, and waits until it has.
    pub(crate) fn stop(self) -> Result<()> {
        let status = self.process.stop()?;
        ensure!(status.success(), "it did not stop well ({status})");
        Ok(())
    }
}

/// What a program prints. It is read to its end, so that the program can always go on.
fn lines(process: &mut Supervised) -> Result<Receiver<String>> {
    let output = process.take_output().context("its output is not piped")?;
    let (printed, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // Nobody listens any more once the address is known.
            printed.send(line).ok();
        }
    });
    Ok(lines)
}

/// A running server, with a storage that goes with it.
#[derive(Debug)]
pub(crate) struct Served {
    viva: PathBuf,
    settings: Vec<(String, String)>,
    log: PathBuf,
    // Dropped in this order: the server leaves its folder before that is removed.
    listening: Listening,
    folder: TempDir,
}

impl Served {
    /// Starts the server with these settings besides those that give it a storage of its own.
    pub(crate) fn start(viva: &Path, settings: &[(&str, &str)]) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("viva-served-").tempdir()?;
        let path = |name: &str| folder.path().join(name).display().to_string();
        let own = [
            ("VIVA__SERVER__LISTEN", "127.0.0.1:0".to_owned()),
            ("VIVA__DATABASE__URL", format!("sqlite://{}", path("viva.db"))),
            ("VIVA__STORAGE__URL", path("storage")),
            ("VIVA__LOG__FILTER", "warn".to_owned()),
            ("NO_COLOR", "1".to_owned()),
        ];
        let settings = own
            .into_iter()
            .chain(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let settings: Vec<_> = settings.map(|(name, value)| (name.to_owned(), value)).collect();
        let log = folder.path().join("log");
        let mut command = Supervised::command("TERM", Some(folder.path()));
        command.arg(viva).arg("serve").current_dir(folder.path());
        command.envs(settings.iter().map(|(name, value)| (name, value)));
        let listening = Listening::start(command, &log).context("the server")?;
        Ok(Self {
            viva: viva.to_owned(),
            settings,
            log,
            listening,
            folder,
        })
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.listening.url
    }

    /// A folder that goes with the server.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Makes a token for this user.
    pub(crate) fn token(&self, user: &str) -> Result<String> {
        let mut command = Command::new(&self.viva);
        command.args(["token", "create", "--name", "test", "--user", user]);
        command.current_dir(self.folder());
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        Ok(printed_by(&mut command)?.trim().to_owned())
    }

    /// Stops it, and waits until it has sent and stored what was left.
    pub(crate) fn stop(self) -> Result<()> {
        self.listening.stop()
    }

    /// What it logged that somebody should look at.
    ///
    /// # Errors
    /// When there is anything.
    pub(crate) fn ensure_no_error(&self) -> Result<()> {
        let log = fs::read_to_string(&self.log)?;
        let errors: Vec<&str> = log.lines().filter(|line| line.contains("ERROR")).collect();
        ensure!(
            errors.is_empty(),
            "the server logged errors:\n{}",
            errors.join("\n")
        );
        Ok(())
    }
}

/// What a program prints that ends well.
pub(crate) fn printed_by(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| command.get_program().display().to_string())?;
    let complaints = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{} failed ({}): {}",
        command.get_program().display(),
        output.status,
        complaints.trim()
    );
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(script: &str) -> Result<Listening> {
        let folder = tempfile::tempdir()?;
        let mut command = Supervised::command("TERM", None);
        command.args(["sh", "-c", script]);
        Listening::start(command, &folder.path().join("log"))
    }

    #[test]
    fn the_first_address_that_is_printed_is_taken() {
        let listening =
            start("echo up; echo serving on http://[::1]:7 - come in; echo http://other; exec sleep 600");
        assert_eq!(listening.unwrap().url, "http://[::1]:7");
    }

    #[test]
    fn a_program_that_ends_says_why() {
        let err = start("echo soon; echo no port >&2; exit 7").unwrap_err();
        assert_eq!(err.to_string(), "it ended at once (exit status: 7): no port");
    }

    #[test]
    fn stopping_it_tells_whether_it_ended_well() {
        let ending_with = |code| {
            start(&format!(
                "trap 'kill $!; exit {code}' TERM; sleep 600 & echo http://a; wait"
            ))
            .unwrap()
            .stop()
        };
        ending_with(0).unwrap();
        let err = ending_with(3).unwrap_err();
        assert_eq!(err.to_string(), "it did not stop well (exit status: 3)");
    }
}

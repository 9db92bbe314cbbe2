//! The finished program by itself: in a folder where nothing is, with an environment in which nothing is set.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::served::Listening;
use crate::supervised::Supervised;

/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// The program, and a folder of its own.
#[derive(Debug)]
pub(crate) struct Trial {
    viva: PathBuf,
    place: TempDir,
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) body: Vec<u8>,
}

impl Trial {
    pub(crate) fn begin(viva: &Path) -> Result<Self> {
        let place = tempfile::Builder::new().prefix("viva-trial-").tempdir()?;
        fs::create_dir(place.path().join("empty"))?;
        let viva = std::path::absolute(viva)?;
        Ok(Self { viva, place })
    }

    fn folder(&self) -> PathBuf {
        self.place.path().join("empty")
    }

    fn log(&self) -> PathBuf {
        self.place.path().join("log")
    }

    /// Starts it as a server. Of the time that takes, a few milliseconds are those of the shell that keeps it.
    pub(crate) fn start(&self) -> Result<Listening> {
        let mut command = Supervised::command("TERM", None);
        // The shell has variables of its own, and the program has none.
        command.args(["env", "-i"]).arg(&self.viva);
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        command.current_dir(self.folder());
        Listening::start(command, &self.log())
    }

    /// Measures providers whose delays are known.
    pub(crate) fn self_test(&self) -> Result<()> {
        let output = Command::new(&self.viva)
            .args(["selftest", "--turns", "8", "--concurrency", "8"])
            .env_clear()
            .current_dir(self.folder())
            .stdin(Stdio::null())
            .output()?;
        ensure!(
            output.status.success(),
            "the self-test failed ({}): {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
        Ok(())
    }
}

/// Asks a server for what is at a path, as a browser that takes brotli.
pub(crate) fn get(server: &Listening, path: &str) -> Result<Answer> {
    let asking = || {
        let address = server.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: {address}\r\naccept-encoding: br\r\nconnection: close\r\n\r\n"
        )?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        Ok::<_, std::io::Error>(bytes)
    };
    let bytes = asking().with_context(|| format!("asking for {path}"))?;
    answer(&bytes).with_context(|| format!("asking for {path}"))
}

/// What is in an answer that was read to its end: it must be 200. The length is checked where it is told.
fn answer(bytes: &[u8]) -> Result<Answer> {
    const END: &[u8] = b"\r\n\r\n";
    let end = bytes.windows(END.len()).position(|window| window == END);
    let end = end.context("it is no answer")?;
    let (head, body) = (String::from_utf8_lossy(&bytes[..end]), &bytes[end + END.len()..]);
    ensure!(head.starts_with("HTTP/1.1 200 "), "it was answered: {head}");
    let mut lengths = head
        .lines()
        .filter_map(|line| line.strip_prefix("content-length: "));
    if let Some(length) = lengths.next() {
        ensure!(
            length.parse() == Ok(body.len()),
            "{} of {length} bytes came",
            body.len()
        );
    }
    Ok(Answer { body: body.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_taken_apart() {
        let good = answer(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab").unwrap();
        assert_eq!(good.body, b"ab");
        let cut = answer(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab").unwrap_err();
        assert_eq!(cut.to_string(), "2 of 3 bytes came");
        for bad in [
            &b"HTTP/1.1 404 Not Found\r\n\r\n"[..],
            b"HTTP/1.1 200 OK\r\n",
            b"",
        ] {
            assert!(answer(bad).is_err());
        }
    }

    #[test]
    fn a_program_that_does_not_listen_says_why() {
        let err = Trial::begin(Path::new("/bin/ls")).unwrap().start().unwrap_err();
        let said = err.to_string();
        assert!(said.starts_with("it ended at once (exit status: "), "{said}");
        assert!(said.contains("listen'"), "it is what the program said: {said}");
    }
}

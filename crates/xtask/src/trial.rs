//! The finished program by itself: in a folder where nothing is, with an environment in which nothing is set.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// The program, and a folder of its own.
#[derive(Debug)]
pub(crate) struct Trial {
    viva: PathBuf,
    place: TempDir,
}

/// A server that runs; killed when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    address: String,
    /// From its start to the line that says where it listens.
    pub(crate) took: Duration,
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

    fn command(&self, args: &[&str]) -> Result<Command> {
        let mut command = Command::new(&self.viva);
        command
            .args(args)
            .env_clear()
            .current_dir(self.place.path().join("empty"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(self.log())?);
        Ok(command)
    }

    fn log(&self) -> PathBuf {
        self.place.path().join("log")
    }

    /// What it said on standard error the last time.
    fn said(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    pub(crate) fn start(&self) -> Result<Server> {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"])?;
        let began = Instant::now();
        let mut child = command.spawn().context("the program could not be started")?;
        let stdout = child.stdout.take().context("its output is not piped")?;
        let mut line = String::new();
        let read = BufReader::new(stdout).read_line(&mut line);
        let took = began.elapsed();
        let mut server = Server {
            child,
            address: String::new(),
            took,
        };
        read?;
        let words = line.split_whitespace();
        let mut addresses = words.filter_map(|word| word.strip_prefix("http://"));
        let address = addresses.next();
        address
            .with_context(|| format!("it does not listen: {}", self.said().trim()))?
            .clone_into(&mut server.address);
        Ok(server)
    }

    /// Measures providers whose delays are known.
    pub(crate) fn self_test(&self) -> Result<()> {
        let output = self
            .command(&["selftest", "--turns", "8", "--concurrency", "8"])?
            .output()?;
        ensure!(
            output.status.success(),
            "the self-test failed ({}): {}",
            output.status,
            self.said().trim()
        );
        Ok(())
    }
}

impl Server {
    /// Asks for what is at a path, as a browser that takes brotli.
    pub(crate) fn get(&self, path: &str) -> Result<Answer> {
        let asking = || {
            let mut stream = TcpStream::connect(&self.address)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            let address = &self.address;
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

    /// Asks it to stop, as a service manager does, and waits until it has.
    pub(crate) fn stop(mut self) -> Result<()> {
        let id = self.child.id().to_string();
        let kill = Command::new("/bin/sh")
            .args(["-c", "kill -s TERM \"$1\"", "sh", &id])
            .status()?;
        ensure!(kill.success(), "it could not be stopped");
        let status = self.child.wait()?;
        ensure!(status.success(), "it did not stop well ({status})");
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended is not there to be killed.
        self.child.kill().ok();
        self.child.wait().ok();
    }
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
        assert!(said.starts_with("it does not listen: "), "{said}");
        assert!(said.contains("listen'"), "it is what the program said: {said}");
    }
}

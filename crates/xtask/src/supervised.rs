//! Programs that end when this one does, however it ends.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use anyhow::{Context, Result};

/// The shell's standard input is a pipe from this process. When that closes, because [`Supervised`] was
/// dropped or because this process was killed, the shell sends the signal and waits for the program. Then
/// it removes the folder that the program worked in, which nobody else could do after a kill.
const KEEPER: &str = r#"
signal=$1; folder=$2; shift 2
exec 3<&0 </dev/null
"$@" 3<&- & program=$!
exec 2>/dev/null
{ read -r _ <&3; kill -s "$signal" "$program"; } & keeper=$!
wait "$program"; code=$?
kill "$keeper"
if [ -n "$folder" ]; then rm -rf -- "$folder"; fi
exit "$code"
"#;

/// A running program. Dropping it stops the program and waits until it has ended.
#[derive(Debug)]
pub(crate) struct Supervised(Child);

impl Supervised {
    /// The beginning of a command for [`Supervised::spawn`]; the program and its arguments come next.
    ///
    /// `signal` (such as `TERM`) is how the program is asked to stop.
    pub(crate) fn command(signal: &str, folder: Option<&Path>) -> Command {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", KEEPER, "keeper", signal])
            .arg(folder.unwrap_or(Path::new("")));
        command
    }

    pub(crate) fn spawn(mut command: Command) -> Result<Self> {
        // In its own group, Ctrl-C reaches it through the pipe only, so the folder is always removed.
        command.stdin(Stdio::piped()).process_group(0);
        command.spawn().map(Self).context("/bin/sh could not be started")
    }

    /// What the program prints, where the command said that it is piped; once.
    pub(crate) fn take_output(&mut self) -> Option<ChildStdout> {
        self.0.stdout.take()
    }

    /// Stops the program, waits until it has ended, and answers how.
    pub(crate) fn stop(mut self) -> Result<ExitStatus> {
        // Closes the pipe first.
        Ok(self.0.wait()?)
    }

    /// How the program ended, if it did.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.0.try_wait()?)
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        // Closes the pipe first. There is nobody left to tell if the shell is gone already.
        self.0.wait().ok();
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read};

    use super::*;

    /// Says that it runs, then waits for a signal. `exec` makes it one process that holds the output.
    const WAITS: &str = "echo up; exec sleep 600";

    fn waiting(folder: Option<&Path>) -> (Supervised, BufReader<ChildStdout>) {
        let mut command = Supervised::command("TERM", folder);
        command.args(["sh", "-c", WAITS]).stdout(Stdio::piped());
        let mut supervised = Supervised::spawn(command).unwrap();
        let mut output = BufReader::new(supervised.take_output().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(line, "up\n");
        (supervised, output)
    }

    #[test]
    fn dropping_it_ends_the_program() {
        let (supervised, mut output) = waiting(None);
        drop(supervised);
        // The output ends only when no process holds it any more.
        assert_eq!(output.read_to_end(&mut Vec::new()).unwrap(), 0);
    }

    #[test]
    fn the_folder_goes_with_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let (supervised, _output) = waiting(Some(folder.path()));
        assert!(folder.path().is_dir());
        drop(supervised);
        assert!(!folder.path().exists());
    }

    #[test]
    fn the_exit_code_of_the_program_is_reported() {
        let mut command = Supervised::command("TERM", None);
        command.args(["sh", "-c", "exit 7"]).stdout(Stdio::piped());
        let mut supervised = Supervised::spawn(command).unwrap();
        // The end of the output is the end of the program; the shell follows without further ado.
        supervised
            .take_output()
            .unwrap()
            .read_to_end(&mut Vec::new())
            .unwrap();
        let code = loop {
            if let Some(status) = supervised.ended().unwrap() {
                break status.code();
            }
            std::thread::yield_now();
        };
        assert_eq!(code, Some(7));
    }
}

//! A program of a test's own in place of `espeak-ng`.

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

/// Writes an executable shell script. A child process writes it: a file that this process has open for writing while
/// another test starts a program cannot be run ("text file busy").
pub(crate) fn program(folder: &TempDir, script: &str) -> PathBuf {
    let path = folder.path().join("espeak");
    let write = r#"printf '#!/bin/sh\n%s\n' "$1" > "$2" && chmod +x "$2""#;
    run(Command::new("sh").args(["-c", write, "sh", script]).arg(&path));
    path
}

/// Makes a named pipe.
pub(crate) fn pipe(folder: &TempDir, name: &str) -> PathBuf {
    let path = folder.path().join(name);
    run(Command::new("mkfifo").arg(&path));
    path
}

fn run(command: &mut Command) {
    let status = command.status().unwrap();
    assert!(status.success(), "{command:?} ended with {status}");
}

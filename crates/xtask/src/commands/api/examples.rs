//! Runs what the README shows people to type.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::python::Python;
use crate::report;
use crate::served::{Served, printed_by};
use crate::workspace::Workspace;

/// The section of the README whose commands are run.
const SECTION: &str = "## Use it from programs\n";
/// Where its server listens.
const SHOWN_URL: &str = "http://127.0.0.1:8080";
/// What the commands take from the checkout.
const USED: [&str; 2] = ["crates", "examples"];
/// Files that are there afterwards, how they begin, and how long they are at least.
const MADE: [(&str, &[u8], u64); 3] = [
    ("answer.wav", b"RIFF", 24_000),
    ("turn.wav", b"RIFF", 24_000),
    ("session.zip", b"PK", 100_000),
];
/// What is printed, among other things.
const PRINTED: [&str; 4] = ["assistant: ", "'total_ms': ", "\"p95\":", "\"name\":\"Waiter\""];

/// Runs the commands one block after the other, as they stand there, but for where the server listens.
pub(super) fn run(workspace: &Workspace, python: &Python, viva: &Path) -> Result<()> {
    let readme = fs::read_to_string(workspace.root.join("README.md"))?;
    let server = Served::start(viva, &[])?;
    let folder = server.folder().join("examples");
    fs::create_dir(&folder)?;
    for name in USED {
        symlink(workspace.root.join(name), folder.join(name))?;
    }
    let mut printed = String::new();
    for commands in commands(&readme)? {
        let mut shell = Command::new("sh");
        shell.current_dir(&folder).env("VIVA_URL", server.url());
        python.put_first(&mut shell);
        let script = commands.replace(SHOWN_URL, server.url());
        let said = printed_by(shell.args(["-e", "-u", "-c", &script]));
        printed += &said.with_context(|| format!("commands of the README:\n{commands}"))?;
    }
    for text in PRINTED {
        ensure!(
            printed.contains(text),
            "the commands of the README do not print {text:?}:\n{printed}"
        );
    }
    for (name, beginning, least) in MADE {
        let made = fs::read(folder.join(name)).with_context(|| format!("the README makes no {name}"))?;
        let is_whole = made.starts_with(beginning) && made.len() as u64 >= least;
        ensure!(is_whole, "{name} has {} bytes, which are none", made.len());
    }
    for line in printed.lines().filter(|line| !line.starts_with('{')) {
        report::detail(line);
    }
    server.ensure_no_error()
}

/// The blocks of commands in the section.
fn commands(readme: &str) -> Result<Vec<&str>> {
    let (_, section) = readme
        .split_once(SECTION)
        .context("the README has no such section")?;
    let section = section.split("\n## ").next().unwrap_or_default();
    let blocks = section.split("```sh\n").skip(1);
    let blocks: Vec<_> = blocks.filter_map(|block| block.split("```").next()).collect();
    ensure!(!blocks.is_empty(), "the section of the README has no commands");
    Ok(blocks)
}

#[cfg(test)]
mod tests {
    use super::*;

    const README: &str = "\
## Start
```sh
one
```
## Use it from programs
```sh
two
three
```
and in Rust
```rust
four
```
then
```sh
five
```
## License
```sh
six
```
";

    #[test]
    fn the_commands_of_the_section_are_run_and_no_others() {
        assert_eq!(commands(README).unwrap(), ["two\nthree\n", "five\n"]);
        assert!(commands("## Start\n").is_err() && commands(SECTION).is_err());
    }
}

//! `cargo xtask dist`: the server and its page as one file, tried out where there is nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use sha2::{Digest as _, Sha256};

use crate::trial::{self, Trial};
use crate::workspace::{Build, Workspace};
use crate::{bundle, programs, report, server};

/// How often a start is timed.
const STARTS: usize = 10;
/// What a start with a migrated database may take. A busy machine takes longer, so it is told and no failure.
const START_LIMIT: Duration = Duration::from_millis(100);
/// Those that are there without a session.
const PAGES: [&str; 4] = ["/", "/history", "/compare", "/providers"];

pub(crate) fn dist(workspace: &Workspace) -> Result<ExitCode> {
    let site = bundle::build(workspace, Build::Release)?;
    let built = server::build_with(workspace, &site)?;
    let folder = workspace.target.join("dist");
    fs::create_dir_all(&folder)?;
    let viva = folder.join("viva");
    fs::copy(&built, &viva).with_context(|| format!("writing {}", viva.display()))?;
    describe(&viva)?;
    try_out(&viva, &site)?;
    Ok(ExitCode::SUCCESS)
}

fn describe(viva: &Path) -> Result<()> {
    let bytes = fs::read(viva)?;
    report::step(&format!("Made {}", viva.display()));
    report::detail(&format!("size    {}", megabytes(bytes.len())));
    report::detail(&format!("sha256  {}", hex::encode(Sha256::digest(&bytes))));
    if let Some(ldd) = programs::find(&["ldd"]) {
        let listed = Command::new(ldd).arg(viva).output()?;
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        report::detail(&format!("needs   {}", libraries(&listed).join(" ")));
    }
    Ok(())
}

/// The names of the libraries in what `ldd` prints, without what the kernel brings.
fn libraries(listed: &str) -> Vec<&str> {
    let names = listed.lines().filter_map(|line| line.split_whitespace().next());
    names.filter(|name| !name.starts_with("linux-vdso")).collect()
}

fn try_out(viva: &Path, site: &Path) -> Result<()> {
    report::step("Trying it out in an empty folder and an empty environment");
    let manifest = fs::read_to_string(site.join("manifest.json"))?;
    let files: BTreeMap<String, String> = serde_json::from_str(&manifest)?;
    let trial = Trial::begin(viva)?;
    let server = trial.start()?;
    for page in PAGES {
        let document = trial::get(&server, page)?.body;
        let document = String::from_utf8_lossy(&document).into_owned();
        ensure!(
            document.contains("/boot-"),
            "{page} does not load the page's files: {document}"
        );
    }
    for path in files.values() {
        let small = fs::read(site.join(format!("{}.br", path.trim_start_matches('/'))));
        let expected = small.or_else(|_| fs::read(site.join(path.trim_start_matches('/'))))?;
        let found = trial::get(&server, path)?.body;
        ensure!(found == expected, "{path} is not what was built");
    }
    server.stop()?;
    report::detail(&format!(
        "{} pages and {} files answered",
        PAGES.len(),
        files.len()
    ));
    trial.self_test()?;
    report::detail("the self-test passed");
    let (median, all) = starts(&trial)?;
    report::detail(&format!(
        "listens {} after it was started (median of {STARTS}: {all})",
        milliseconds(median)
    ));
    if median > START_LIMIT {
        report::step(&format!(
            "Slow: a start should take less than {}; a busy machine takes longer, so try again when it is quiet",
            milliseconds(START_LIMIT)
        ));
    }
    Ok(())
}

/// The median of what starts with a migrated database took, and all of them as people read them.
fn starts(trial: &Trial) -> Result<(Duration, String)> {
    let mut took = Vec::new();
    for _ in 0..STARTS {
        let server = trial.start()?;
        took.push(server.took);
        server.stop()?;
    }
    took.sort();
    let all: Vec<String> = took.iter().map(|took| milliseconds(*took)).collect();
    Ok((took[STARTS / 2], all.join(", ")))
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.0} ms", duration.as_secs_f64() * 1_000.0)
}

fn megabytes(bytes: usize) -> String {
    let tenths = (bytes + 50_000) / 100_000;
    format!("{}.{} MB ({bytes} bytes)", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_in_megabytes_and_exact() {
        assert_eq!(megabytes(41_960_000), "42.0 MB (41960000 bytes)");
        assert_eq!(megabytes(0), "0.0 MB (0 bytes)");
    }

    #[test]
    fn libraries_are_named_without_their_places() {
        let listed = "\tlinux-vdso.so.1 (0x00007ffc)\n\tlibc.so.6 => /lib/libc.so.6 (0x00007f)\n\t/lib64/ld.so (0x0)\n";
        assert_eq!(libraries(listed), ["libc.so.6", "/lib64/ld.so"]);
    }
}

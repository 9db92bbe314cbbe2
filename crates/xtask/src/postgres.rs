//! A PostgreSQL of our own for the contract tests: started from the system's binaries in a temporary
//! folder, gone when the tests are over or this process is killed.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::account::Account;
use crate::programs;
use crate::supervised::Supervised;

/// Where [`find_binaries`] looks.
pub(crate) const PLACES: &str = "the search path and /usr/lib/postgresql/*/bin";
/// Debian keeps every major version in a folder of its own, outside the search path.
const VERSIONS: &str = "/usr/lib/postgresql";
const START_LIMIT: Duration = Duration::from_mins(1);

/// A running server. Dropping it stops the server and removes its data.
#[derive(Debug)]
pub(crate) struct Postgres {
    /// A superuser on the database `postgres`, without password.
    pub(crate) url: String,
    // Dropped in this order: the server leaves its folder before that is removed.
    _server: Supervised,
    _folder: TempDir,
}

impl Postgres {
    pub(crate) fn start(binaries: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("viva-postgres-").tempdir()?;
        let account = Account::that_may_run_it(folder.path())?;
        let data = folder.path().join("data");
        initialize(binaries, &data, account)?;

        let port = free_port()?;
        let log = folder.path().join("log");
        let mut command = Supervised::command("INT", Some(folder.path()));
        command.arg(binaries.join("postgres")).arg("-D").arg(&data);
        for setting in settings(port, folder.path()) {
            command.arg("-c").arg(setting);
        }
        let output = File::create(&log)?;
        command.stdout(output.try_clone()?).stderr(output);
        account.apply(&mut command, folder.path());
        let mut server = Supervised::spawn(command)?;
        wait_until_ready(&mut server, &data, &log)?;
        let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
        Ok(Self {
            url,
            _server: server,
            _folder: folder,
        })
    }
}

/// The folder of `initdb` and `postgres`, if they are installed.
pub(crate) fn find_binaries() -> Option<PathBuf> {
    find_binaries_in(programs::search_path(), Path::new(VERSIONS))
}

fn find_binaries_in(mut folders: Vec<PathBuf>, versions: &Path) -> Option<PathBuf> {
    let mut installed: Vec<(u32, PathBuf)> = fs::read_dir(versions)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            Some((
                entry.file_name().to_str()?.parse().ok()?,
                entry.path().join("bin"),
            ))
        })
        .collect();
    installed.sort_by(|a, b| b.cmp(a));
    folders.extend(installed.into_iter().map(|(_, folder)| folder));
    let complete = |folder: &PathBuf| {
        let folder = std::slice::from_ref(folder);
        ["initdb", "postgres"]
            .iter()
            .all(|name| programs::find_in(folder, &[name]).is_some())
    };
    folders.into_iter().find(complete)
}

/// Durability is given up for speed: the data is thrown away anyway.
fn settings(port: u16, folder: &Path) -> [String; 7] {
    [
        "listen_addresses=127.0.0.1".to_owned(),
        format!("port={port}"),
        format!("unix_socket_directories={}", folder.display()),
        "max_connections=200".to_owned(),
        "fsync=off".to_owned(),
        "synchronous_commit=off".to_owned(),
        "full_page_writes=off".to_owned(),
    ]
}

fn initialize(binaries: &Path, data: &Path, account: Account) -> Result<()> {
    let mut command = Command::new(binaries.join("initdb"));
    command.args([
        "--auth=trust",
        "--username=postgres",
        "--encoding=UTF8",
        "--no-locale",
        "--no-sync",
    ]);
    command.arg("-D").arg(data);
    account.apply(&mut command, data.parent().context("the data has no folder")?);
    let output = command.output().context("initdb could not be started")?;
    ensure!(
        output.status.success(),
        "initdb failed: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}

/// The last line of `postmaster.pid` says `ready` when connections are accepted; `pg_ctl` waits for the same.
fn wait_until_ready(server: &mut Supervised, data: &Path, log: &Path) -> Result<()> {
    let started = Instant::now();
    loop {
        let status = match fs::read_to_string(data.join("postmaster.pid")) {
            Ok(text) => text,
            Err(err) if err.kind() == ErrorKind::NotFound => String::new(),
            Err(err) => return Err(err).context("reading postmaster.pid"),
        };
        if status.lines().last().is_some_and(|line| line.trim() == "ready") {
            return Ok(());
        }
        // Read before looking for the end, since the log goes with the server.
        let said = fs::read_to_string(log).unwrap_or_default();
        if let Some(ended) = server.ended()? {
            bail!("PostgreSQL ended at once ({ended}): {}", said.trim());
        }
        ensure!(
            started.elapsed() < START_LIMIT,
            "PostgreSQL is not ready after {START_LIMIT:?}: {}",
            said.trim()
        );
        thread::sleep(Duration::from_millis(20));
    }
}

/// The port is free now; that somebody else takes it in the next instant is unlikely and reported.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn install(bin: &Path, names: &[&str]) {
        fs::create_dir_all(bin).unwrap();
        for name in names {
            fs::write(bin.join(name), "").unwrap();
            fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    #[test]
    fn the_newest_version_with_a_server_is_taken() {
        let versions = tempfile::tempdir().unwrap();
        install(&versions.path().join("9/bin"), &["initdb", "postgres"]);
        install(&versions.path().join("15/bin"), &["initdb", "postgres"]);
        install(&versions.path().join("17/bin"), &["psql"]);
        assert_eq!(
            find_binaries_in(vec![], versions.path()),
            Some(versions.path().join("15/bin"))
        );
    }

    #[test]
    fn the_search_path_comes_first() {
        let (own, versions) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        install(own.path(), &["initdb", "postgres"]);
        install(&versions.path().join("15/bin"), &["initdb", "postgres"]);
        let found = find_binaries_in(vec![own.path().to_owned()], versions.path());
        assert_eq!(found, Some(own.path().to_owned()));
    }

    #[test]
    fn a_machine_without_postgres_has_none() {
        let empty = tempfile::tempdir().unwrap();
        assert_eq!(
            find_binaries_in(vec![empty.path().to_owned()], &empty.path().join("missing")),
            None
        );
    }
}

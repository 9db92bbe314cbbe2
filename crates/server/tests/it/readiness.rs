//! `viva ready`, and how long a server takes until it is.

use std::time::{Duration, Instant};

use crate::bench::{Folder, output};

/// What a start may take as a debug build on a busy machine. `cargo xtask dist` measures the release.
const START_LIMIT: Duration = Duration::from_secs(2);
const STARTS: usize = 5;

#[tokio::test]
async fn a_server_that_can_take_sessions_is_ready() {
    let folder = Folder::new();
    let server = folder.serve().await;
    let ready = output(&mut folder.viva(&["ready", "--url", server.url()])).await;
    assert_eq!(ready.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&ready.stdout), "ready\n");
    // Unless it is named, it is where the settings say.
    let listen = server.url().trim_start_matches("http://").to_owned();
    let mut command = folder.viva(&["ready"]);
    let ready = output(command.env("VIVA__SERVER__LISTEN", &listen)).await;
    assert_eq!(ready.status.code(), Some(0));

    std::fs::remove_dir_all(folder.storage()).unwrap();
    let not_ready = output(&mut folder.viva(&["ready", "--url", server.url()])).await;
    let said = String::from_utf8_lossy(&not_ready.stderr).into_owned();
    assert_eq!(not_ready.status.code(), Some(1), "{said}");
    assert!(said.contains("the recordings cannot be reached"), "{said}");
    server.kill().await;
    let mut command = folder.viva(&["ready"]);
    let gone = output(command.env("VIVA__SERVER__LISTEN", &listen)).await;
    let said = String::from_utf8_lossy(&gone.stderr).into_owned();
    assert_eq!(gone.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot reach the server"), "{said}");
}

#[tokio::test]
async fn a_start_with_a_migrated_database_does_not_take_long() {
    let folder = Folder::new();
    folder.serve().await.kill().await;
    let mut took = Vec::new();
    for _ in 0..STARTS {
        let began = Instant::now();
        let server = folder.serve().await;
        took.push(began.elapsed());
        // It is ready when it says that it listens, not some time later.
        server.client().ready().await.unwrap();
        server.kill().await;
    }
    took.sort();
    assert!(took[STARTS / 2] < START_LIMIT, "{took:?}");
}

//! A database that goes away during a conversation, and comes back.

use std::time::{Duration, Instant};

use viva_protocol::rest::SessionStatus;
use viva_protocol::ws::NoticeCode;

use super::caller::{Caller, offline};
use super::kept::{assert_disconnected, assert_whole, session_with, until_nothing_waits, waiting};
use super::outage::{Outage, Postgres};
use crate::bench::{Folder, Server};

/// How long a turn takes at most that nothing holds up: 2 s of question, the pause after it, a short answer. The machine may be
/// busy.
const PROMPT: Duration = Duration::from_secs(15);

/// A server whose database is one of these.
struct Scene {
    folder: Folder,
    url: String,
}

impl Scene {
    async fn serve(&self) -> Server {
        self.folder
            .serve_with(&[("VIVA__DATABASE__URL", self.url.clone())])
            .await
    }
}

async fn on_sqlite() -> Option<(Scene, Outage)> {
    let folder = Folder::new();
    // It makes the file.
    folder.serve().await.kill().await;
    let (url, outage) = (folder.database_url(), Outage::of_file(&folder).await);
    Some((Scene { folder, url }, outage))
}

async fn on_postgres(outage: fn(Postgres) -> Outage) -> Option<(Scene, Outage)> {
    let postgres = Postgres::create().await?;
    let (folder, url) = (Folder::new(), postgres.url());
    Some((Scene { folder, url }, outage(postgres)))
}

/// Several turns without a database, which it has when it is back.
async fn goes_away_and_comes_back(scene: Option<(Scene, Outage)>) {
    let Some((scene, outage)) = scene else { return };
    let server = scene.serve().await;
    let mut caller = Caller::start(&server, &offline(&["Yes, it is."])).await;
    caller.turn(1).await;
    session_with(&server, &caller, &[1]).await;
    outage.begin().await;
    for turn in [2, 3] {
        let began = Instant::now();
        caller.turn(turn).await;
        let took = began.elapsed();
        assert!(took < PROMPT, "turn {turn} took {took:?}");
    }
    caller
        .until(|told| told.notices.contains(&NoticeCode::StorageDelayed))
        .await;
    assert!(!waiting(&scene.folder).is_empty(), "two turns wait");
    outage.end().await;
    let session = session_with(&server, &caller, &[1, 2, 3]).await;
    assert_eq!(session.session.status, SessionStatus::Active);
    caller.turn(4).await;
    caller.hang_up().await;
    let session = session_with(&server, &caller, &[1, 2, 3, 4]).await;
    assert_eq!(session.session.status, SessionStatus::Completed);
    for turn in &session.turns {
        assert_whole(&server, &caller, turn).await;
    }
    until_nothing_waits(&scene.folder).await;
    assert_eq!(caller.told.errors, []);
    let log = scene.folder.log();
    assert!(log.contains("The database is back"), "{log}");
    assert!(!log.contains("panicked"), "{log}");
    leave(server, outage).await;
}

/// The server dies meanwhile.
async fn goes_away_and_the_server_too(scene: Option<(Scene, Outage)>) {
    let Some((scene, outage)) = scene else { return };
    let server = scene.serve().await;
    let mut caller = Caller::start(&server, &offline(&["Yes, it is."])).await;
    caller.turn(1).await;
    outage.begin().await;
    caller.turn(2).await;
    caller.turn(3).await;
    server.kill().await;
    outage.end().await;

    let server = scene.serve().await;
    let session = session_with(&server, &caller, &[1, 2, 3]).await;
    assert_disconnected(&session);
    for turn in &session.turns {
        assert_whole(&server, &caller, turn).await;
    }
    assert_eq!(waiting(&scene.folder), [""; 0]);
    leave(server, outage).await;
}

/// A session ends meanwhile, and the server dies after that.
async fn goes_away_before_the_session_ends(scene: Option<(Scene, Outage)>) {
    let Some((scene, outage)) = scene else { return };
    let server = scene.serve().await;
    let mut caller = Caller::start(&server, &offline(&["Yes, it is."])).await;
    caller.turn(1).await;
    outage.begin().await;
    caller.turn(2).await;
    caller.hang_up().await;
    server.kill().await;
    outage.end().await;

    let server = scene.serve().await;
    let session = session_with(&server, &caller, &[1, 2]).await;
    assert_eq!(session.session.status, SessionStatus::Completed);
    for turn in &session.turns {
        assert_whole(&server, &caller, turn).await;
    }
    assert_eq!(waiting(&scene.folder), [""; 0]);
    leave(server, outage).await;
}

async fn leave(server: Server, outage: Outage) {
    server.kill().await;
    if let Outage::Cut(postgres) | Outage::Silent(postgres) = outage {
        postgres.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_away_loses_nothing_and_holds_up_nobody() {
    tokio::join!(
        goes_away_and_comes_back(on_sqlite().await),
        goes_away_and_the_server_too(on_sqlite().await),
        goes_away_before_the_session_ends(on_sqlite().await),
        goes_away_and_comes_back(on_postgres(Outage::Cut).await),
        goes_away_and_the_server_too(on_postgres(Outage::Cut).await),
        goes_away_and_comes_back(on_postgres(Outage::Silent).await),
    );
}

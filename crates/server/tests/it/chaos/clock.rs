//! A wall clock that is set forward and back.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::TimeDelta;
use viva_domain::ports::Clock as _;
use viva_infrastructure::system::SystemClock;
use viva_protocol::rest::{SessionDetail, SessionStatus};

use super::caller::{Caller, offline};
use super::kept::{assert_whole, session_with, until};
use crate::bench::{Folder, Server, recordings};

/// Longer than any conversation here takes.
const SHORT: TimeDelta = TimeDelta::minutes(3);

/// Where systems have the library that shows a process another time.
fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.flatten();
    let mut libraries = folders.map(|entry| entry.path().join("faketime/libfaketimeMT.so.1"));
    libraries.find(|library| library.is_file())
}

/// The wall clock of a server. Its monotonic clock is the machine's.
struct WallClock<'a> {
    folder: &'a Folder,
    library: PathBuf,
}

impl<'a> WallClock<'a> {
    #[expect(clippy::print_stderr, reason = "who lacks the library is told")]
    fn of(folder: &'a Folder) -> Option<Self> {
        let Some(library) = library() else {
            eprintln!("Clocks were not set: there is no libfaketime (package faketime)");
            return None;
        };
        Some(Self { folder, library })
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("clock")
    }

    /// So far from the true time, such as `+5h`.
    fn set(&self, offset: &str) {
        // Never half of it.
        let new = self.folder.path().join("clock.new");
        fs::write(&new, offset).expect("the folder can be written");
        fs::rename(new, self.file()).expect("the folder can be written");
    }

    async fn serve(&self) -> Server {
        let text = |path: &Path| path.display().to_string();
        self.folder
            .serve_with(&[
                ("LD_PRELOAD", text(&self.library)),
                ("FAKETIME_TIMESTAMP_FILE", text(&self.file())),
                ("FAKETIME_NO_CACHE", "1".to_owned()),
                ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
                ("NO_FAKE_STAT", "1".to_owned()),
                ("VIVA__SESSIONS__PER_USER", "5".to_owned()),
            ])
            .await
    }
}

/// The turns follow each other, and the session takes no longer than it took.
fn assert_in_order(session: &SessionDetail) {
    let (began, ended) = (session.session.started_at, session.session.ended_at);
    let ended = ended.expect("it is over");
    let turns = session.turns.iter();
    let times = turns.flat_map(|turn| [turn.started_at, turn.ended_at]);
    let times: Vec<_> = [began].into_iter().chain(times).chain([ended]).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert!(ended - began < SHORT, "{times:?}");
}

async fn during_a_conversation() {
    let folder = Folder::new();
    let Some(clock) = WallClock::of(&folder) else {
        return;
    };
    clock.set("+0");
    let server = clock.serve().await;
    let mut first = Caller::start(&server, &offline(&["Yes, it is."])).await;
    first.turn(1).await;
    clock.set("+5h");
    let mut second = Caller::start(&server, &offline(&["Yes, it is."])).await;
    tokio::join!(first.turn(2), second.turn(1));
    clock.set("-5h");
    tokio::join!(first.turn(3), second.turn(2));
    first.hang_up().await;
    second.hang_up().await;

    let is_ahead =
        |session: &SessionDetail| session.session.started_at - SystemClock.now() > TimeDelta::hours(4);
    let session = session_with(&server, &first, &[1, 2, 3]).await;
    assert!(!is_ahead(&session));
    assert_in_order(&session);
    for turn in &session.turns {
        assert_whole(&server, &first, turn).await;
    }
    let session = session_with(&server, &second, &[1, 2]).await;
    assert!(is_ahead(&session), "the clock was set: {session:?}");
    assert_in_order(&session);
    for turn in &session.turns {
        assert_whole(&server, &second, turn).await;
    }
}

async fn before_a_killed_server_starts_again() {
    let folder = Folder::new();
    let Some(clock) = WallClock::of(&folder) else {
        return;
    };
    clock.set("+5h");
    let server = clock.serve().await;
    let mut caller = Caller::start(&server, &offline(&["Yes, it is."])).await;
    caller.turn(1).await;
    server.kill().await;
    clock.set("-5h");
    let server = clock.serve().await;
    let session = session_with(&server, &caller, &[1]).await;
    assert_eq!(session.session.status, SessionStatus::Disconnected);
    assert!(session.session.ended_at >= Some(session.session.started_at));
    assert_whole(&server, &caller, &session.turns[0]).await;
}

/// Starts a server at a time, and answers how many recordings there are when it has removed what is no longer kept.
async fn kept_at(clock: &WallClock<'_>, offset: &str) -> usize {
    clock.set(offset);
    let server = clock.serve().await;
    let is_done = until(|| clock.folder.log().contains("Removed what is no longer kept")).await;
    assert!(is_done, "{}", clock.folder.log());
    server.kill().await;
    recordings(&clock.folder.storage()).len()
}

/// Recordings are purged after 30 days.
async fn before_recordings_are_purged() {
    let folder = Folder::new();
    let Some(clock) = WallClock::of(&folder) else {
        return;
    };
    clock.set("+0");
    let server = clock.serve().await;
    let mut caller = Caller::start(&server, &offline(&["Yes, it is."])).await;
    caller.turn(1).await;
    caller.hang_up().await;
    server.kill().await;
    assert_eq!(kept_at(&clock, "+1d").await, 2);
    assert_eq!(kept_at(&clock, "+400d").await, 2, "it may be wrong");
    assert_eq!(kept_at(&clock, "+400d").await, 2, "a start proves nothing");
    assert_eq!(kept_at(&clock, "+2d").await, 2, "it was wrong");
    assert_eq!(kept_at(&clock, "+400d").await, 2, "it may be wrong");
    assert_eq!(kept_at(&clock, "+401d").await, 0, "it held to that for a day");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_harms_nothing() {
    tokio::join!(
        during_a_conversation(),
        before_a_killed_server_starts_again(),
        before_recordings_are_purged(),
    );
}

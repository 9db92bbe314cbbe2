//! kill −9.

use viva_protocol::rest::SessionStatus;

use super::caller::{Caller, Told, offline, with_options};
use super::kept::{
    assert_broken_off, assert_disconnected, assert_whole, session_with, until_nothing_waits, waiting,
};
use crate::bench::{Folder, Server};

/// Longer than anybody listens to it here.
const LONG: &str = "Well, that depends on how you look at it, and there are many ways to look at it, of which I shall \
                    tell you one after the other, slowly, so that nothing of it escapes you.";

/// One turn that is over.
async fn talking(folder: &Folder) -> (Server, Caller) {
    let server = folder.serve().await;
    let mut caller = Caller::start(&server, &offline(&["Yes, it is."])).await;
    caller.turn(1).await;
    (server, caller)
}

async fn while_the_user_speaks() {
    let folder = Folder::new();
    let (server, mut caller) = talking(&folder).await;
    caller.ask();
    let is_speaking = |told: &Told| told.hears && told.said >= 24_000 * 3 / 2;
    caller.until(is_speaking).await;
    server.kill().await;

    let server = folder.serve().await;
    let session = session_with(&server, &caller, &[1, 2]).await;
    assert_disconnected(&session);
    assert_whole(&server, &caller, &session.turns[0]).await;
    // Half a second of silence comes before the first word.
    let answer = assert_broken_off(&server, &caller, &session.turns[1], 24_000).await;
    assert_eq!(answer.len(), 0);
    assert!(session.turns[1].started_at >= session.turns[0].ended_at);
    assert_eq!(waiting(&folder), [""; 0]);
}

async fn while_the_ai_answers() {
    let folder = Folder::new();
    let server = folder.serve().await;
    let slowly = with_options(&[
        ("delay_ms", 0.into()),
        ("pace", "realtime".into()),
        ("answers", ["Yes, it is.", LONG].as_slice().into()),
    ]);
    let mut caller = Caller::start(&server, &slowly).await;
    caller.turn(1).await;
    caller.ask();
    caller
        .until(|told| told.audio.get(&2).is_some_and(|heard| heard.len() >= 24_000 * 2))
        .await;
    server.kill().await;

    let server = folder.serve().await;
    let session = session_with(&server, &caller, &[1, 2]).await;
    assert_disconnected(&session);
    assert_whole(&server, &caller, &session.turns[0]).await;
    let answer = assert_broken_off(&server, &caller, &session.turns[1], 24_000 * 3 / 2).await;
    let heard = &caller.told.audio[&2];
    let both = answer.len().min(heard.len());
    assert!(both >= 24_000, "{} samples of the answer are kept", answer.len());
    assert!(answer[..both] == heard[..both], "it is not what was heard");
    assert_eq!(waiting(&folder), [""; 0]);
}

/// Nothing lies between what a client is told and what the next start finds.
async fn right_after_a_turn_was_over() {
    let folder = Folder::new();
    let (server, caller) = talking(&folder).await;
    server.kill().await;

    let server = folder.serve().await;
    let session = session_with(&server, &caller, &[1]).await;
    assert_disconnected(&session);
    assert_whole(&server, &caller, &session.turns[0]).await;
    assert_eq!(waiting(&folder), [""; 0]);
}

async fn while_the_session_ends() {
    let folder = Folder::new();
    let (server, mut caller) = talking(&folder).await;
    caller.say_goodbye().await;
    server.kill().await;

    let server = folder.serve().await;
    let session = session_with(&server, &caller, &[1]).await;
    let status = session.session.status;
    let is_over = matches!(status, SessionStatus::Completed | SessionStatus::Disconnected);
    assert!(is_over, "{status:?}");
    assert_whole(&server, &caller, &session.turns[0]).await;
    until_nothing_waits(&folder).await;
}

async fn right_after_the_session_was_over() {
    let folder = Folder::new();
    let (server, mut caller) = talking(&folder).await;
    caller.hang_up().await;
    server.kill().await;

    let server = folder.serve().await;
    let session = session_with(&server, &caller, &[1]).await;
    assert_eq!(session.session.status, SessionStatus::Completed);
    assert_whole(&server, &caller, &session.turns[0]).await;
    assert_eq!(waiting(&folder), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_loses_nothing_that_was_over() {
    tokio::join!(
        while_the_user_speaks(),
        while_the_ai_answers(),
        right_after_a_turn_was_over(),
        while_the_session_ends(),
        right_after_the_session_was_over(),
    );
}

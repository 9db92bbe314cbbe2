//! What is left after the server was stopped, or killed.

use viva_protocol::rest::SessionStatus;
use viva_protocol::ws::{ServerMessage, SessionEndStatus};

use crate::bench::{Folder, ask, can_be_heard, read_wav, recordings, until};

#[cfg(unix)]
#[tokio::test]
async fn a_stopped_server_ends_live_sessions_cleanly() {
    let folder = Folder::new();
    let server = folder.serve().await;
    let mut conversation = server.start_session().await;
    ask(&mut conversation).await;
    server.terminate().await;
    let ended = until(&mut conversation, |message| {
        matches!(message, ServerMessage::SessionEnded(_))
    })
    .await;
    let ServerMessage::SessionEnded(ended) = ended else {
        unreachable!()
    };
    assert_eq!(
        (ended.status, ended.summary.total_turns),
        (SessionEndStatus::Disconnected, 1)
    );
    assert_eq!(server.exit_code().await, Some(0));

    let server = folder.serve().await;
    let session = server.client().session(ended.session_id).await.unwrap();
    assert_eq!(session.session.status, SessionStatus::Disconnected);
    assert_eq!(session.turns.len(), 1);
    assert!(recordings(&folder.storage().join("spool")).is_empty());
    assert_eq!(recordings(&folder.storage().join("interactions")).len(), 2);
}

#[tokio::test]
async fn a_killed_server_leaves_recordings_that_can_be_played() {
    let folder = Folder::new();
    let server = folder.serve().await;
    let mut conversation = server.start_session().await;
    let id = conversation.started().session_id;
    ask(&mut conversation).await;
    server.kill().await;

    // The AI had just begun, so its file may hold nothing yet; the user had spoken for seconds.
    let user_audio = folder
        .storage()
        .join(format!("spool/interactions/{id}/turn_001_user.wav"));
    let clip = read_wav(&user_audio);
    assert!(
        clip.samples.len() > 3 * 24_000,
        "all but the last half second: {}",
        clip.samples.len()
    );
    assert!(can_be_heard(&clip), "there is silence only");

    let server = folder.serve().await;
    let session = server.client().session(id).await.unwrap();
    assert_eq!(session.session.status, SessionStatus::Disconnected);
    assert!(
        recordings(&folder.storage().join("spool")).is_empty(),
        "the recordings are in the storage now"
    );
    assert!(!recordings(&folder.storage().join("interactions")).is_empty());
}

//! A storage that fails while somebody talks: the conversation goes on, its turns are kept, and the user is told.

use std::fs;

use viva_client::Conversation;
use viva_infrastructure::db::{Database, DatabaseConfig};
use viva_protocol::rest::Turn;
use viva_protocol::ws::{NoticeCode, ServerMessage, SessionEndStatus};

use crate::bench::{Folder, Server, ask, hang_up, recordings};

/// Asks, and hangs up when the AI answers. Answers the only turn, and what the user was told meanwhile.
async fn one_turn(server: &Server, mut conversation: Conversation) -> (Turn, Vec<NoticeCode>) {
    let mut said = ask(&mut conversation).await;
    said.extend(hang_up(&mut conversation).await);
    let Some(ServerMessage::SessionEnded(ended)) = said.last() else {
        unreachable!()
    };
    assert_eq!(
        (ended.status, ended.summary.total_turns),
        (SessionEndStatus::Completed, 1)
    );
    let stored = server
        .client()
        .session(ended.session_id)
        .await
        .expect("it is stored");
    let [turn] = stored.turns.try_into().expect("the turn is stored");
    let notices = said.iter().filter_map(|message| match message {
        ServerMessage::Notice(notice) => Some(notice.code),
        _ => None,
    });
    (turn, notices.collect())
}

#[tokio::test]
async fn a_storage_that_disappears_costs_the_recordings_and_not_the_turn() {
    let folder = Folder::new();
    let server = folder.serve().await;
    let conversation = server.start_session().await;
    fs::rename(folder.storage(), folder.path().join("elsewhere")).unwrap();
    fs::write(folder.storage(), "in the way").unwrap();
    let (turn, notices) = one_turn(&server, conversation).await;
    assert!(turn.latency.total_ms.is_some(), "{turn:?}");
    assert_eq!((turn.user_audio_ms, turn.ai_audio_ms), (None, None));
    assert_eq!(notices, [NoticeCode::RecordingFailed]);
    assert!(!folder.log().contains("panicked"), "{}", folder.log());
}

/// More than a database takes that has its tables, and less than four seconds of a recording.
#[cfg(unix)]
const ROOM_KIB: u32 = 160;

#[cfg(unix)]
#[tokio::test]
async fn a_full_disk_costs_the_recording_and_not_the_turn() {
    let folder = Folder::new();
    // Making the tables takes more room than using them. Closing the database empties its log.
    let database = Database::connect(&DatabaseConfig::new(folder.database_url())).await;
    let database = database.unwrap();
    database.migrate().await.unwrap();
    database.close().await.unwrap();
    let server = folder.serve_within(ROOM_KIB).await;
    let conversation = server.start_session().await;
    let (turn, notices) = one_turn(&server, conversation).await;
    assert!(
        turn.ai_transcript.is_some() || turn.ai_unheard.is_some(),
        "{turn:?}"
    );
    assert_eq!(turn.user_audio_ms, None, "it did not fit");
    assert_eq!(notices, [NoticeCode::RecordingFailed]);
    assert!(!folder.log().contains("panicked"), "{}", folder.log());
    let kept = recordings(&folder.storage());
    assert!(
        kept.iter().all(|path| path.ends_with("turn_001_ai.wav")),
        "half of a recording is left: {kept:?}"
    );
}

//! What is deleted or no longer kept is gone from the database and from the disk.

use std::fs;
use std::path::PathBuf;

use chrono::TimeDelta;
use tokio::time::timeout;
use uuid::Uuid;
use viva_client::ClientError;
use viva_contract::samples::{at, session, session_id, turn};
use viva_domain::ids::UserId;
use viva_domain::ports::{Clock as _, SessionStore as _};
use viva_domain::sessions::{EndStatus, Session, SessionState};
use viva_infrastructure::db::{Database, DatabaseConfig, SqlSessionStore};
use viva_infrastructure::system::SystemClock;
use viva_protocol::rest::DeletionOutcome;

use crate::bench::{Folder, PATIENCE, Server, ask, hang_up, output, recordings};

fn interactions(folder: &Folder) -> PathBuf {
    folder.storage().join("interactions")
}

/// Holds a conversation of one turn and answers its session.
async fn talk(server: &Server) -> Uuid {
    let mut conversation = server.start_session().await;
    let id = conversation.started().session_id;
    ask(&mut conversation).await;
    assert_eq!(
        refusal(server.client().delete_session(id).await),
        409,
        "it goes on"
    );
    hang_up(&mut conversation).await;
    id
}

fn refusal<T: std::fmt::Debug>(res: Result<T, ClientError>) -> u16 {
    match res {
        Err(ClientError::Problem(problem)) => problem.status,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_deleted_session_is_gone_with_its_files() {
    let folder = Folder::new();
    let server = folder.serve().await;
    let (first, second) = (talk(&server).await, talk(&server).await);
    assert_eq!(recordings(&interactions(&folder)).len(), 4);
    let client = server.client();
    client.delete_session(first).await.unwrap();
    assert_eq!(refusal(client.session(first).await), 404);
    assert!(!interactions(&folder).join(first.to_string()).exists());
    assert_eq!(recordings(&interactions(&folder)).len(), 2);

    let done = client.delete_sessions(vec![first, second]).await.unwrap();
    let outcomes: Vec<_> = done.iter().map(|item| item.outcome).collect();
    assert_eq!(outcomes, [DeletionOutcome::NotFound, DeletionOutcome::Deleted]);
    assert!(recordings(&folder.storage()).is_empty());
    assert!(!folder.storage().join("tombstones").exists());
}

#[tokio::test]
async fn what_was_being_deleted_is_gone_after_the_next_start() {
    let folder = Folder::new();
    let server = folder.serve().await;
    let (first, second) = (talk(&server).await, talk(&server).await);
    server.kill().await;
    // As the process leaves it that dies right after it has decided.
    let tombstones = folder.storage().join("tombstones");
    fs::create_dir(&tombstones).unwrap();
    fs::write(tombstones.join(first.to_string()), UserId::LOCAL.to_string()).unwrap();
    let spooled = folder.storage().join(format!("spool/interactions/{first}"));
    fs::create_dir_all(&spooled).unwrap();
    let recording = interactions(&folder).join(format!("{first}/turn_001_user.wav"));
    fs::copy(recording, spooled.join("turn_002_user.wav")).unwrap();

    let server = folder.serve().await;
    assert_eq!(refusal(server.client().session(first).await), 404);
    assert_eq!(recordings(&folder.storage()).len(), 2, "those of the other one");
    assert!(!tombstones.exists());
    server.client().session(second).await.unwrap();
}

/// Stores a session of the local user that ended on 2026-03-01, with a turn and its recordings.
#[expect(
    clippy::unwrap_used,
    reason = "what tests are made of fails as they do, by panicking"
)]
async fn keep_an_old_session(folder: &Folder, n: u16) {
    let database = Database::connect(&DatabaseConfig::new(folder.database_url())).await;
    let database = database.unwrap();
    database.migrate().await.unwrap();
    let store = SqlSessionStore::new(database.clone());
    let old = Session {
        user_id: UserId::LOCAL,
        state: SessionState::Ended {
            at: at(i64::from(n)),
            status: EndStatus::Completed,
        },
        ..session(n)
    };
    store.insert(&old).await.unwrap();
    let turn = turn(n, 1);
    store.save_turn(UserId::LOCAL, &turn).await.unwrap();
    database.close().await.unwrap();
    for recording in [turn.user_audio, turn.ai_audio].into_iter().flatten() {
        let path = folder.storage().join(recording.key.as_str());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "RIFF").unwrap();
    }
}

async fn retention(folder: &Folder, args: &[&str], days: &str) -> String {
    let mut command = folder.viva(&[&["retention", "run"], args].concat());
    let output = output(command.env("VIVA__RETENTION__DAYS", days)).await;
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{message}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test]
async fn a_dry_run_says_what_would_go_and_a_run_removes_it() {
    let folder = Folder::new();
    for n in [1, 2] {
        keep_an_old_session(&folder, n).await;
    }
    let nothing = "0 recordings of 0 sessions with 0 bytes, 0 deletions that were begun, 0 files of 0 bytes without a \
                   session, 0 recordings without a file\n";
    let said = retention(&folder, &["--dry-run"], "0").await;
    assert_eq!(said, format!("would remove {nothing}"), "for ever");

    let said = retention(&folder, &["--dry-run"], "30").await;
    let line = |n| {
        let id = session_id(n);
        format!("audio of session {id}: ended 2026-03-01 12:00 UTC, 2 recordings, 8 bytes\n")
    };
    let total = nothing.replacen(
        "0 recordings of 0 sessions with 0",
        "4 recordings of 2 sessions with 16",
        1,
    );
    let expected = format!("{}{}would remove {total}", line(1), line(2));
    assert_eq!(said, expected);
    assert_eq!(recordings(&folder.storage()).len(), 4);

    let said = retention(&folder, &[], "30").await;
    assert_eq!(said, expected.replace("would remove", "removed"));
    assert!(recordings(&folder.storage()).is_empty());
    assert_eq!(retention(&folder, &[], "30").await, format!("removed {nothing}"));
}

#[tokio::test]
async fn nothing_goes_from_a_storage_that_another_database_knows() {
    let folder = Folder::new();
    keep_an_old_session(&folder, 1).await;
    assert!(
        retention(&folder, &[], "0")
            .await
            .starts_with("removed 0 recordings of 0 sessions")
    );
    let other = format!("sqlite://{}", folder.path().join("other.db").display());
    let beside = |args: &[&str]| {
        let mut command = folder.viva(&[&["retention"], args].concat());
        command.env("VIVA__DATABASE__URL", &other);
        command
    };
    let refused = output(&mut beside(&["run", "--force"])).await;
    let message = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success(), "{message}");
    assert!(
        message.contains("the mark of another database") && message.contains("viva retention adopt"),
        "{message}"
    );
    assert_eq!(recordings(&folder.storage()).len(), 2);

    let adopted = output(&mut beside(&["adopt"])).await;
    let said = String::from_utf8_lossy(&adopted.stdout);
    assert!(
        adopted.status.success() && said.contains("know each other"),
        "{said}"
    );
    let run = output(&mut beside(&["run"])).await;
    let said = String::from_utf8_lossy(&run.stdout);
    // What is so young is not looked at.
    assert!(said.starts_with("removed 0 recordings of 0 sessions"), "{said}");
    let mut first = folder.viva(&["retention", "run"]);
    assert!(
        !output(&mut first).await.status.success(),
        "it is the other one's now"
    );
}

#[tokio::test]
async fn a_server_purges_audio_by_itself_and_keeps_what_was_said() {
    let folder = Folder::new();
    keep_an_old_session(&folder, 1).await;
    // The clock has held to its time since the run of yesterday.
    let runs = [2, 1].map(|days| (SystemClock.now() - TimeDelta::days(days)).to_rfc3339());
    fs::create_dir_all(folder.storage()).unwrap();
    fs::write(folder.storage().join(".retention.lock"), runs.join("\n")).unwrap();
    let server = folder.serve().await;
    let client = server.client();
    let id = session_id(1).as_uuid();
    let purged = async {
        loop {
            let detail = client.session(id).await.unwrap();
            if detail.session.recordings_purged_at.is_some() {
                return detail;
            }
        }
    };
    let detail = timeout(PATIENCE, purged).await.expect("it says so soon");
    let [turn] = &detail.turns[..] else {
        panic!("{:?}", detail.turns);
    };
    assert_eq!(turn.user_transcript.as_deref(), Some("Tell me a story."));
    assert!(turn.latency.total_ms.is_some() && turn.user_audio_ms.is_some());
    let gone = async {
        while !recordings(&folder.storage()).is_empty() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, gone).await.expect("its files go soon");
    // A run beside it finds nothing to do, or that the server is at it.
    let run = output(&mut folder.viva(&["retention", "run"])).await;
    let (said, refused) = (
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr),
    );
    let is_at_it = refused.contains("another process removes what is no longer kept");
    assert!(
        said.starts_with("removed 0 recordings of 0 sessions") || is_at_it,
        "{said}{refused}"
    );
}

#[tokio::test]
async fn a_bucket_that_cannot_be_reached_is_named() {
    let folder = Folder::new();
    let mut command = folder.viva(&["serve"]);
    command
        .env("VIVA__STORAGE__URL", "s3://recordings/viva")
        .env("VIVA__STORAGE__FOLDER", folder.storage())
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        .env("AWS_ACCESS_KEY_ID", "id")
        .env("AWS_SECRET_ACCESS_KEY", "hunter2");
    let refused = output(&mut command).await;
    let message = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(73), "{message}");
    assert!(
        message.contains("the storage cannot be used") && message.contains("recordings"),
        "{message}"
    );
    assert!(!message.contains("hunter2"), "{message}");
}

//! A copy that was made while the server ran, as docs/operations.md says, and the server that is made of it.

use std::path::Path;
use std::{fs, io};

use sea_orm::ConnectionTrait as _;
use uuid::Uuid;
use viva_client::{ClientError, Side};

use crate::bench::{Folder, Server, ask, hang_up, output};

/// Holds a conversation of one turn and answers its session.
async fn talk(server: &Server) -> Uuid {
    let mut conversation = server.start_session().await;
    let id = conversation.started().session_id;
    ask(&mut conversation).await;
    hang_up(&mut conversation).await;
    id
}

/// The database in one file, whatever is written to it meanwhile.
async fn copy_database(from: &Folder, to: &Path) -> Result<(), sea_orm::DbErr> {
    let database = sea_orm::Database::connect(from.database_url()).await?;
    let statement = format!("VACUUM INTO '{}'", to.display());
    database.execute_unprepared(&statement).await?;
    database.close().await
}

/// Every file below a folder.
fn copy_files(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let copy = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_files(&entry.path(), &copy)?;
        } else {
            fs::copy(entry.path(), &copy)?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_was_copied_while_the_server_ran_is_all_there() {
    let (folder, restored) = (Folder::new(), Folder::new());
    let server = folder.serve().await;
    let before = talk(&server).await;
    let mut live = server.start_session().await;
    ask(&mut live).await;
    let copy = restored.path().join("viva.db");
    copy_database(&folder, &copy).await.unwrap();
    // Between the two copies a conversation comes to its end: its files are in the second one only.
    hang_up(&mut live).await;
    let between = talk(&server).await;
    copy_files(&folder.storage(), &restored.storage()).unwrap();
    let heard = server.client().session(before).await.unwrap();
    drop(server);

    let dry_run = output(&mut restored.viva(&["retention", "run", "--dry-run"])).await;
    let said = String::from_utf8_lossy(&dry_run.stdout);
    assert!(dry_run.status.success(), "{said}");
    assert!(
        !said.contains("has no file"),
        "the files are older than the rows: {said}"
    );
    let server = restored.serve().await;
    let client = server.client();
    let found = client.session(before).await.unwrap();
    assert_eq!(found, heard);
    for side in [Side::User, Side::Ai] {
        let audio = client.turn_audio(before, found.turns[0].id, side).await.unwrap();
        assert!(
            audio.len() > 10_000,
            "{side:?} can be heard: {} bytes",
            audio.len()
        );
    }
    let gone = client.session(between).await.unwrap_err();
    assert!(
        matches!(&gone, ClientError::Problem(problem) if problem.status == 404),
        "it came after the copy of the rows: {gone}"
    );
    talk(&server).await;
}

//! What is said and done when nothing is wrong.

use std::fs;

use viva_domain::ids::{SessionId, UserId};
use viva_domain::ports::{PageRequest, SessionStore as _};
use viva_domain::sessions::SessionFilter;
use viva_infrastructure::db::{Database, DatabaseConfig, SqlSessionStore};

use crate::bench::{Folder, output};

#[tokio::test]
async fn a_server_says_where_it_listens_and_what_to_do_next() {
    let folder = Folder::new();
    let server = folder.serve().await;
    let line = server.announcement();
    assert!(line.contains("listening on http://127.0.0.1:"), "{line}");
    for next in ["browser", "Start", "Ctrl-C"] {
        assert!(line.contains(next), "{line}");
    }
    // The address in the line is the server's.
    server.client().providers().await.unwrap();
}

#[tokio::test]
async fn a_good_file_is_said_to_be_right() {
    let folder = Folder::new();
    let settings = "[sessions]\nper_user = 3\n";
    fs::write(folder.path().join("viva.toml"), settings).unwrap();
    let checked = output(&mut folder.viva(&["config", "check"])).await;
    assert!(checked.status.success());
    let said = String::from_utf8_lossy(&checked.stdout);
    assert_eq!(said, "the configuration is right\n");
    // It is this file that was read.
    let shown = output(&mut folder.viva(&["config", "show"])).await;
    let shown = String::from_utf8_lossy(&shown.stdout);
    assert!(shown.contains("sessions.per_user = \"3\""), "{shown}");
}

#[tokio::test]
async fn migrating_makes_the_tables_and_doing_it_again_is_harmless() {
    let folder = Folder::new();
    for _ in 0..2 {
        let output = output(&mut folder.viva(&["migrate"])).await;
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{message}");
        let log = folder.path().join("viva.db-wal");
        assert!(!log.exists(), "the tables are in the file of the database");
        // Opening a database makes no tables, and a query fails without them.
        let database = Database::connect(&DatabaseConfig::new(folder.database_url())).await;
        let database = database.unwrap();
        let store = SqlSessionStore::new(database.clone());
        let page = PageRequest::new(1, 1);
        let filter = SessionFilter::default();
        let sessions = store.list(UserId::LOCAL, &filter, page).await.unwrap();
        assert_eq!(sessions.page.total, 0);
        let nobody = SessionId::from_uuid(uuid::Uuid::nil());
        assert_eq!(store.turns(UserId::LOCAL, nobody).await.unwrap(), []);
        assert_eq!(database.migrate().await.unwrap(), 0, "steps were left out");
        database.close().await.unwrap();
    }
}

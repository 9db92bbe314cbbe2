use std::fs;

use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};
use viva_contract::samples::{
    OWNER, STRANGER, cascade_config, failed_turn, session, session_id, turn, turn_id,
};
use viva_contract::{
    session_list_contract, session_search_contract, session_store_contract, turn_peaks_contract,
};
use viva_domain::sessions::{Prompt, TextSearch};
use viva_migrations::{Migrator, MigratorTrait as _};

use super::super::testing::{
    on_postgres, on_postgres_server, on_sqlite, on_sqlite_with, patient, sqlite_url,
};
use super::*;

async fn fresh_sqlite(case: impl AsyncFnOnce(&dyn SessionStore)) {
    on_sqlite(async |database| case(&SqlSessionStore::new(database.clone())).await).await;
}

async fn fresh_postgres(case: impl AsyncFnOnce(&dyn SessionStore)) {
    on_postgres(async |database| case(&SqlSessionStore::new(database.clone())).await).await;
}

session_store_contract!(fresh_sqlite);
session_store_contract!(fresh_postgres);

async fn peaks_on_sqlite(case: impl AsyncFnOnce(&dyn SessionStore)) {
    fresh_sqlite(case).await;
}

async fn peaks_on_postgres(case: impl AsyncFnOnce(&dyn SessionStore)) {
    fresh_postgres(case).await;
}

turn_peaks_contract!(peaks_on_sqlite);
turn_peaks_contract!(peaks_on_postgres);

mod lists {
    use super::*;

    session_list_contract!(fresh_sqlite);
    session_list_contract!(fresh_postgres);
}

mod searches {
    use super::*;

    session_search_contract!(fresh_sqlite);
    session_search_contract!(fresh_postgres);
}

#[tokio::test]
async fn damaged_sessions_are_reported() {
    let case = async |database: &Database| {
        let store = filled(database).await;
        for (column, value) in [("system_prompt", "\u{1b}"), ("scenario", "\u{1b}")] {
            let table = "UPDATE interaction_sessions SET";
            run(database, &format!("{table} {column} = '{value}'")).await;
            let err = store.find(OWNER, session_id(1)).await.unwrap_err();
            assert_eq!(err.kind, StoreErrorKind::Damaged, "{column}: {err:?}");
            let cause = err.source.unwrap().to_string();
            assert_eq!(
                cause,
                format!("the column {column} holds a value that makes no sense")
            );
            run(database, &format!("{table} {column} = 'Be brief.'")).await;
        }
        for change in [
            "status = 'sleeping'",
            "status = 'completed', ended_at = NULL",
            "status = 'active', fallback = 'maybe'",
            "fallback = 'ask', instructions = NULL",
            "instructions = '', interaction = '{\"mode\":\"telepathy\"}'",
        ] {
            run(database, &format!("UPDATE interaction_sessions SET {change}")).await;
            let err = store.find(OWNER, session_id(1)).await.unwrap_err();
            assert_eq!(err.kind, StoreErrorKind::Damaged, "{change}: {err:?}");
            let err = first_page(&store).await.unwrap_err();
            assert_eq!(err.kind, StoreErrorKind::Damaged, "{change}: {err:?}");
        }
    };
    on_sqlite(case).await;
    on_postgres(case).await;
}

#[tokio::test]
async fn damaged_turns_are_reported() {
    let case = async |database: &Database| {
        let store = filled(database).await;
        for (change, repair) in [
            ("number = 0", "number = 1"),
            ("played_us = -1", "played_us = NULL"),
            ("user_audio_key = '../etc/passwd'", "user_audio_key = 'user.wav'"),
            ("user_audio_rate = NULL", "user_audio_rate = 16000"),
            ("interruption = 'boredom'", "interruption = NULL"),
            (
                "ai_audio_placement = '{\"pieces_us\":[],\"is_estimated\":false}'",
                "ai_audio_placement = NULL",
            ),
            ("input_tokens = -1", "input_tokens = NULL"),
            ("marks = '{\"committed_us\":\"soon\"}'", "marks = '{}'"),
        ] {
            run(database, &format!("UPDATE conversation_turns SET {change}")).await;
            assert_damaged(&store, change).await;
            run(database, &format!("UPDATE conversation_turns SET {repair}")).await;
            store.turns(OWNER, session_id(1)).await.unwrap();
        }
        run(database, "UPDATE latency_metrics SET total_measured = NULL").await;
        assert_damaged(&store, "a total that nobody measured").await;
        run(database, "DELETE FROM latency_metrics").await;
        assert_damaged(&store, "no latencies").await;
    };
    on_sqlite(case).await;
    on_postgres(case).await;
}

#[tokio::test]
async fn deleting_a_user_deletes_what_is_theirs() {
    let case = async |database: &Database| {
        filled(database).await;
        run(database, "DELETE FROM users").await;
        for table in [
            "interaction_sessions",
            "conversation_turns",
            "latency_metrics",
            "session_words",
        ] {
            let sql = format!("SELECT COUNT(*) AS left_over FROM {table}");
            let statement = Statement::from_string(database.connection.get_database_backend(), sql);
            let row = database.connection.query_one_raw(statement).await;
            let left_over: i64 = row.unwrap().unwrap().try_get("", "left_over").unwrap();
            assert_eq!(left_over, 0, "{table}");
        }
    };
    on_sqlite(case).await;
    on_postgres(case).await;
}

#[tokio::test]
async fn what_was_stored_before_there_were_lists_is_listed_and_found() {
    let case = async |database: &Database| {
        let store = filled(database).await;
        store.save_turn(OWNER, &failed_turn(1, 2)).await.unwrap();
        let cascade = Interaction::Cascade(Box::new(cascade_config()));
        for n in 2..=4 {
            let session = Session {
                interaction: cascade.clone(),
                // The later its number, the earlier it began: numbers are given anew, in the order of the beginnings.
                started_at: session(10 - n).started_at,
                ..session(n)
            };
            store.insert(&session).await.unwrap();
        }
        let foreign = Session {
            user_id: STRANGER,
            ..session(5)
        };
        store.insert(&foreign).await.unwrap();
        // What nobody can read shall not keep the others from being listed.
        let damage =
            "UPDATE interaction_sessions SET interaction = '{\"mode\":\"telepathy\"}' WHERE number = 5";
        run(database, damage).await;
        let before = first_page(&store).await.unwrap();

        back_to_before("m20261130_session_lists", database).await;
        assert!(database.migrate().await.unwrap() > 0);
        let after = first_page(&store).await.unwrap();
        assert_eq!(after, before);
        let filter = SessionFilter {
            text: Some(TextSearch::parse("story").unwrap()),
            bound: Some(1),
            ..SessionFilter::default()
        };
        let found = store.list(OWNER, &filter, PageRequest::new(1, 10)).await.unwrap();
        assert_eq!(found.page.items[0].session.id, session_id(1));
        // Numbers go on where they are.
        store.insert(&session(6)).await.unwrap();
        assert_eq!(first_page(&store).await.unwrap().bound, before.bound + 1);
    };
    on_sqlite(case).await;
    on_postgres(case).await;
}

#[tokio::test]
async fn what_the_ai_was_told_before_that_was_kept_is_composed_of_its_parts() {
    let case = async |database: &Database| {
        let store = filled(database).await;
        let bare = Session {
            prompt: Prompt::default(),
            instructions: String::new(),
            ..session(2)
        };
        store.insert(&bare).await.unwrap();
        store.insert(&session(3)).await.unwrap();
        let damage = "UPDATE interaction_sessions SET system_prompt = '\u{1b}' WHERE number = 3";
        run(database, damage).await;

        back_to_before("m20261130_session_instructions", database).await;
        assert!(database.migrate().await.unwrap() > 0);
        for session in [session(1), bare] {
            let kept = store.find(OWNER, session.id).await.unwrap();
            assert_eq!(kept, Some(session));
        }
        let err = store.find(OWNER, session_id(3)).await.unwrap_err();
        assert_eq!(err.kind, StoreErrorKind::Damaged);

        // What was sent stays, whatever would be composed today.
        run(database, "UPDATE interaction_sessions SET instructions = 'Sing.'").await;
        database.migrate().await.unwrap();
        let kept = store.find(OWNER, session_id(1)).await.unwrap();
        assert_eq!(kept.unwrap().instructions, "Sing.");
    };
    on_sqlite(case).await;
    on_postgres(case).await;
}

#[tokio::test]
async fn what_a_server_of_before_stores_afterwards_is_numbered_and_found() {
    let case = async |database: &Database| {
        let store = filled(database).await;
        for n in [2, 3] {
            store_as_before(database, n).await;
        }
        assert_eq!(first_page(&store).await.unwrap().page.total, 1, "they wait");
        database.migrate().await.unwrap();
        let list = first_page(&store).await.unwrap();
        assert_eq!((list.page.total, list.bound), (3, 3));
        let providers = list.page.items.iter().map(|item| item.providers.len());
        assert_eq!(providers.collect::<Vec<_>>(), [1; 3], "they are summarised too");
        store.insert(&session(4)).await.unwrap();
        assert_eq!(first_page(&store).await.unwrap().bound, 4);
    };
    on_sqlite(case).await;
    on_postgres(case).await;
}

/// Stores a session that is like the first, with the columns that there were before there were lists.
async fn store_as_before(database: &Database, n: u16) {
    let id = session_id(n).as_uuid().simple();
    let id = match database.connection.get_database_backend() {
        DatabaseBackend::Sqlite => format!("x'{id}'"),
        _ => format!("'{id}'::uuid"),
    };
    let columns = "user_id, mode, interaction, barge_in_enabled, fallback, started_at, status";
    let sql = format!(
        "INSERT INTO interaction_sessions (id, {columns}) SELECT {id}, {columns} FROM interaction_sessions \
         WHERE number = 1"
    );
    run(database, &sql).await;
}

#[tokio::test]
async fn the_index_of_words_is_that_of_the_words() {
    on_sqlite(async |database| {
        let store = filled(database).await;
        store.save_turn(OWNER, &turn(1, 2)).await.unwrap();
        store.insert(&session(2)).await.unwrap();
        store.save_turn(OWNER, &turn(2, 1)).await.unwrap();
        let check =
            "INSERT INTO session_words_index (session_words_index, rank) VALUES ('integrity-check', 1)";
        run(database, check).await;
        run(database, "DELETE FROM interaction_sessions WHERE number = 1").await;
        run(database, check).await;
        run(database, "DELETE FROM users").await;
        run(database, check).await;
    })
    .await;
}

#[tokio::test]
async fn a_turn_is_stored_with_its_latencies_or_not_at_all() {
    let case = async |database: &Database| {
        let store = filled(database).await;
        let (down, up) = (
            "ALTER TABLE latency_metrics RENAME TO elsewhere",
            "ALTER TABLE elsewhere RENAME TO latency_metrics",
        );
        assert_unavailable_between(database, &store, down, up).await;
    };
    on_sqlite(case).await;
    on_postgres(case).await;
}

#[tokio::test]
async fn a_full_disk_is_unavailable_until_there_is_room() {
    on_sqlite_with(1, async |database| {
        let store = filled(database).await;
        // More than fits into the pages that exist.
        let turn = Turn {
            failure: Some("x".repeat(100_000)),
            ..turn(1, 2)
        };
        run(database, "PRAGMA max_page_count = 1").await;
        let err = store.save_turn(OWNER, &turn).await.unwrap_err();
        assert_eq!(err.kind, StoreErrorKind::Unavailable);
        assert!(err.source.unwrap().to_string().contains("full"));
        run(database, "PRAGMA max_page_count = 1000000").await;
        store.save_turn(OWNER, &turn).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_read_only_database_is_unavailable_until_it_can_be_written() {
    on_sqlite_with(1, async |database| {
        let store = filled(database).await;
        let (down, up) = ("PRAGMA query_only = 1", "PRAGMA query_only = 0");
        assert_unavailable_between(database, &store, down, up).await;
    })
    .await;
}

#[tokio::test]
async fn a_locked_database_is_unavailable_until_it_is_released() {
    let place = tempfile::tempdir().unwrap();
    let mut config = patient(sqlite_url(&place.path().join("viva.db")));
    config.max_connections = 1;
    let other = Database::connect(&config).await.unwrap();
    other.migrate().await.unwrap();
    filled(&other).await;
    let database = Database::connect(&config).await.unwrap();
    let store = SqlSessionStore::new(database.clone());
    // Gives up at once, for the test's sake.
    run(&database, "PRAGMA busy_timeout = 0").await;

    run(&other, "BEGIN IMMEDIATE").await;
    let err = store.save_turn(OWNER, &turn(1, 2)).await.unwrap_err();
    assert_eq!(err.kind, StoreErrorKind::Unavailable);
    assert!(err.source.unwrap().to_string().contains("locked"));
    run(&other, "ROLLBACK").await;
    store.save_turn(OWNER, &turn(1, 2)).await.unwrap();
    assert_eq!(store.turns(OWNER, session_id(1)).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_file_that_goes_away_is_unavailable_until_it_is_back() {
    let place = tempfile::tempdir().unwrap();
    let (folder, elsewhere) = (place.path().join("storage"), place.path().join("elsewhere"));
    let config = patient(sqlite_url(&folder.join("viva.db")));
    let database = Database::connect(&config).await.unwrap();
    database.migrate().await.unwrap();
    let store = filled(&database).await;

    let assert_unavailable = async || {
        for res in [
            store.ping().await,
            store.save_turn(OWNER, &turn(1, 2)).await,
            store.turns(OWNER, session_id(1)).await.map(|_| ()),
        ] {
            assert_eq!(res.unwrap_err().kind, StoreErrorKind::Unavailable);
        }
    };
    fs::rename(&folder, &elsewhere).unwrap();
    assert_unavailable().await;
    fs::create_dir(&folder).unwrap();
    assert_unavailable().await;
    // It fails if an empty database took the file's place meanwhile.
    fs::create_dir(folder.join("viva.db")).unwrap();
    assert_unavailable().await;
    fs::remove_dir_all(&folder).unwrap();
    fs::rename(&elsewhere, &folder).unwrap();
    store.save_turn(OWNER, &turn(1, 2)).await.unwrap();
    assert_eq!(
        store.turns(OWNER, session_id(1)).await.unwrap(),
        [turn(1, 1), turn(1, 2)]
    );
}

#[tokio::test]
async fn lost_connections_are_replaced() {
    on_postgres_server(async |database, server| {
        let store = filled(database).await;
        server.disconnect().await;
        store.save_turn(OWNER, &turn(1, 2)).await.unwrap();
        assert_eq!(store.turns(OWNER, session_id(1)).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_database_that_goes_away_is_unavailable_until_it_is_back() {
    on_postgres_server(async |database, server| {
        let store = filled(database).await;
        server.close_door().await;
        server.disconnect().await;
        for res in [
            store.ping().await,
            store.save_turn(OWNER, &turn(1, 2)).await,
            first_page(&store).await.map(|_| ()),
            store.end_left_over(session(1).started_at).await.map(|_| ()),
        ] {
            assert_eq!(res.unwrap_err().kind, StoreErrorKind::Unavailable);
        }
        server.open_door().await;
        store.ping().await.unwrap();
        store.save_turn(OWNER, &turn(1, 2)).await.unwrap();
        assert_eq!(store.turns(OWNER, session_id(1)).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_is_lost_at_work_is_unavailable() {
    on_postgres_server(async |database, server| {
        let store = filled(database).await;
        let lock = database.connection.begin().await.unwrap();
        lock.execute_unprepared("LOCK TABLE latency_metrics")
            .await
            .unwrap();
        let next = turn(1, 2);
        let (saved, ()) = tokio::join!(store.save_turn(OWNER, &next), async {
            server.until_blocked().await;
            server.disconnect_blocked().await;
        });
        assert_eq!(saved.unwrap_err().kind, StoreErrorKind::Unavailable);
        drop(lock);
        store.save_turn(OWNER, &next).await.unwrap();
        assert_eq!(store.turns(OWNER, session_id(1)).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_ping_notices_a_schema_that_is_not_that_of_this_version() {
    let case = async |database: &Database| {
        let store = SqlSessionStore::new(database.clone());
        store.ping().await.unwrap();
        Migrator::down(&database.connection, Some(1)).await.unwrap();
        let err = store.ping().await.unwrap_err();
        assert_eq!(err.kind, StoreErrorKind::Unavailable);
        let source = err.source.unwrap().to_string();
        assert!(source.contains("viva migrate"), "{source}");
        database.migrate().await.unwrap();
        store.ping().await.unwrap();
        run(database, "DROP TABLE seaql_migrations").await;
        assert_eq!(store.ping().await.unwrap_err().kind, StoreErrorKind::Unavailable);
    };
    on_sqlite(case).await;
    on_postgres(case).await;
}

/// Undoes the step that added what lists need, and those after it.
async fn back_to_before(step: &str, database: &Database) {
    let steps = Migrator::migrations();
    let since = steps.iter().position(|other| other.name() == step).unwrap();
    let undone = u32::try_from(steps.len() - since).unwrap();
    Migrator::down(&database.connection, Some(undone)).await.unwrap();
}

/// A store with one session and one turn.
async fn filled(database: &Database) -> SqlSessionStore {
    let store = SqlSessionStore::new(database.clone());
    store.insert(&session(1)).await.unwrap();
    store.save_turn(OWNER, &turn(1, 1)).await.unwrap();
    store
}

async fn first_page(store: &SqlSessionStore) -> Result<SessionList, StoreError> {
    let everything = SessionFilter::default();
    store.list(OWNER, &everything, PageRequest::new(1, 10)).await
}

async fn run(database: &Database, sql: &str) {
    database.connection.execute_unprepared(sql).await.unwrap();
}

async fn assert_damaged(store: &SqlSessionStore, what: &str) {
    let err = store.turns(OWNER, session_id(1)).await.unwrap_err();
    assert_eq!(err.kind, StoreErrorKind::Damaged, "{what}: {err:?}");
    let err = store.turn(OWNER, session_id(1), turn_id(1, 1)).await.unwrap_err();
    assert_eq!(err.kind, StoreErrorKind::Damaged, "{what}: {err:?}");
}

/// Between the two statements a turn cannot be saved; nothing of the attempt stays.
async fn assert_unavailable_between(database: &Database, store: &SqlSessionStore, down: &str, up: &str) {
    run(database, down).await;
    let err = store.save_turn(OWNER, &turn(1, 2)).await.unwrap_err();
    assert_eq!(err.kind, StoreErrorKind::Unavailable, "{down}: {err:?}");
    run(database, up).await;
    assert_eq!(store.turns(OWNER, session_id(1)).await.unwrap(), [turn(1, 1)]);
    store.save_turn(OWNER, &turn(1, 2)).await.unwrap();
}

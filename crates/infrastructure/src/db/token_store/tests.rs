use sea_orm::ConnectionTrait;
use viva_contract::samples::{OWNER, api_token, at, browser_token, session, token_id, user};
use viva_contract::token_store_contract;
use viva_domain::ports::{SessionStore as _, StoreErrorKind};

use super::super::SqlSessionStore;
use super::super::testing::{on_postgres, on_sqlite};
use super::*;

async fn fresh_sqlite(case: impl AsyncFnOnce(&dyn TokenStore)) {
    on_sqlite(async |database| case(&SqlTokenStore::new(database.clone())).await).await;
}

async fn fresh_postgres(case: impl AsyncFnOnce(&dyn TokenStore)) {
    on_postgres(async |database| case(&SqlTokenStore::new(database.clone())).await).await;
}

token_store_contract!(fresh_sqlite);
token_store_contract!(fresh_postgres);

#[tokio::test]
async fn whoever_was_here_before_signing_in_keeps_what_is_theirs() {
    let case = async |database: &Database| {
        let sessions = SqlSessionStore::new(database.clone());
        let mut mine = session(1);
        mine.user_id = UserId::LOCAL;
        sessions.insert(&mine).await.unwrap();
        let store = SqlTokenStore::new(database.clone());
        let local = store.find_user(&UserName::local()).await.unwrap().unwrap();
        assert_eq!(sessions.find(local.id, mine.id).await.unwrap(), Some(mine));
    };
    on_sqlite(case).await;
    on_postgres(case).await;
}

#[tokio::test]
async fn whoever_has_no_name_is_no_user() {
    let case = async |database: &Database| {
        // A user who is known by a session only.
        let sessions = SqlSessionStore::new(database.clone());
        sessions.insert(&session(1)).await.unwrap();
        let store = SqlTokenStore::new(database.clone());
        let users = store.users(PageRequest::new(1, 10)).await.unwrap();
        assert_eq!((users.total, users.items.len()), (1, 1));
        assert_eq!(users.items[0].id, UserId::LOCAL);
    };
    on_sqlite(case).await;
    on_postgres(case).await;
}

#[tokio::test]
async fn only_a_hash_of_a_secret_is_kept() {
    on_sqlite(async |database| {
        let store = filled(database).await;
        let kept = store.find(token_id(1)).await.unwrap().unwrap();
        let rows = Tokens::find().all(&database.connection).await.unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].digest, kept.digest.to_hex());
        let secret = format!("{:064x}", 1);
        assert!(!format!("{rows:?}").contains(&secret), "{rows:?}");
    })
    .await;
}

#[tokio::test]
async fn what_a_browser_got_goes_with_the_token_and_the_token_with_its_user() {
    let case = async |database: &Database| {
        let store = filled(database).await;
        run(database, "DELETE FROM api_tokens WHERE kind = 'api'").await;
        assert_eq!(store.find(token_id(2)).await.unwrap(), None);
        store.insert(&api_token(OWNER, 3)).await.unwrap();
        run(database, "DELETE FROM users").await;
        assert_eq!(store.find(token_id(3)).await.unwrap(), None);
    };
    on_sqlite(case).await;
    on_postgres(case).await;
}

#[tokio::test]
async fn damaged_tokens_are_reported_and_sign_nobody_in() {
    let case = async |database: &Database| {
        let store = filled(database).await;
        for (change, repair) in [
            ("digest = ''", api_token(OWNER, 2).digest.to_hex()),
            ("kind = 'spare'", "browser".to_owned()),
            ("name = ''", "x".to_owned()),
            ("kind = 'api'", "browser".to_owned()),
        ] {
            let column = change.split(' ').next().unwrap();
            let of_browsers = "WHERE signed_in_with IS NOT NULL";
            run(database, &format!("UPDATE api_tokens SET {change} {of_browsers}")).await;
            let err = store.find(token_id(2)).await.unwrap_err();
            assert_eq!(err.kind, StoreErrorKind::Damaged, "{change}: {err:?}");
            let listed = store.list(OWNER, PageRequest::new(1, 10)).await;
            assert_eq!(listed.unwrap_err().kind, StoreErrorKind::Damaged, "{change}");
            let repaired = format!("UPDATE api_tokens SET {column} = '{repair}' {of_browsers}");
            run(database, &repaired).await;
            store.find(token_id(2)).await.unwrap();
        }
        run(
            database,
            "UPDATE users SET name = 'Ada Lovelace' WHERE name = 'ada'",
        )
        .await;
        let users = store.users(PageRequest::new(1, 10)).await;
        assert_eq!(users.unwrap_err().kind, StoreErrorKind::Damaged);
    };
    on_sqlite(case).await;
    on_postgres(case).await;
}

/// A store with a user, a token of theirs and one of a browser of theirs.
async fn filled(database: &Database) -> SqlTokenStore {
    let store = SqlTokenStore::new(database.clone());
    store.ensure_user(&user(OWNER, "ada", 1)).await.unwrap();
    store.insert(&api_token(OWNER, 1)).await.unwrap();
    store.insert(&browser_token(OWNER, 2, 1)).await.unwrap();
    store.touch(OWNER, token_id(1), at(9_999)).await.unwrap();
    store
}

async fn run(database: &Database, sql: &str) {
    database.connection.execute_unprepared(sql).await.unwrap();
}

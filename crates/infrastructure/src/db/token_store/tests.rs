use sea_orm::ConnectionTrait;
use viva_contract::samples::{
    OWNER, api_token, at, audit_entry, browser_token, session, session_id, stored_credential,
    template_content, template_id, token_id, turn,
};
use viva_contract::{samples, token_store_contract};
use viva_domain::credentials::{AuditEntry, StoredCredential};
use viva_domain::ports::{CredentialStore as _, SessionStore as _, StoreErrorKind, TemplateStore as _};
use viva_domain::sessions::Session;
use viva_domain::turns::Turn;
use viva_migrations::{Migrator, MigratorTrait as _};

use super::super::testing::{on_postgres, on_sqlite};
use super::super::{SqlCredentialStore, SqlSessionStore, SqlTemplateStore};
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
        let local = UserId::LOCAL;
        let sessions = SqlSessionStore::new(database.clone());
        let templates = SqlTemplateStore::new(database.clone());
        let credentials = SqlCredentialStore::new(database.clone());
        let mine = Session {
            user_id: local,
            ..session(1)
        };
        sessions.insert(&mine).await.unwrap();
        let said = without_places(turn(1, 1));
        sessions.save_turn(local, &said).await.unwrap();
        let content = template_content("Mine");
        let template = (template_id(1), at(1));
        templates
            .insert(local, template.0, &content, template.1)
            .await
            .unwrap();
        let key = StoredCredential {
            owner: local,
            ..stored_credential(1)
        };
        let entry = AuditEntry {
            owner: local,
            ..audit_entry(1)
        };
        credentials.put(&key, &entry).await.unwrap();
        // Somebody else, who never had a name.
        sessions.insert(&session(2)).await.unwrap();

        let steps = steps_back_before("m20261130_access");
        Migrator::down(&database.connection, Some(steps)).await.unwrap();
        user::Entity::update_many()
            .col_expr(user::Column::CreatedAt, Expr::value(at(7)))
            .exec(&database.connection)
            .await
            .unwrap();
        assert_eq!(database.migrate().await.unwrap(), steps as usize);

        let store = SqlTokenStore::new(database.clone());
        let named = User {
            id: local,
            name: UserName::local(),
            created_at: at(7),
        };
        let users = store.users(PageRequest::new(1, 10)).await.unwrap();
        assert_eq!(users.items, [named]);
        store.insert(&api_token(local, 1)).await.unwrap();
        assert_eq!(store.find(token_id(1)).await.unwrap(), Some(api_token(local, 1)));
        assert_eq!(sessions.find(local, mine.id).await.unwrap(), Some(mine));
        assert_eq!(sessions.turns(local, session_id(1)).await.unwrap(), [said]);
        let kept = templates.find(local, template.0).await.unwrap().unwrap();
        assert_eq!((kept.content, kept.updated_at), (content, template.1));
        assert_eq!(credentials.list(local).await.unwrap(), [key]);
        let audit = credentials.audit(local, PageRequest::new(1, 10)).await.unwrap();
        assert_eq!((audit.total, audit.items[0].id), (1, entry.id));
        let others = sessions.find(OWNER, session(2).id).await.unwrap();
        assert_eq!(others, Some(session(2)));
    };
    on_sqlite(case).await;
    on_postgres(case).await;
}

/// A turn as it was stored before it was known where recordings lie in time.
fn without_places(mut turn: Turn) -> Turn {
    for recording in [&mut turn.user_audio, &mut turn.ai_audio].into_iter().flatten() {
        (recording.placement, recording.peaks) = (None, None);
    }
    turn
}

/// How many steps of the schema have to be taken back until this one is not taken.
fn steps_back_before(name: &str) -> u32 {
    let steps = Migrator::migrations();
    let later = steps.iter().rev().take_while(|step| step.name() != name);
    u32::try_from(later.count() + 1).unwrap()
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
    store.ensure_user(&samples::user(OWNER, "ada", 1)).await.unwrap();
    store.insert(&api_token(OWNER, 1)).await.unwrap();
    store.insert(&browser_token(OWNER, 2, 1)).await.unwrap();
    store.touch(OWNER, token_id(1), at(9_999)).await.unwrap();
    store
}

async fn run(database: &Database, sql: &str) {
    database.connection.execute_unprepared(sql).await.unwrap();
}

use sea_orm::ConnectionTrait;
use secrecy::{ExposeSecret, SecretString};
use viva_contract::credential_store_contract;
use viva_contract::samples::{OWNER, audit_entry, credential_id, stored_credential};
use viva_domain::credentials::{Credential, RawCredential};
use viva_domain::ports::{CredentialVault, StoreErrorKind};

use super::super::testing::{on_postgres, on_sqlite};
use super::*;
use crate::vault::{MasterKey, XChaChaVault};

async fn fresh_sqlite(case: impl AsyncFnOnce(&dyn CredentialStore)) {
    on_sqlite(async |database| case(&SqlCredentialStore::new(database.clone())).await).await;
}

async fn fresh_postgres(case: impl AsyncFnOnce(&dyn CredentialStore)) {
    on_postgres(async |database| case(&SqlCredentialStore::new(database.clone())).await).await;
}

credential_store_contract!(fresh_sqlite);
credential_store_contract!(fresh_postgres);

/// Keys of so many providers, each of its own, sealed by this vault.
async fn fill(store: &SqlCredentialStore, vault: &XChaChaVault, count: u16) {
    for n in 0..count {
        let provider = format!("acme-{n}");
        let stored = StoredCredential {
            sealed: vault.seal(OWNER, &provider, &credential(n)).unwrap(),
            provider,
            ..stored_credential(n)
        };
        store.put(&stored, &audit_entry(n)).await.unwrap();
    }
}

fn credential(n: u16) -> Credential {
    let raw = RawCredential {
        api_key: &SecretString::from(format!("sk-{n}")),
        base_url: None,
        organization: None,
    };
    Credential::parse(raw).unwrap()
}

/// How many keys this vault opens, each of which is the one that it was.
async fn opened(store: &SqlCredentialStore, vault: &XChaChaVault) -> usize {
    let mut opened = 0;
    for stored in store.list(OWNER).await.unwrap() {
        if let Ok(credential) = vault.open(OWNER, &stored.provider, &stored.sealed) {
            let key = credential.api_key().expose_secret().replace("sk", "acme");
            assert_eq!(key, stored.provider);
            opened += 1;
        }
    }
    opened
}

fn reseal<'a>(
    from: &'a XChaChaVault,
    to: &'a XChaChaVault,
) -> impl Fn(&StoredCredential) -> Result<SealedCredential, VaultError> {
    |stored| {
        let credential = from.open(stored.owner, &stored.provider, &stored.sealed)?;
        to.seal(stored.owner, &stored.provider, &credential)
    }
}

#[tokio::test]
async fn a_thousand_keys_are_encrypted_anew() {
    let case = async |database: &Database| {
        let store = SqlCredentialStore::new(database.clone());
        let (old, new) = (MasterKey::generate(), MasterKey::generate());
        let (from, to) = (XChaChaVault::new(&old), XChaChaVault::new(&new));
        fill(&store, &from, 1_000).await;
        assert_eq!(store.key_ids().await.unwrap(), [old.id()]);
        assert_eq!(store.reseal(reseal(&from, &to)).await.unwrap(), 1_000);
        assert_eq!(store.key_ids().await.unwrap(), [new.id()]);
        assert_eq!(
            (opened(&store, &from).await, opened(&store, &to).await),
            (0, 1_000)
        );
        let kept = store.find(OWNER, "acme-7").await.unwrap().unwrap();
        assert_eq!(
            (kept.id, kept.checked_at),
            (credential_id(7), stored_credential(7).checked_at)
        );
    };
    on_sqlite(case).await;
    on_postgres(case).await;
}

#[tokio::test]
async fn one_key_that_cannot_be_opened_leaves_all_as_they_are() {
    let case = async |database: &Database| {
        let store = SqlCredentialStore::new(database.clone());
        let (old, new) = (MasterKey::generate(), MasterKey::generate());
        let (from, to) = (XChaChaVault::new(&old), XChaChaVault::new(&new));
        fill(&store, &from, 5).await;
        run(
            database,
            "UPDATE provider_credentials SET provider = 'moved' WHERE provider = 'acme-4'",
        )
        .await;
        let err = store.reseal(reseal(&from, &to)).await.unwrap_err();
        assert!(
            err.to_string().contains("for moved cannot be encrypted anew"),
            "{err}"
        );
        assert_eq!(store.key_ids().await.unwrap(), [old.id()]);
        assert_eq!(opened(&store, &from).await, 4);
    };
    on_sqlite(case).await;
    on_postgres(case).await;
}

#[tokio::test]
async fn a_fresh_database_needs_no_master_key() {
    let case = async |database: &Database| {
        let store = SqlCredentialStore::new(database.clone());
        assert_eq!(store.key_ids().await.unwrap(), []);
    };
    on_sqlite(case).await;
    on_postgres(case).await;
}

#[tokio::test]
async fn deleting_a_user_deletes_their_keys_and_their_log() {
    let case = async |database: &Database| {
        let store = SqlCredentialStore::new(database.clone());
        store.put(&stored_credential(1), &audit_entry(1)).await.unwrap();
        run(database, "DELETE FROM users").await;
        assert_eq!(store.list(OWNER).await.unwrap(), []);
        let page = store.audit(OWNER, PageRequest::new(1, 1)).await.unwrap();
        assert_eq!(page.total, 0);
    };
    on_sqlite(case).await;
    on_postgres(case).await;
}

#[tokio::test]
async fn damaged_rows_are_reported() {
    let case = async |database: &Database| {
        let store = SqlCredentialStore::new(database.clone());
        store.put(&stored_credential(1), &audit_entry(1)).await.unwrap();
        run(database, "UPDATE provider_credentials SET state = 'odd'").await;
        let found = store.find(OWNER, "acme").await.unwrap_err();
        let listed = store.list(OWNER).await.unwrap_err();
        assert_eq!([found.kind, listed.kind], [StoreErrorKind::Damaged; 2]);
        for column in ["action", "outcome"] {
            run(database, &format!("UPDATE audit_log SET {column} = 'odd'")).await;
            let err = store.audit(OWNER, PageRequest::new(1, 1)).await.unwrap_err();
            assert_eq!(err.kind, StoreErrorKind::Damaged, "{column}");
            run(database, "UPDATE audit_log SET action = 'use', outcome = 'done'").await;
        }
    };
    on_sqlite(case).await;
    on_postgres(case).await;
}

async fn run(database: &Database, sql: &str) {
    database.connection.execute_unprepared(sql).await.unwrap();
}

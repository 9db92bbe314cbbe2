//! What every [`CredentialStore`] must do. A fresh one is empty.

use viva_domain::credentials::{
    AuditAction, AuditEntry, AuditOutcome, CredentialState, SealedCredential, StoredCredential,
};
use viva_domain::ids::UserId;
use viva_domain::ports::{CredentialStore, PageRequest, StoreError, StoreErrorKind};

use crate::samples::{OWNER, STRANGER, at, audit_entry, credential_id, stored_credential};

/// Runs the suite; the factory is `async fn(impl AsyncFnOnce(&dyn CredentialStore))`.
#[macro_export]
macro_rules! credential_store_contract {
    ($factory:ident) => {
        $crate::contract_cases!(credential_store, $factory:
            what_was_put_is_found_and_listed,
            any_bytes_survive,
            a_credential_takes_the_place_of_the_one_before,
            putting_an_id_twice_conflicts,
            owners_share_providers,
            credentials_of_others_are_not_there,
            a_state_is_kept,
            the_state_of_a_replaced_credential_is_missing,
            removed_credentials_are_forgotten,
            what_is_not_there_cannot_be_removed,
            every_change_is_in_the_audit_log,
            whether_there_was_a_credential_before_is_in_the_audit_log,
            of_two_that_are_given_at_once_one_is_the_first,
            a_change_without_its_entry_is_none,
            every_kind_of_entry_survives,
            recording_twice_conflicts,
            the_newest_entries_come_first,
            entries_of_others_are_not_there,
        );
    };
}

pub async fn what_was_put_is_found_and_listed(store: &dyn CredentialStore) {
    assert_eq!(store.find(OWNER, "acme").await.unwrap(), None);
    assert_eq!(store.list(OWNER).await.unwrap(), []);
    let first = stored_credential(1);
    let second = StoredCredential {
        provider: "Acme-2".to_owned(),
        state: CredentialState::Invalid,
        ..stored_credential(2)
    };
    put(store, &first, 1).await;
    put(store, &second, 2).await;
    for credential in [&first, &second] {
        let found = store.find(OWNER, &credential.provider).await.unwrap();
        assert_eq!(found.as_ref(), Some(credential));
    }
    assert_eq!(store.find(OWNER, "ACME").await.unwrap(), None);
    assert_eq!(store.list(OWNER).await.unwrap(), [second, first]);
}

pub async fn any_bytes_survive(store: &dyn CredentialStore) {
    let bytes: Vec<u8> = (0..=255).cycle().take(20_000).collect();
    let credential = StoredCredential {
        sealed: SealedCredential {
            nonce: bytes[..24].to_vec(),
            ciphertext: bytes,
            ..stored_credential(1).sealed
        },
        ..stored_credential(1)
    };
    put(store, &credential, 1).await;
    let found = store.find(OWNER, "acme").await.unwrap();
    assert!(found == Some(credential), "the bytes changed");
}

pub async fn a_credential_takes_the_place_of_the_one_before(store: &dyn CredentialStore) {
    put(store, &stored_credential(1), 1).await;
    let second = StoredCredential {
        state: CredentialState::Invalid,
        ..stored_credential(2)
    };
    put(store, &second, 2).await;
    assert_eq!(store.find(OWNER, "acme").await.unwrap().as_ref(), Some(&second));
    assert_eq!(store.list(OWNER).await.unwrap(), [second]);
}

pub async fn putting_an_id_twice_conflicts(store: &dyn CredentialStore) {
    put(store, &stored_credential(1), 1).await;
    for (owner, provider) in [(OWNER, "other"), (STRANGER, "acme")] {
        let again = StoredCredential {
            owner,
            provider: provider.to_owned(),
            ..stored_credential(1)
        };
        let entry = entry_of(owner, 2);
        assert_eq!(kind(store.put(&again, &entry).await), StoreErrorKind::Conflict);
        assert_eq!(store.find(owner, provider).await.unwrap(), None);
        assert_eq!(log(store, STRANGER).await, []);
    }
    assert_eq!(store.list(OWNER).await.unwrap(), [stored_credential(1)]);
    assert_eq!(log(store, OWNER).await, [given(AuditAction::Create, 1)]);
}

pub async fn owners_share_providers(store: &dyn CredentialStore) {
    let own = stored_credential(1);
    let foreign = StoredCredential {
        owner: STRANGER,
        ..stored_credential(2)
    };
    put(store, &own, 1).await;
    put(store, &foreign, 2).await;
    assert_eq!(store.list(OWNER).await.unwrap(), [own]);
    assert_eq!(store.find(STRANGER, "acme").await.unwrap(), Some(foreign));
}

pub async fn credentials_of_others_are_not_there(store: &dyn CredentialStore) {
    put(store, &stored_credential(1), 1).await;
    assert_eq!(store.find(STRANGER, "acme").await.unwrap(), None);
    assert_eq!(store.list(STRANGER).await.unwrap(), []);
    let entry = entry_of(STRANGER, 2);
    let changed = store
        .set_state(
            STRANGER,
            credential_id(1),
            CredentialState::Invalid,
            at(9),
            &entry,
        )
        .await;
    assert_eq!(kind(changed), StoreErrorKind::Missing);
    let removed = store.remove(STRANGER, "acme", &entry).await;
    assert_eq!(kind(removed), StoreErrorKind::Missing);
    assert_eq!(store.list(OWNER).await.unwrap(), [stored_credential(1)]);
    assert_eq!(log(store, STRANGER).await, []);
}

pub async fn a_state_is_kept(store: &dyn CredentialStore) {
    put(store, &stored_credential(1), 1).await;
    let other = StoredCredential {
        provider: "other".to_owned(),
        ..stored_credential(2)
    };
    put(store, &other, 2).await;
    for (n, state) in [(3, CredentialState::Invalid), (4, CredentialState::Valid)] {
        let time = at(n.into());
        store
            .set_state(OWNER, credential_id(1), state, time, &audit_entry(n))
            .await
            .unwrap();
        let expected = StoredCredential {
            state,
            checked_at: time,
            ..stored_credential(1)
        };
        assert_eq!(store.find(OWNER, "acme").await.unwrap(), Some(expected));
        assert_eq!(store.find(OWNER, "other").await.unwrap().as_ref(), Some(&other));
    }
}

pub async fn the_state_of_a_replaced_credential_is_missing(store: &dyn CredentialStore) {
    put(store, &stored_credential(1), 1).await;
    put(store, &stored_credential(2), 2).await;
    let changed = store
        .set_state(
            OWNER,
            credential_id(1),
            CredentialState::Invalid,
            at(9),
            &audit_entry(3),
        )
        .await;
    assert_eq!(kind(changed), StoreErrorKind::Missing);
    assert_eq!(
        store.find(OWNER, "acme").await.unwrap(),
        Some(stored_credential(2))
    );
    assert_eq!(
        log(store, OWNER).await,
        [given(AuditAction::Replace, 2), given(AuditAction::Create, 1)]
    );
}

pub async fn removed_credentials_are_forgotten(store: &dyn CredentialStore) {
    let foreign = StoredCredential {
        owner: STRANGER,
        ..stored_credential(2)
    };
    let other = StoredCredential {
        provider: "other".to_owned(),
        ..stored_credential(3)
    };
    put(store, &stored_credential(1), 1).await;
    put(store, &foreign, 2).await;
    put(store, &other, 3).await;
    store.remove(OWNER, "acme", &audit_entry(4)).await.unwrap();
    assert_eq!(store.list(OWNER).await.unwrap(), [other]);
    assert_eq!(store.list(STRANGER).await.unwrap(), [foreign]);
    put(store, &stored_credential(1), 5).await;
    assert_eq!(
        store.find(OWNER, "acme").await.unwrap(),
        Some(stored_credential(1))
    );
}

pub async fn what_is_not_there_cannot_be_removed(store: &dyn CredentialStore) {
    let removed = store.remove(OWNER, "acme", &audit_entry(1)).await;
    assert_eq!(kind(removed), StoreErrorKind::Missing);
    assert_eq!(log(store, OWNER).await, []);
}

pub async fn every_change_is_in_the_audit_log(store: &dyn CredentialStore) {
    put(store, &stored_credential(1), 1).await;
    store
        .set_state(
            OWNER,
            credential_id(1),
            CredentialState::Invalid,
            at(9),
            &audit_entry(2),
        )
        .await
        .unwrap();
    store.remove(OWNER, "acme", &audit_entry(3)).await.unwrap();
    store.record(&audit_entry(4)).await.unwrap();
    let [fourth, third, second] = [4, 3, 2].map(audit_entry);
    assert_eq!(
        log(store, OWNER).await,
        [fourth, third, second, given(AuditAction::Create, 1)]
    );
}

pub async fn whether_there_was_a_credential_before_is_in_the_audit_log(store: &dyn CredentialStore) {
    let foreign = StoredCredential {
        owner: STRANGER,
        ..stored_credential(1)
    };
    let other = StoredCredential {
        provider: "other".to_owned(),
        ..stored_credential(2)
    };
    put(store, &foreign, 1).await;
    put(store, &other, 2).await;
    put(store, &stored_credential(3), 3).await;
    put(store, &stored_credential(4), 4).await;
    store.remove(OWNER, "acme", &audit_entry(5)).await.unwrap();
    put(store, &stored_credential(6), 6).await;
    let [create, replace] = [AuditAction::Create, AuditAction::Replace];
    let expected = [
        given(create, 6),
        audit_entry(5),
        given(replace, 4),
        given(create, 3),
        given(create, 2),
    ];
    assert_eq!(log(store, OWNER).await, expected);
}

pub async fn of_two_that_are_given_at_once_one_is_the_first(store: &dyn CredentialStore) {
    let (first, second) = (stored_credential(1), stored_credential(2));
    tokio::join!(put(store, &first, 1), put(store, &second, 2));
    let mut actions: Vec<_> = log(store, OWNER).await.iter().map(|entry| entry.action).collect();
    actions.sort_by_key(|action| *action == AuditAction::Replace);
    assert_eq!(actions, [AuditAction::Create, AuditAction::Replace]);
    assert_eq!(store.list(OWNER).await.unwrap().len(), 1);
}

pub async fn a_change_without_its_entry_is_none(store: &dyn CredentialStore) {
    put(store, &stored_credential(1), 1).await;
    let taken = audit_entry(1);
    let replaced = store.put(&stored_credential(2), &taken).await;
    assert_eq!(kind(replaced), StoreErrorKind::Conflict);
    let changed = store
        .set_state(OWNER, credential_id(1), CredentialState::Invalid, at(9), &taken)
        .await;
    assert_eq!(kind(changed), StoreErrorKind::Conflict);
    let removed = store.remove(OWNER, "acme", &taken).await;
    assert_eq!(kind(removed), StoreErrorKind::Conflict);
    assert_eq!(store.list(OWNER).await.unwrap(), [stored_credential(1)]);
}

pub async fn every_kind_of_entry_survives(store: &dyn CredentialStore) {
    let mut kept = Vec::new();
    for action in AuditAction::ALL {
        for outcome in AuditOutcome::ALL {
            let n = u16::try_from(kept.len()).unwrap();
            let session = audit_entry(n).session.filter(|_| n.is_multiple_of(2));
            let entry = AuditEntry {
                action,
                outcome,
                session,
                ..audit_entry(n)
            };
            store.record(&entry).await.unwrap();
            kept.insert(0, entry);
        }
    }
    assert_eq!(log(store, OWNER).await, kept);
}

pub async fn recording_twice_conflicts(store: &dyn CredentialStore) {
    store.record(&audit_entry(1)).await.unwrap();
    let other = AuditEntry {
        action: AuditAction::Delete,
        ..entry_of(STRANGER, 1)
    };
    assert_eq!(kind(store.record(&other).await), StoreErrorKind::Conflict);
    assert_eq!(log(store, OWNER).await, [audit_entry(1)]);
    assert_eq!(log(store, STRANGER).await, []);
}

pub async fn the_newest_entries_come_first(store: &dyn CredentialStore) {
    for n in [2, 5, 1, 4, 3] {
        store.record(&audit_entry(n)).await.unwrap();
    }
    let page = async |page| {
        let page = store.audit(OWNER, PageRequest::new(page, 2)).await.unwrap();
        assert_eq!(page.total, 5);
        page.items
    };
    assert_eq!(page(1).await, [5, 4].map(audit_entry));
    assert_eq!(page(2).await, [3, 2].map(audit_entry));
    assert_eq!(page(3).await, [audit_entry(1)]);
    assert_eq!(page(4).await, []);
}

pub async fn entries_of_others_are_not_there(store: &dyn CredentialStore) {
    store.record(&audit_entry(1)).await.unwrap();
    store.record(&entry_of(STRANGER, 2)).await.unwrap();
    assert_eq!(log(store, OWNER).await, [audit_entry(1)]);
    assert_eq!(log(store, STRANGER).await, [entry_of(STRANGER, 2)]);
}

async fn put(store: &dyn CredentialStore, credential: &StoredCredential, n: u16) {
    store
        .put(credential, &entry_of(credential.owner, n))
        .await
        .unwrap();
}

/// The entry of a credential that was put with the `n`th.
fn given(action: AuditAction, n: u16) -> AuditEntry {
    AuditEntry {
        action,
        ..audit_entry(n)
    }
}

fn entry_of(owner: UserId, n: u16) -> AuditEntry {
    AuditEntry {
        owner,
        ..audit_entry(n)
    }
}

/// The whole audit log of a user.
async fn log(store: &dyn CredentialStore, owner: UserId) -> Vec<AuditEntry> {
    let page = store.audit(owner, PageRequest::new(1, 100)).await.unwrap();
    assert_eq!(page.total, page.items.len() as u64);
    page.items
}

fn kind<T: std::fmt::Debug>(res: Result<T, StoreError>) -> StoreErrorKind {
    res.unwrap_err().kind
}

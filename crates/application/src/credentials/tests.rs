use std::time::Duration;

use secrecy::SecretString;
use viva_contract::samples::{OWNER, STRANGER};
use viva_domain::credentials::{AddressFault, CredentialField, FieldNeed, FormField};
use viva_domain::providers::ProviderCatalogue;
use viva_fakes::{
    FixedProviderDirectory, ManualClock, MemoryCredentialStore, MemoryCredentialVault,
    ScriptedCredentialCheck, SequentialIds,
};

use super::*;

struct Bench {
    credentials: Credentials,
    store: Arc<MemoryCredentialStore>,
    vault: Arc<MemoryCredentialVault>,
    check: Arc<ScriptedCredentialCheck>,
    directory: Arc<FixedProviderDirectory>,
    clock: Arc<ManualClock>,
    tasks: TaskTracker,
}

impl Bench {
    fn new() -> Self {
        let store = Arc::new(MemoryCredentialStore::default());
        let vault = Arc::new(MemoryCredentialVault::default());
        let check = Arc::new(ScriptedCredentialCheck::default());
        let directory = Arc::new(FixedProviderDirectory::new(ProviderCatalogue::default()));
        let clock = Arc::new(ManualClock::default());
        let tasks = TaskTracker::new();
        let ports = CredentialsPorts {
            credential_store: store.clone(),
            credential_vault: vault.clone(),
            credential_check: check.clone(),
            provider_directory: directory.clone(),
            clock: clock.clone(),
            ids: Arc::new(SequentialIds::default()),
        };
        Self {
            credentials: Credentials::new(ports, ["acme", "other"].map(form), tasks.clone()),
            tasks,
            store,
            vault,
            check,
            directory,
            clock,
        }
    }

    async fn put(&self, key: &str) -> Result<ShownCredential, CredentialError> {
        self.put_of(OWNER, "acme", key).await
    }

    async fn put_of(
        &self,
        owner: UserId,
        provider: &str,
        key: &str,
    ) -> Result<ShownCredential, CredentialError> {
        let raw = RawCredential {
            api_key: &SecretString::from(key),
            base_url: None,
            organization: None,
        };
        self.credentials.put(owner, provider, raw).await
    }

    /// What the user has for `acme`.
    async fn own(&self, owner: UserId) -> Option<ShownCredential> {
        let keys = self.credentials.list(owner).await.unwrap();
        assert_eq!(
            keys.iter().map(|key| &*key.form.provider).collect::<Vec<_>>(),
            ["acme", "other"]
        );
        assert_eq!(keys[1].own, None);
        keys[0].own.clone()
    }

    /// What was done, newest first.
    async fn log(&self, owner: UserId) -> Vec<(AuditAction, AuditOutcome)> {
        let page = self
            .credentials
            .audit(owner, PageRequest::new(1, 100))
            .await
            .unwrap();
        page.items
            .iter()
            .map(|entry| (entry.action, entry.outcome))
            .collect()
    }
}

fn form(provider: &str) -> CredentialForm {
    CredentialForm {
        provider: provider.to_owned(),
        name: provider.to_owned(),
        key_url: None,
        fields: vec![FormField {
            field: CredentialField::BaseUrl,
            need: FieldNeed::Optional,
            example: None,
        }],
    }
}

fn is_refusal<T>(res: Result<T, CredentialError>, expected: &CredentialRefusal) -> bool {
    matches!(res, Err(CredentialError::Refused(refusal)) if refusal == *expected)
}

const KEY: &str = "sk-0123456789abcd";
const OTHER: &str = "sk-9876543210wxyz";

#[tokio::test]
async fn a_key_is_kept_when_its_provider_accepted_it() {
    let bench = Bench::new();
    let kept = bench.put(KEY).await.unwrap();
    assert_eq!(
        (kept.masked_key.as_str(), kept.state),
        ("sk-…abcd", CredentialState::Valid)
    );
    assert_eq!(kept.checked_at, bench.clock.now());
    assert_eq!(bench.own(OWNER).await, Some(kept));
    assert_eq!(bench.own(STRANGER).await, None);
    assert_eq!(bench.check.asked(), [("acme".to_owned(), KEY.to_owned())]);
    bench.clock.advance(Duration::from_secs(5));
    let replaced = bench.put(OTHER).await.unwrap();
    assert_eq!(bench.own(OWNER).await, Some(replaced.clone()));
    assert_eq!(
        (replaced.masked_key.as_str(), replaced.checked_at),
        ("sk-…wxyz", bench.clock.now())
    );
    let done = |action| (action, AuditOutcome::Done);
    assert_eq!(
        bench.log(OWNER).await,
        [AuditAction::Replace, AuditAction::Create].map(done)
    );
    assert_eq!(bench.log(STRANGER).await, []);
}

#[tokio::test]
async fn what_happens_while_the_provider_is_asked_is_not_forgotten() {
    let bench = Bench::new();
    bench.put(KEY).await.unwrap();
    for refusal in [None, Some(CredentialRefusal::BadKey)] {
        let asked = bench.check.asked().len();
        if let Some(refusal) = refusal.clone() {
            bench.check.refusals().fail_next(1, refusal);
        }
        bench.check.be_silent();
        let deleting = async {
            bench.check.until_asked(asked + 1).await;
            bench.credentials.delete(OWNER, "acme").await.unwrap();
            bench.check.answer();
        };
        let (given, ()) = tokio::join!(bench.put(OTHER), deleting);
        assert_eq!(given.is_ok(), refusal.is_none());
        let outcome = refusal.as_ref().map_or(AuditOutcome::Done, AuditOutcome::from);
        assert_eq!(
            bench.log(OWNER).await[..2],
            [
                (AuditAction::Create, outcome),
                (AuditAction::Delete, AuditOutcome::Done)
            ]
        );
    }
}

#[tokio::test]
async fn what_was_begun_is_done_when_nobody_waits_for_it_any_more() {
    let bench = Bench::new();
    bench.check.be_silent();
    let asked = async |count| bench.check.until_asked(count).await;
    tokio::select! {
        given = bench.put(KEY) => panic!("{given:?}"),
        () = asked(1) => {}
    }
    bench.check.answer();
    bench.tasks.close();
    bench.tasks.wait().await;
    assert_eq!(bench.own(OWNER).await.unwrap().masked_key, "sk-…abcd");
    assert_eq!(
        bench.log(OWNER).await,
        [(AuditAction::Create, AuditOutcome::Done)]
    );

    bench.check.be_silent();
    bench.check.refusals().fail_next(1, CredentialRefusal::BadKey);
    tokio::select! {
        validated = bench.credentials.validate(OWNER, "acme") => panic!("{validated:?}"),
        () = asked(2) => {}
    }
    bench.check.answer();
    bench.tasks.wait().await;
    assert_eq!(bench.own(OWNER).await.unwrap().state, CredentialState::Invalid);
    assert_eq!(
        bench.log(OWNER).await[0],
        (AuditAction::Validate, AuditOutcome::BadKey)
    );
}

#[tokio::test]
async fn what_was_made_of_a_key_that_changed_is_let_go_of() {
    let bench = Bench::new();
    bench.put(KEY).await.unwrap();
    bench.put_of(STRANGER, "acme", KEY).await.unwrap();
    bench.put(OTHER).await.unwrap();
    bench.credentials.validate(OWNER, "acme").await.unwrap();
    bench.credentials.delete(OWNER, "acme").await.unwrap();
    assert_eq!(bench.directory.forgotten(), [OWNER, STRANGER, OWNER, OWNER]);
}

#[tokio::test]
async fn a_replaced_key_has_another_id() {
    let bench = Bench::new();
    let id = async || bench.store.find(OWNER, "acme").await.unwrap().unwrap().id;
    bench.put(KEY).await.unwrap();
    let first = id().await;
    bench.put(KEY).await.unwrap();
    assert_ne!(id().await, first);
}

#[tokio::test]
async fn only_what_says_something_about_a_key_changes_its_state() {
    let bench = Bench::new();
    bench.put(KEY).await.unwrap();
    let kept = bench.own(OWNER).await.unwrap();
    let passing = [
        CredentialRefusal::Forbidden,
        CredentialRefusal::WrongAddress {
            fault: AddressFault::NotFound,
            said: "elsewhere".to_owned(),
        },
        CredentialRefusal::QuotaExceeded,
        CredentialRefusal::NoNetwork("nobody is there".to_owned()),
        CredentialRefusal::RateLimited { retry_after: None },
        CredentialRefusal::Failed("500".to_owned()),
    ];
    for refusal in passing {
        bench.clock.advance(Duration::from_secs(5));
        bench.check.refusals().fail_next(1, refusal.clone());
        assert!(is_refusal(
            bench.credentials.validate(OWNER, "acme").await,
            &refusal
        ));
        assert_eq!(bench.own(OWNER).await.as_ref(), Some(&kept));
    }
    bench.clock.advance(Duration::from_secs(5));
    let refusal = CredentialRefusal::BadKey;
    bench.check.refusals().fail_next(1, refusal.clone());
    assert!(is_refusal(
        bench.credentials.validate(OWNER, "acme").await,
        &refusal
    ));
    let own = bench.own(OWNER).await.unwrap();
    assert_eq!(
        (own.state, own.checked_at),
        (CredentialState::Invalid, bench.clock.now())
    );
    let valid = bench.credentials.validate(OWNER, "acme").await.unwrap();
    assert_eq!(valid.state, CredentialState::Valid);
    assert_eq!(bench.own(OWNER).await, Some(valid));
    assert_eq!(bench.log(OWNER).await.len(), 1 + 6 + 2);
}

#[tokio::test]
async fn what_is_somebody_elses_is_not_there() {
    let bench = Bench::new();
    bench.put(KEY).await.unwrap();
    let credentials = &bench.credentials;
    for refused in [
        credentials.validate(STRANGER, "acme").await.map(|_| ()),
        credentials.delete(STRANGER, "acme").await,
    ] {
        assert!(
            matches!(refused, Err(CredentialError::NotThere(_))),
            "{refused:?}"
        );
    }
    bench.put_of(STRANGER, "acme", OTHER).await.unwrap();
    credentials.delete(STRANGER, "acme").await.unwrap();
    assert_eq!(bench.own(OWNER).await.unwrap().masked_key, "sk-…abcd");
    assert_eq!(bench.log(STRANGER).await.len(), 2);
    assert_eq!(bench.log(OWNER).await.len(), 1);
}

#[tokio::test]
async fn a_key_is_forgotten() {
    let bench = Bench::new();
    bench.put(KEY).await.unwrap();
    bench.credentials.delete(OWNER, "acme").await.unwrap();
    assert_eq!(bench.own(OWNER).await, None);
    assert_eq!(
        bench.log(OWNER).await[0],
        (AuditAction::Delete, AuditOutcome::Done)
    );
    let again = bench.credentials.delete(OWNER, "acme").await;
    assert!(matches!(again, Err(CredentialError::NotThere(_))), "{again:?}");
    assert_eq!(bench.log(OWNER).await.len(), 2);
}

#[tokio::test]
async fn a_key_for_what_is_no_provider_any_more_is_forgotten_all_the_same() {
    let bench = Bench::new();
    let stored = StoredCredential {
        provider: "gone".to_owned(),
        ..viva_contract::samples::stored_credential(1)
    };
    let entry = viva_contract::samples::audit_entry(1);
    bench.store.put(&stored, &entry).await.unwrap();
    bench.credentials.delete(OWNER, "gone").await.unwrap();
    assert_eq!(bench.store.list(OWNER).await.unwrap(), []);
}

#[tokio::test]
async fn who_takes_no_key_is_not_asked() {
    let bench = Bench::new();
    let unknown = bench.put_of(OWNER, "offline", KEY).await;
    assert!(
        matches!(unknown, Err(CredentialError::UnknownProvider)),
        "{unknown:?}"
    );
    let deleted = bench.credentials.delete(OWNER, "offline").await;
    assert!(
        matches!(deleted, Err(CredentialError::UnknownProvider)),
        "{deleted:?}"
    );
    let invalid = bench.put("two words").await;
    assert!(matches!(invalid, Err(CredentialError::Invalid(_))), "{invalid:?}");
    assert_eq!(bench.check.asked(), []);
    assert_eq!(bench.log(OWNER).await, []);
}

#[tokio::test]
async fn a_key_that_cannot_be_read_back_is_shown_as_one_that_does_not_work() {
    let bench = Bench::new();
    bench.put(KEY).await.unwrap();
    let stored = bench.store.find(OWNER, "acme").await.unwrap().unwrap();
    let mut entry = bench
        .credentials
        .entry(STRANGER, "acme", AuditAction::Create, AuditOutcome::Done);
    entry.owner = STRANGER;
    let moved = StoredCredential {
        id: CredentialId::from_uuid(uuid::Uuid::from_u128(7)),
        owner: STRANGER,
        ..stored
    };
    bench.store.put(&moved, &entry).await.unwrap();
    assert!(bench.vault.open(STRANGER, "acme", &moved.sealed).is_err());
    let shown = bench.own(STRANGER).await.unwrap();
    assert_eq!(
        (shown.masked_key.as_str(), shown.state),
        ("…", CredentialState::Invalid)
    );
    let asked = bench.check.asked().len();
    let validated = bench.credentials.validate(STRANGER, "acme").await;
    assert!(
        matches!(validated, Err(CredentialError::Unreadable(_))),
        "{validated:?}"
    );
    assert_eq!(bench.check.asked().len(), asked);
    assert_eq!(
        bench.log(STRANGER).await[0],
        (AuditAction::Validate, AuditOutcome::Failed)
    );
    bench.credentials.delete(STRANGER, "acme").await.unwrap();
}

#[tokio::test]
async fn a_key_that_cannot_be_encrypted_is_not_kept_and_the_log_says_so() {
    let bench = Bench::new();
    bench.put(KEY).await.unwrap();
    bench.vault.faults().fail_next(1, VaultError::Failed);
    let failed = bench.put(OTHER).await;
    assert!(matches!(failed, Err(CredentialError::NotSealed(_))), "{failed:?}");
    assert_eq!(bench.own(OWNER).await.unwrap().masked_key, "sk-…abcd");
    assert_eq!(
        bench.log(OWNER).await[0],
        (AuditAction::Replace, AuditOutcome::Failed)
    );
}

#[tokio::test]
async fn a_database_that_is_away_is_told() {
    let bench = Bench::new();
    bench.store.faults().fail(StoreErrorKind::Unavailable);
    for failed in [
        bench.put(KEY).await.err(),
        bench.credentials.validate(OWNER, "acme").await.err(),
        bench.credentials.delete(OWNER, "acme").await.err(),
        bench.credentials.list(OWNER).await.err(),
        bench.credentials.audit(OWNER, PageRequest::new(1, 1)).await.err(),
    ] {
        let is_store =
            matches!(&failed, Some(CredentialError::Store(err)) if err.kind == StoreErrorKind::Unavailable);
        assert!(is_store, "{failed:?}");
    }
}

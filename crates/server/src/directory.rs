//! Which providers a user has: those that the operator has set up, and in place of them those that the user has a key of
//! their own for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tracing::error;
use viva_domain::credentials::{CredentialState, StoredCredential};
use viva_domain::ids::UserId;
use viva_domain::ports::{CredentialStore, CredentialVault, ProviderDirectory, Source, StoreError};
use viva_domain::providers::{CredentialStatus, OwnKey, ProviderCatalogue, Providers};
use viva_infrastructure::catalogue::CatalogueProvider;
use viva_infrastructure::credentials::{HttpClients, own_account};

use crate::adapters::{Adapters, add_vendor};
use crate::config::ProviderSetup;

/// Users whose adapters are kept from one session to the next.
const MOST_KEPT: usize = 256;

/// Makes adapters for users' own keys, anew only when a key changed. Who has no key gets what everybody has.
pub(crate) struct OwnProviders {
    everybody: Arc<ProviderCatalogue>,
    setups: Vec<ProviderSetup>,
    /// Without it no vendor can be asked.
    clients: Option<HttpClients>,
    adapters: Adapters,
    credential_store: Arc<dyn CredentialStore>,
    credential_vault: Arc<dyn CredentialVault>,
    kept: Mutex<Kept>,
}

/// What was made for users, by the time of its last use.
#[derive(Default)]
struct Kept {
    catalogues: BTreeMap<UserId, (u64, Arc<ProviderCatalogue>)>,
    uses: u64,
    /// How often something was forgotten because a key changed.
    changes: u64,
}

impl OwnProviders {
    pub(crate) fn new(
        everybody: ProviderCatalogue,
        setups: Vec<ProviderSetup>,
        clients: Option<HttpClients>,
        adapters: Adapters,
        credential_store: Arc<dyn CredentialStore>,
        credential_vault: Arc<dyn CredentialVault>,
    ) -> Self {
        Self {
            everybody: Arc::new(everybody),
            setups,
            clients,
            adapters,
            credential_store,
            credential_vault,
            kept: Mutex::default(),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The providers of a user with these keys. What was made before for a key that is the same is used again.
    fn made(&self, stored: &[StoredCredential], before: Option<&ProviderCatalogue>) -> ProviderCatalogue {
        let mut catalogue = ProviderCatalogue::clone(&self.everybody);
        for stored in stored {
            let known = self
                .setups
                .iter()
                .find(|setup| setup.provider.id == stored.provider);
            if let (Some(setup), Some(clients)) = (known, &self.clients) {
                self.add(&mut catalogue, stored, &setup.provider, clients, before);
                catalogue
                    .own_keys
                    .insert(stored.provider.clone(), own_key(stored));
            }
        }
        catalogue.usable_first();
        catalogue
    }

    fn add(
        &self,
        catalogue: &mut ProviderCatalogue,
        stored: &StoredCredential,
        provider: &CatalogueProvider,
        clients: &HttpClients,
        before: Option<&ProviderCatalogue>,
    ) {
        let status = match stored.state {
            CredentialState::Valid => CredentialStatus::Valid,
            CredentialState::Invalid => CredentialStatus::Invalid,
        };
        let is_same = |before: &&ProviderCatalogue| {
            let key = before.own_keys.get(&stored.provider);
            key.is_some_and(|key| key.id == stored.id) && !is_taken_away(before, &stored.provider)
        };
        if let Some(before) = before.filter(is_same) {
            return take_over(catalogue, before, &stored.provider, status);
        }
        let opened = self
            .credential_vault
            .open(stored.owner, &stored.provider, &stored.sealed);
        let account = opened
            .map_err(|err| -> Source { err.into() })
            .and_then(|credential| {
                let (provider, account) = own_account(provider, &credential)?;
                Ok((provider, account, clients.of(&credential)))
            });
        match account {
            Ok((provider, account, http)) => {
                let setup = ProviderSetup::own(provider, account, status);
                add_vendor(catalogue, &setup, http, &self.adapters);
            }
            Err(err) => {
                error!(event = "credential.unusable", provider.name = %stored.provider, error = &*err as &dyn std::error::Error,
                    "A stored provider key cannot be used");
                take_away(catalogue, &stored.provider);
            }
        }
    }
}

#[async_trait]
impl ProviderDirectory for OwnProviders {
    async fn catalogue(&self, owner: UserId) -> Result<Arc<ProviderCatalogue>, StoreError> {
        let changes = self.kept().changes;
        let stored = self.credential_store.list(owner).await?;
        let mut kept = self.kept();
        if stored.is_empty() {
            kept.catalogues.remove(&owner);
            return Ok(Arc::clone(&self.everybody));
        }
        let before = kept
            .catalogues
            .get(&owner)
            .map(|(_, catalogue)| Arc::clone(catalogue));
        let catalogue = match before {
            Some(before) if is_of(&before, &stored, &self.setups) => before,
            before => Arc::new(self.made(&stored, before.as_deref())),
        };
        kept.keep(owner, &catalogue, changes);
        Ok(catalogue)
    }

    fn forget(&self, owner: UserId) {
        let mut kept = self.kept();
        kept.changes += 1;
        kept.catalogues.remove(&owner);
    }
}

impl Kept {
    /// Remembers what a user has, unless a key changed since there were so many changes; who was away for longest is
    /// forgotten.
    fn keep(&mut self, owner: UserId, catalogue: &Arc<ProviderCatalogue>, changes: u64) {
        if self.changes != changes {
            return;
        }
        self.uses += 1;
        self.catalogues.insert(owner, (self.uses, Arc::clone(catalogue)));
        if self.catalogues.len() > MOST_KEPT {
            let oldest = self
                .catalogues
                .iter()
                .min_by_key(|(_, (used, _))| *used)
                .map(|(owner, _)| *owner);
            oldest.and_then(|owner| self.catalogues.remove(&owner));
        }
    }
}

/// Whether a catalogue was made of these keys, in the state that they are in. Those of unknown providers do not count.
fn is_of(catalogue: &ProviderCatalogue, stored: &[StoredCredential], setups: &[ProviderSetup]) -> bool {
    let known = stored
        .iter()
        .filter(|stored| setups.iter().any(|setup| setup.provider.id == stored.provider));
    let keys: BTreeMap<String, OwnKey> = known
        .map(|stored| (stored.provider.clone(), own_key(stored)))
        .collect();
    catalogue.own_keys == keys
}

fn own_key(stored: &StoredCredential) -> OwnKey {
    OwnKey {
        id: stored.id,
        state: stored.state,
        checked_at: stored.checked_at,
    }
}

/// The adapters that were made before, with what is known of their key now.
fn take_over(to: &mut ProviderCatalogue, from: &ProviderCatalogue, id: &str, status: CredentialStatus) {
    take(&mut to.realtime, &from.realtime, id, status);
    take(&mut to.stt, &from.stt, id, status);
    take(&mut to.llm, &from.llm, id, status);
    take(&mut to.tts, &from.tts, id, status);
}

/// The user's key wins also when it cannot be used: the server's own is not used in its place.
fn take_away(catalogue: &mut ProviderCatalogue, id: &str) {
    let everybody = catalogue.clone();
    take_over(catalogue, &everybody, id, CredentialStatus::Missing);
}

fn is_taken_away(catalogue: &ProviderCatalogue, id: &str) -> bool {
    let statuses = [
        status_of(&catalogue.realtime, id),
        status_of(&catalogue.stt, id),
        status_of(&catalogue.llm, id),
        status_of(&catalogue.tts, id),
    ];
    statuses.contains(&Some(CredentialStatus::Missing))
}

fn status_of<P: ?Sized>(providers: &Providers<P>, id: &str) -> Option<CredentialStatus> {
    providers.find(id).map(|(info, _)| info.credential)
}

fn take<P: ?Sized>(to: &mut Providers<P>, from: &Providers<P>, id: &str, status: CredentialStatus) {
    if let Some((info, adapter)) = from.find(id) {
        let mut info = info.clone();
        info.credential = status;
        info.needs.clear();
        to.insert(info, Arc::clone(adapter));
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;
    use tokio_util::task::TaskTracker;
    use uuid::Uuid;
    use viva_application::meters::Meters;
    use viva_application::modes::ModeFactory;
    use viva_contract::provider_directory_contract;
    use viva_contract::samples::OWNER;
    use viva_domain::credentials::{AuditAction, AuditEntry, AuditOutcome, Credential, RawCredential};
    use viva_domain::ids::{AuditEntryId, CredentialId};
    use viva_domain::ports::Ids as _;
    use viva_domain::sessions::{Interaction, ProviderConfig};
    use viva_fakes::{ManualClock, MemoryCredentialStore, MemoryCredentialVault, SequentialIds};
    use viva_infrastructure::catalogue::Catalogue;
    use viva_infrastructure::providers::transport::AddressPolicy;

    use super::*;

    const OPENAI: &str = "openai";

    /// A directory in which the operator has a key for `openai`.
    struct Bench {
        directory: OwnProviders,
        store: Arc<MemoryCredentialStore>,
        vault: Arc<MemoryCredentialVault>,
        clock: ManualClock,
        ids: SequentialIds,
    }

    impl Bench {
        fn new() -> Self {
            let catalogue = Catalogue::load(None).unwrap().into_providers();
            let setups: Vec<_> = catalogue.into_iter().map(operators).collect();
            let clients = HttpClients::new(AddressPolicy::PublicOnly).unwrap();
            let adapters = Adapters {
                tasks: TaskTracker::new(),
                meters: Meters::default(),
            };
            let mut everybody = ProviderCatalogue::default();
            for setup in &setups {
                add_vendor(&mut everybody, setup, clients.operators(), &adapters);
            }
            let store = Arc::new(MemoryCredentialStore::default());
            let vault = Arc::new(MemoryCredentialVault::default());
            let directory = OwnProviders::new(
                everybody,
                setups,
                Some(clients),
                adapters,
                store.clone(),
                vault.clone(),
            );
            Self {
                directory,
                store,
                vault,
                clock: ManualClock::default(),
                ids: SequentialIds::default(),
            }
        }

        /// Gives the user a new key for a provider that was sealed for one.
        async fn give(&self, owner: UserId, provider: &str, sealed_for: &str) -> StoredCredential {
            let credential = Credential::parse(RawCredential {
                api_key: &SecretString::from("sk-own"),
                base_url: None,
                organization: None,
            });
            let sealed = self.vault.seal(owner, sealed_for, &credential.unwrap());
            let stored = StoredCredential {
                id: CredentialId::from_uuid(self.ids.uuid()),
                owner,
                provider: provider.to_owned(),
                sealed: sealed.unwrap(),
                state: CredentialState::Valid,
                checked_at: viva_domain::ports::Clock::now(&self.clock),
            };
            self.store.put(&stored, &self.entry(owner)).await.unwrap();
            stored
        }

        fn entry(&self, owner: UserId) -> AuditEntry {
            AuditEntry {
                id: AuditEntryId::from_uuid(self.ids.uuid()),
                owner,
                at: viva_domain::ports::Clock::now(&self.clock),
                action: AuditAction::Create,
                provider: OPENAI.to_owned(),
                session: None,
                outcome: AuditOutcome::Done,
            }
        }

        async fn of(&self, owner: UserId) -> Arc<ProviderCatalogue> {
            self.directory.catalogue(owner).await.unwrap()
        }
    }

    async fn own_providers(case: impl AsyncFnOnce(&dyn ProviderDirectory)) {
        let bench = Bench::new();
        for provider in [OPENAI, "deepgram"] {
            bench.give(OWNER, provider, provider).await;
        }
        case(&bench.directory).await;
    }

    provider_directory_contract!(own_providers);

    fn operators(provider: CatalogueProvider) -> ProviderSetup {
        let account = provider.base_url.account(&provider.id, Some("sk-server".into()));
        ProviderSetup::own(provider, account, CredentialStatus::Present)
    }

    fn status(catalogue: &ProviderCatalogue) -> CredentialStatus {
        catalogue.realtime.find(OPENAI).unwrap().0.credential
    }

    fn has_same_adapters(a: &ProviderCatalogue, b: &ProviderCatalogue) -> bool {
        fn same<P: ?Sized>(a: &Providers<P>, b: &Providers<P>) -> bool {
            std::ptr::addr_eq(
                Arc::as_ptr(a.get(OPENAI).unwrap()),
                Arc::as_ptr(b.get(OPENAI).unwrap()),
            )
        }
        let realtime = same(&a.realtime, &b.realtime);
        let others = [same(&a.stt, &b.stt), same(&a.llm, &b.llm), same(&a.tts, &b.tts)];
        assert_eq!(others, [realtime; 3], "a key is that of every role");
        realtime
    }

    #[tokio::test]
    async fn who_has_no_key_has_what_everybody_has() {
        let bench = Bench::new();
        let everybody = bench.of(UserId::LOCAL).await;
        let stranger = UserId::from_uuid(Uuid::from_u128(7));
        bench.give(stranger, OPENAI, OPENAI).await;
        assert!(Arc::ptr_eq(&bench.of(UserId::LOCAL).await, &everybody));
        let own = bench.of(stranger).await;
        assert!(!has_same_adapters(&own, &everybody));
        assert_eq!(
            (status(&own), status(&everybody)),
            (CredentialStatus::Valid, CredentialStatus::Present)
        );
        assert_eq!(own.own_keys.keys().collect::<Vec<_>>(), [OPENAI]);
        // What they have no key for is the server's.
        let adapter = |catalogue: &ProviderCatalogue| Arc::as_ptr(catalogue.llm.get("anthropic").unwrap());
        assert!(std::ptr::addr_eq(adapter(&own), adapter(&everybody)));
        bench
            .store
            .remove(stranger, OPENAI, &bench.entry(stranger))
            .await
            .unwrap();
        assert!(Arc::ptr_eq(&bench.of(stranger).await, &everybody));
    }

    #[tokio::test]
    async fn adapters_are_made_anew_when_a_key_changed_and_only_then() {
        let bench = Bench::new();
        let owner = UserId::LOCAL;
        let stored = bench.give(owner, OPENAI, OPENAI).await;
        let first = bench.of(owner).await;
        assert!(Arc::ptr_eq(&bench.of(owner).await, &first));
        let at = viva_domain::ports::Clock::now(&bench.clock);
        let invalid = CredentialState::Invalid;
        bench
            .store
            .set_state(owner, stored.id, invalid, at, &bench.entry(owner))
            .await
            .unwrap();
        let marked = bench.of(owner).await;
        assert_eq!(status(&marked), CredentialStatus::Invalid);
        assert!(has_same_adapters(&marked, &first));
        bench.give(owner, "deepgram", "deepgram").await;
        let more = bench.of(owner).await;
        assert!(has_same_adapters(&more, &first));
        assert_eq!(more.own_keys.len(), 2);
        bench.give(owner, OPENAI, OPENAI).await;
        let replaced = bench.of(owner).await;
        assert!(!has_same_adapters(&replaced, &first));
        assert_eq!(status(&replaced), CredentialStatus::Valid);
    }

    #[tokio::test]
    async fn nothing_is_left_of_a_key_that_changed() {
        let bench = Bench::new();
        bench.give(UserId::LOCAL, OPENAI, OPENAI).await;
        let adapter = |own: &ProviderCatalogue| Arc::downgrade(own.realtime.get(OPENAI).unwrap());
        let left = adapter(bench.of(UserId::LOCAL).await.as_ref());
        assert_eq!(left.strong_count(), 1, "it is kept for the next session");
        bench.directory.forget(UserId::LOCAL);
        assert_eq!(left.strong_count(), 0);

        // Nor of one that changes between its being listed and its being kept.
        let changes = bench.directory.kept().changes;
        let own = bench.of(UserId::LOCAL).await;
        bench.directory.forget(UserId::LOCAL);
        bench.directory.kept().keep(UserId::LOCAL, &own, changes);
        let left = adapter(&own);
        drop(own);
        assert_eq!(left.strong_count(), 0);
    }

    #[tokio::test]
    async fn the_servers_key_does_not_stand_in_for_one_that_cannot_be_opened() {
        let bench = Bench::new();
        bench.give(UserId::LOCAL, OPENAI, "another").await;
        let own = bench.of(UserId::LOCAL).await;
        assert_eq!(status(&own), CredentialStatus::Missing);
        // Not even when another key changes, and what was made before is used again.
        bench.give(UserId::LOCAL, "deepgram", "deepgram").await;
        let own = bench.of(UserId::LOCAL).await;
        assert_eq!(status(&own), CredentialStatus::Missing);
        let wanted = Interaction::Realtime(ProviderConfig::of(OPENAI));
        let refused = ModeFactory::new(own).resolve(&wanted).unwrap_err();
        assert_eq!(refused.to_string(), "provider openai: it needs a key");
    }

    #[tokio::test]
    async fn a_key_for_what_is_no_provider_any_more_changes_nothing() {
        let bench = Bench::new();
        bench.give(UserId::LOCAL, "gone", "gone").await;
        let own = bench.of(UserId::LOCAL).await;
        assert_eq!(own.own_keys.len(), 0);
        assert_eq!(status(&own), CredentialStatus::Present);
        assert!(Arc::ptr_eq(&bench.of(UserId::LOCAL).await, &own));
    }

    #[tokio::test]
    async fn who_was_away_for_longest_is_forgotten() {
        let bench = Bench::new();
        let user = |n: usize| UserId::from_uuid(Uuid::from_u128(n as u128));
        for n in 0..MOST_KEPT {
            bench.give(user(n), OPENAI, OPENAI).await;
            bench.of(user(n)).await;
        }
        let oldest = bench.of(user(0)).await;
        bench.give(user(MOST_KEPT), OPENAI, OPENAI).await;
        bench.of(user(MOST_KEPT)).await;
        let kept = |n: usize| {
            let kept = bench.directory.kept.lock().unwrap();
            kept.catalogues.contains_key(&user(n))
        };
        assert_eq!([0, 1, 2, MOST_KEPT].map(kept), [true, false, true, true]);
        assert!(Arc::ptr_eq(&bench.of(user(0)).await, &oldest));
    }
}

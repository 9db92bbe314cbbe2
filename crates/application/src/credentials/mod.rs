//! Provider keys of users.

mod uses;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use thiserror::Error;
use tokio::task::JoinError;
use tokio_util::task::TaskTracker;
use tracing::{Instrument as _, error};
use viva_domain::credentials::{
    AuditAction, AuditEntry, AuditOutcome, Credential, CredentialForm, CredentialRefusal, CredentialState,
    InvalidCredential, RawCredential, StoredCredential,
};
use viva_domain::ids::{AuditEntryId, CredentialId, UserId};
use viva_domain::ports::{
    Clock, CredentialCheck, CredentialStore, CredentialVault, Ids, Page, PageRequest, ProviderDirectory,
    StoreError, StoreErrorKind, VaultError,
};

pub(crate) use uses::KeyUses;

/// Reads and writes a user's own provider keys. A key is kept when its provider accepted it, and is never shown again.
/// Everything that is done goes into the audit log; what was begun is done also when nobody waits for it any more.
#[derive(Clone)]
pub struct Credentials {
    ports: CredentialsPorts,
    forms: Arc<[CredentialForm]>,
    tasks: TaskTracker,
}

/// What that needs from the outside.
#[derive(Clone)]
pub struct CredentialsPorts {
    /// Keeps the keys, sealed.
    pub credential_store: Arc<dyn CredentialStore>,
    /// Seals and opens them.
    pub credential_vault: Arc<dyn CredentialVault>,
    /// Asks the providers.
    pub credential_check: Arc<dyn CredentialCheck>,
    /// Uses the keys.
    pub provider_directory: Arc<dyn ProviderDirectory>,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub ids: Arc<dyn Ids>,
}

/// A provider that takes keys, and the user's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderKey {
    /// What the provider wants to know.
    pub form: CredentialForm,
    /// What the user said, as far as it may be shown.
    pub own: Option<ShownCredential>,
}

/// As much of a credential as may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownCredential {
    /// The key, such as `sk-…abcd`.
    pub masked_key: String,
    /// Where the provider is; `None` for its usual address.
    pub base_url: Option<String>,
    /// Who pays; `None` for the account's own choice.
    pub organization: Option<String>,
    /// What the provider thought of it.
    pub state: CredentialState,
    /// When the provider said so last.
    pub checked_at: DateTime<Utc>,
}

/// Why nothing was done with a credential.
#[derive(Debug, Error)]
pub enum CredentialError {
    /// There is no such provider, or it takes no key. What it was called is not repeated: it may be a key.
    #[error("no provider of this name takes a key")]
    UnknownProvider,
    /// The user has none for it.
    #[error("you have no key for {0:?}")]
    NotThere(String),
    /// It cannot be one.
    #[error(transparent)]
    Invalid(#[from] InvalidCredential),
    /// The provider did not accept it, or could not be asked.
    #[error(transparent)]
    Refused(#[from] CredentialRefusal),
    /// What is stored cannot be read back.
    #[error("the key cannot be read back; enter it again")]
    Unreadable(#[source] VaultError),
    /// It cannot be encrypted, so it was not stored.
    #[error("the key cannot be encrypted")]
    NotSealed(#[source] VaultError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A fault of ours, or the end of the server.
    #[error("asking about the key was broken off")]
    BrokenOff(#[source] JoinError),
}

impl Credentials {
    /// Keys for the providers of these forms. A shutdown waits for the tasks.
    pub fn new(ports: CredentialsPorts, forms: impl Into<Arc<[CredentialForm]>>, tasks: TaskTracker) -> Self {
        Self {
            ports,
            forms: forms.into(),
            tasks,
        }
    }

    /// Every provider that takes keys, with the user's own.
    ///
    /// # Errors
    /// [`CredentialError::Store`].
    pub async fn list(&self, owner: UserId) -> Result<Vec<ProviderKey>, CredentialError> {
        let stored = self.ports.credential_store.list(owner).await?;
        let own = |form: &CredentialForm| {
            let stored = stored.iter().find(|stored| stored.provider == form.provider)?;
            Some(self.shown(stored))
        };
        let keys = self.forms.iter().map(|form| ProviderKey {
            own: own(form),
            form: form.clone(),
        });
        Ok(keys.collect())
    }

    /// Asks the provider whether it accepts a credential, and keeps it then in the place of the one before.
    ///
    /// # Errors
    /// Any [`CredentialError`] but [`CredentialError::NotThere`]; nothing has changed then.
    pub async fn put(
        &self,
        owner: UserId,
        provider: &str,
        raw: RawCredential<'_>,
    ) -> Result<ShownCredential, CredentialError> {
        let credential = self.form(provider)?.fill_in(raw)?;
        let (this, provider) = (self.clone(), provider.to_owned());
        self.to_its_end(async move { this.put_when_accepted(owner, &provider, &credential).await })
            .await
    }

    async fn put_when_accepted(
        &self,
        owner: UserId,
        provider: &str,
        credential: &Credential,
    ) -> Result<ShownCredential, CredentialError> {
        let checked = self.ports.credential_check.check(provider, credential).await;
        if let Err(refusal) = checked {
            self.record_not_kept(owner, provider, (&refusal).into()).await?;
            return Err(refusal.into());
        }
        let sealed = match self.ports.credential_vault.seal(owner, provider, credential) {
            Ok(sealed) => sealed,
            Err(err) => {
                self.record_not_kept(owner, provider, AuditOutcome::Failed)
                    .await?;
                return Err(CredentialError::NotSealed(err));
            }
        };
        let stored = StoredCredential {
            id: CredentialId::from_uuid(self.ports.ids.uuid()),
            owner,
            provider: provider.to_owned(),
            sealed,
            state: CredentialState::Valid,
            checked_at: self.ports.clock.now(),
        };
        // The store says what it is: the key before may have gone, or come, while the provider was asked.
        let entry = self.entry(owner, provider, AuditAction::Create, AuditOutcome::Done);
        let kept = self.ports.credential_store.put(&stored, &entry).await;
        self.ports.provider_directory.forget(owner);
        kept?;
        Ok(shown(credential, &stored))
    }

    /// Asks the provider again what it thinks of the user's key, and notes the answer when it is one.
    ///
    /// # Errors
    /// [`CredentialError::UnknownProvider`], [`CredentialError::NotThere`], [`CredentialError::Refused`],
    /// [`CredentialError::Unreadable`], [`CredentialError::Store`] or [`CredentialError::BrokenOff`].
    pub async fn validate(&self, owner: UserId, provider: &str) -> Result<ShownCredential, CredentialError> {
        self.form(provider)?;
        let (this, provider) = (self.clone(), provider.to_owned());
        self.to_its_end(async move { this.validate_stored(owner, &provider).await })
            .await
    }

    async fn validate_stored(
        &self,
        owner: UserId,
        provider: &str,
    ) -> Result<ShownCredential, CredentialError> {
        let stored = self.ports.credential_store.find(owner, provider).await?;
        let mut stored = stored.ok_or_else(|| CredentialError::NotThere(provider.to_owned()))?;
        let opened = self.ports.credential_vault.open(owner, provider, &stored.sealed);
        let credential = match opened {
            Ok(credential) => credential,
            Err(err) => {
                let entry = self.entry(owner, provider, AuditAction::Validate, AuditOutcome::Failed);
                self.ports.credential_store.record(&entry).await?;
                return Err(CredentialError::Unreadable(err));
            }
        };
        let checked = self.ports.credential_check.check(provider, &credential).await;
        let outcome = checked
            .as_ref()
            .err()
            .map_or(AuditOutcome::Done, AuditOutcome::from);
        let entry = self.entry(owner, provider, AuditAction::Validate, outcome);
        let state = match &checked {
            Ok(()) => Some(CredentialState::Valid),
            Err(refusal) => refusal.is_final().then_some(CredentialState::Invalid),
        };
        let store = self.ports.credential_store.as_ref();
        note(store, stored.id, state, &entry).await?;
        checked?;
        (stored.state, stored.checked_at) = (CredentialState::Valid, entry.at);
        Ok(shown(&credential, &stored))
    }

    /// Forgets the user's key for a provider, also for one that is none any more.
    ///
    /// # Errors
    /// [`CredentialError::UnknownProvider`], [`CredentialError::NotThere`], [`CredentialError::Store`] or
    /// [`CredentialError::BrokenOff`].
    pub async fn delete(&self, owner: UserId, provider: &str) -> Result<(), CredentialError> {
        let (this, provider) = (self.clone(), provider.to_owned());
        self.to_its_end(async move { this.remove(owner, &provider).await })
            .await
    }

    async fn remove(&self, owner: UserId, provider: &str) -> Result<(), CredentialError> {
        if !self.is_provider(provider) {
            let stored = self.ports.credential_store.list(owner).await?;
            if !stored.iter().any(|stored| stored.provider == provider) {
                return Err(CredentialError::UnknownProvider);
            }
        }
        let entry = self.entry(owner, provider, AuditAction::Delete, AuditOutcome::Done);
        let removed = self.ports.credential_store.remove(owner, provider, &entry).await;
        self.ports.provider_directory.forget(owner);
        match removed {
            Err(err) if err.kind == StoreErrorKind::Missing => {
                Err(CredentialError::NotThere(provider.to_owned()))
            }
            res => Ok(res?),
        }
    }

    /// What was done with the user's keys, newest first.
    ///
    /// # Errors
    /// [`CredentialError::Store`].
    pub async fn audit(&self, owner: UserId, page: PageRequest) -> Result<Page<AuditEntry>, CredentialError> {
        Ok(self.ports.credential_store.audit(owner, page).await?)
    }

    /// Whether a provider of this name takes keys.
    pub fn is_provider(&self, name: &str) -> bool {
        self.form(name).is_ok()
    }

    fn form(&self, provider: &str) -> Result<&CredentialForm, CredentialError> {
        let mut forms = self.forms.iter();
        let form = forms.find(|form| form.provider == provider);
        form.ok_or(CredentialError::UnknownProvider)
    }

    /// Does it also when nobody waits for it any more: what a provider was asked is in the audit log then.
    async fn to_its_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, CredentialError>> + Send + 'static,
    ) -> Result<T, CredentialError> {
        let done = self.tasks.spawn(work.in_current_span()).await;
        done.unwrap_or_else(|err| Err(CredentialError::BrokenOff(err)))
    }

    /// Notes that a credential was given and not kept.
    async fn record_not_kept(
        &self,
        owner: UserId,
        provider: &str,
        outcome: AuditOutcome,
    ) -> Result<(), StoreError> {
        let before = self.ports.credential_store.find(owner, provider).await?;
        let action = AuditAction::of_giving(before.as_ref());
        let entry = self.entry(owner, provider, action, outcome);
        self.ports.credential_store.record(&entry).await
    }

    fn entry(&self, owner: UserId, provider: &str, action: AuditAction, outcome: AuditOutcome) -> AuditEntry {
        AuditEntry {
            id: AuditEntryId::from_uuid(self.ports.ids.uuid()),
            owner,
            at: self.ports.clock.now(),
            action,
            provider: provider.to_owned(),
            session: None,
            outcome,
        }
    }

    /// One that cannot be read back is shown all the same, so that it can be replaced.
    fn shown(&self, stored: &StoredCredential) -> ShownCredential {
        match self
            .ports
            .credential_vault
            .open(stored.owner, &stored.provider, &stored.sealed)
        {
            Ok(credential) => shown(&credential, stored),
            Err(err) => {
                error!(event = "credential.unreadable", provider.name = %stored.provider,
                    error = &err as &dyn std::error::Error, "A stored provider key cannot be read back");
                ShownCredential {
                    masked_key: "…".to_owned(),
                    base_url: None,
                    organization: None,
                    state: CredentialState::Invalid,
                    checked_at: stored.checked_at,
                }
            }
        }
    }
}

/// Keeps what a provider said of a credential, where that says anything about it.
async fn note(
    store: &dyn CredentialStore,
    id: CredentialId,
    state: Option<CredentialState>,
    entry: &AuditEntry,
) -> Result<(), StoreError> {
    let Some(state) = state else {
        return store.record(entry).await;
    };
    match store.set_state(entry.owner, id, state, entry.at, entry).await {
        // It was replaced meanwhile, and what the provider said is not about the new one.
        Err(err) if err.kind == StoreErrorKind::Missing => store.record(entry).await,
        res => res,
    }
}

fn shown(credential: &Credential, stored: &StoredCredential) -> ShownCredential {
    ShownCredential {
        masked_key: credential.masked(),
        base_url: credential.base_url().map(str::to_owned),
        organization: credential.organization().map(str::to_owned),
        state: stored.state,
        checked_at: stored.checked_at,
    }
}

#[cfg(test)]
mod tests;

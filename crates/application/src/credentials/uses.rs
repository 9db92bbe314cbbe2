use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;
use tracing::{Instrument as _, warn};
use viva_domain::credentials::{AuditAction, AuditEntry, AuditOutcome, CredentialState};
use viva_domain::ids::{AuditEntryId, CredentialId, SessionId, UserId};
use viva_domain::ports::{Clock, CredentialStore, Ids, ProviderErrorKind};
use viva_domain::sessions::Interaction;

use super::note;
use crate::modes::{ModeFactory, OpenModeError};

/// Keeps account of a user's own keys that one session uses: of each, every outcome once. Nobody waits for the database.
/// Clones share.
#[derive(Clone)]
pub(crate) struct KeyUses(Arc<Uses>);

struct Uses {
    credential_store: Arc<dyn CredentialStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    tasks: TaskTracker,
    owner: UserId,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    session: Option<SessionId>,
    noted: HashSet<(CredentialId, AuditOutcome)>,
    /// What waits for the session, or for there being none.
    waiting: Vec<Use>,
}

struct Use {
    key: CredentialId,
    entry: AuditEntry,
}

impl KeyUses {
    /// Of a session that did not start yet.
    pub(crate) fn new(
        credential_store: Arc<dyn CredentialStore>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        tasks: TaskTracker,
        owner: UserId,
    ) -> Self {
        Self(Arc::new(Uses {
            credential_store,
            clock,
            ids,
            tasks,
            owner,
            known: Mutex::default(),
        }))
    }

    /// They are uses of this session, those before it too.
    pub(crate) fn begin(&self, session: SessionId) {
        let waiting = {
            let mut known = self.0.known();
            known.session = Some(session);
            std::mem::take(&mut known.waiting)
        };
        for mut used in waiting {
            used.entry.session = Some(session);
            self.0.keep(used);
        }
    }

    /// Waits for a conversation that is being opened with these providers, and notes what comes of it.
    pub(crate) async fn opening<T>(
        &self,
        modes: &ModeFactory,
        interaction: &Interaction,
        opening: impl Future<Output = Result<T, OpenModeError>>,
    ) -> Result<T, OpenModeError> {
        // The first is the one that is connected to.
        let providers = interaction.providers();
        let mut attempt = Attempt {
            uses: self,
            modes,
            provider: providers.first().copied(),
        };
        let opened = opening.await;
        attempt.provider = None;
        match &opened {
            Ok(_) => {
                for provider in providers {
                    self.0.add(modes, provider, AuditOutcome::Done);
                }
            }
            Err(OpenModeError(err)) => self.failed(modes, &err.kind, &err.provider),
        }
        opened
    }

    /// A provider failed. Where it refused a key of the user's own, that key is no longer valid.
    pub(crate) fn failed(&self, modes: &ModeFactory, kind: &ProviderErrorKind, provider: &str) {
        if let Some(outcome) = outcome(kind) {
            self.0.add(modes, provider, outcome);
        }
    }
}

impl Uses {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a use, when it is one of a key of the user's own.
    fn add(&self, modes: &ModeFactory, provider: &str, outcome: AuditOutcome) {
        let Some(key) = modes.own_key(provider) else {
            return;
        };
        let mut known = self.known();
        if !known.noted.insert((key.id, outcome)) {
            return;
        }
        let entry = AuditEntry {
            id: AuditEntryId::from_uuid(self.ids.uuid()),
            owner: self.owner,
            at: self.clock.now(),
            action: AuditAction::Use,
            provider: provider.to_owned(),
            session: known.session,
            outcome,
        };
        let used = Use { key: key.id, entry };
        if known.session.is_some() {
            self.keep(used);
        } else {
            known.waiting.push(used);
        }
    }

    fn keep(&self, used: Use) {
        // Without a runtime the process is over, and the database with it.
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let store = Arc::clone(&self.credential_store);
        let Use { key, entry } = used;
        let state = (entry.outcome == AuditOutcome::BadKey).then_some(CredentialState::Invalid);
        let writing = async move {
            if let Err(err) = note(store.as_ref(), key, state, &entry).await {
                warn!(event = "audit.use_not_recorded", provider.name = %entry.provider,
                    error = &err as &dyn std::error::Error, "The use of a provider key is not in the audit log");
            }
        };
        self.tasks.spawn_on(writing.in_current_span(), &runtime);
    }
}

impl Drop for Uses {
    /// No session came of it.
    fn drop(&mut self) {
        let waiting = std::mem::take(&mut self.known().waiting);
        for used in waiting {
            self.keep(used);
        }
    }
}

/// A conversation that is being opened. When nobody waits for it any more, the key may have been sent, and nothing came of
/// it.
struct Attempt<'a> {
    uses: &'a KeyUses,
    modes: &'a ModeFactory,
    /// The one that is asked; `None` once the outcome is known.
    provider: Option<&'a str>,
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if let Some(provider) = self.provider {
            self.uses.0.add(self.modes, provider, AuditOutcome::Failed);
        }
    }
}

/// What became of the key; `None` when nobody was asked.
fn outcome(kind: &ProviderErrorKind) -> Option<AuditOutcome> {
    match kind {
        ProviderErrorKind::Unknown
        | ProviderErrorKind::CredentialMissing
        | ProviderErrorKind::NotSetUp(_) => None,
        ProviderErrorKind::CredentialInvalid | ProviderErrorKind::OwnCredentialInvalid => {
            Some(AuditOutcome::BadKey)
        }
        ProviderErrorKind::CredentialForbidden => Some(AuditOutcome::Forbidden),
        ProviderErrorKind::QuotaExceeded => Some(AuditOutcome::QuotaExceeded),
        ProviderErrorKind::RateLimited => Some(AuditOutcome::RateLimited),
        ProviderErrorKind::Unavailable => Some(AuditOutcome::NoNetwork),
        ProviderErrorKind::InvalidConfig(_) | ProviderErrorKind::Failed(_) => Some(AuditOutcome::Failed),
    }
}

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio_util::task::TaskTracker;
use tracing::warn;
use viva_domain::credentials::{AuditAction, AuditEntry, AuditOutcome, CredentialState};
use viva_domain::ids::{AuditEntryId, CredentialId, SessionId, UserId};
use viva_domain::ports::{Clock, CredentialStore, Ids, ProviderErrorKind, StoreError};
use viva_domain::providers::OwnKey;
use viva_domain::sessions::Interaction;

use super::note;
use crate::modes::ModeFactory;

/// Keeps account of a user's own keys that one session uses: each once, and once that it was refused. Nobody waits for the
/// database.
pub(crate) struct KeyUses {
    credential_store: Arc<dyn CredentialStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    tasks: TaskTracker,
    owner: UserId,
    session: Option<SessionId>,
    used: BTreeSet<CredentialId>,
    refused: BTreeSet<CredentialId>,
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
        Self {
            credential_store,
            clock,
            ids,
            tasks,
            owner,
            session: None,
            used: BTreeSet::new(),
            refused: BTreeSet::new(),
        }
    }

    /// From now on they are uses of this session.
    pub(crate) fn begin(&mut self, session: SessionId) {
        self.session = Some(session);
    }

    /// The session talks with these providers from now on.
    pub(crate) fn opened(&mut self, modes: &ModeFactory, interaction: &Interaction) {
        for provider in providers(interaction) {
            if let Some(key) = modes.own_key(provider) {
                self.used(provider, key);
            }
        }
    }

    /// A provider failed; where it refused a key of the user's own, that key is no longer valid.
    pub(crate) fn failed(&mut self, modes: &ModeFactory, kind: &ProviderErrorKind, provider: &str) {
        if *kind == ProviderErrorKind::OwnCredentialInvalid
            && let Some(key) = modes.own_key(provider)
        {
            self.refused(provider, key);
        }
    }

    fn used(&mut self, provider: &str, key: &OwnKey) {
        if self.used.insert(key.id) {
            let entry = self.entry(provider, AuditOutcome::Done);
            let store = Arc::clone(&self.credential_store);
            self.keep(async move { store.record(&entry).await });
        }
    }

    fn refused(&mut self, provider: &str, key: &OwnKey) {
        if self.refused.insert(key.id) {
            let entry = self.entry(provider, AuditOutcome::BadKey);
            let (store, id) = (Arc::clone(&self.credential_store), key.id);
            let state = Some(CredentialState::Invalid);
            self.keep(async move { note(store.as_ref(), id, state, &entry).await });
        }
    }

    fn entry(&self, provider: &str, outcome: AuditOutcome) -> AuditEntry {
        AuditEntry {
            id: AuditEntryId::from_uuid(self.ids.uuid()),
            owner: self.owner,
            at: self.clock.now(),
            action: AuditAction::Use,
            provider: provider.to_owned(),
            session: self.session,
            outcome,
        }
    }

    fn keep(&self, writing: impl Future<Output = Result<(), StoreError>> + Send + 'static) {
        self.tasks.spawn(async move {
            if let Err(err) = writing.await {
                warn!(error = %err, "The use of a provider key is not in the audit log: {err}");
            }
        });
    }
}

fn providers(interaction: &Interaction) -> Vec<&str> {
    match interaction {
        Interaction::Realtime(config) => vec![&config.provider],
        Interaction::Cascade(config) => [&config.stt, &config.llm, &config.tts]
            .map(|stage| stage.provider.as_str())
            .into(),
    }
}

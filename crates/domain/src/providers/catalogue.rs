use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::ProviderInfo;
use crate::credentials::CredentialState;
use crate::ids::CredentialId;
use crate::ports::{LanguageModel, RealtimeVoice, SpeechToText, TextToSpeech};

/// The providers of one role on this server, in the order in which they are shown: those that can be used come first.
pub struct Providers<P: ?Sized>(Vec<(ProviderInfo, Arc<P>)>);

/// The providers of every role.
#[derive(Debug, Clone, Default)]
pub struct ProviderCatalogue {
    /// Those that hear and speak by themselves.
    pub realtime: Providers<dyn RealtimeVoice>,
    /// Speech-to-text.
    pub stt: Providers<dyn SpeechToText>,
    /// Language models.
    pub llm: Providers<dyn LanguageModel>,
    /// Text-to-speech.
    pub tts: Providers<dyn TextToSpeech>,
    /// The providers that are used with a key of the user's own, by id.
    pub own_keys: BTreeMap<String, OwnKey>,
}

/// A key of a user's own, as far as it matters to who uses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnKey {
    /// Another one whenever the key is replaced.
    pub id: CredentialId,
    /// What the provider thought of it.
    pub state: CredentialState,
    /// When the provider said so last.
    pub checked_at: DateTime<Utc>,
}

impl ProviderCatalogue {
    /// Brings those that can be used to the front of each role; the order stays otherwise.
    pub fn usable_first(&mut self) {
        self.realtime.usable_first();
        self.stt.usable_first();
        self.llm.usable_first();
        self.tts.usable_first();
    }
}

impl<P: ?Sized> Providers<P> {
    /// No providers.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a provider at the end; one of the same id is replaced where it stands.
    pub fn insert(&mut self, info: ProviderInfo, adapter: Arc<P>) {
        match self.0.iter_mut().find(|(known, _)| known.id == info.id) {
            Some(entry) => *entry = (info, adapter),
            None => self.0.push((info, adapter)),
        }
    }

    /// The adapter of this id; `None` when there is no such provider.
    pub fn get(&self, id: &str) -> Option<&Arc<P>> {
        self.find(id).map(|(_, adapter)| adapter)
    }

    /// What is known about this id, with the adapter; `None` when there is no such provider.
    pub fn find(&self, id: &str) -> Option<(&ProviderInfo, &Arc<P>)> {
        self.iter().find(|(info, _)| info.id == id)
    }

    /// Brings those that can be used to the front; the order stays otherwise.
    pub fn usable_first(&mut self) {
        self.0.sort_by_key(|(info, _)| !info.credential.is_usable());
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&ProviderInfo, &Arc<P>)> {
        self.0.iter().map(|(info, adapter)| (info, adapter))
    }
}

impl<P: ?Sized> Clone for Providers<P> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<P: ?Sized> Default for Providers<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: ?Sized> fmt::Debug for Providers<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.iter().map(|(info, _)| &info.id))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::CredentialStatus;

    fn info(id: &str) -> ProviderInfo {
        ProviderInfo {
            id: id.to_owned(),
            name: id.to_owned(),
            models: Vec::new(),
            voices: Vec::new(),
            languages: Vec::new(),
            custom_names: false,
            credential: CredentialStatus::NotNeeded,
            needs: Vec::new(),
        }
    }

    #[test]
    fn providers_keep_their_order_and_the_same_id_replaces() {
        let mut providers = Providers::new();
        providers.insert(info("offline"), Arc::new(1));
        providers.insert(info("other"), Arc::new(2));
        providers.insert(info("offline"), Arc::new(3));
        let entries: Vec<(&str, u32)> = providers
            .iter()
            .map(|(info, adapter)| (info.id.as_str(), **adapter))
            .collect();
        assert_eq!(entries, [("offline", 3), ("other", 2)]);
        assert_eq!(providers.get("other").map(|adapter| **adapter), Some(2));
        assert!(providers.get("Offline").is_none());
        assert_eq!(providers.find("other").unwrap().0.id, "other");
    }

    #[test]
    fn those_that_can_be_used_come_first() {
        let mut providers = Providers::new();
        for (id, credential) in [
            ("a", CredentialStatus::Missing),
            ("b", CredentialStatus::Present),
            ("c", CredentialStatus::Invalid),
            ("d", CredentialStatus::NotNeeded),
        ] {
            let info = ProviderInfo {
                credential,
                ..info(id)
            };
            providers.insert(info, Arc::new(()));
        }
        providers.usable_first();
        let ids: Vec<&str> = providers.iter().map(|(info, _)| info.id.as_str()).collect();
        assert_eq!(ids, ["b", "d", "a", "c"]);
    }
}

use std::fmt;
use std::sync::Arc;

use super::ProviderInfo;
use crate::ports::{LanguageModel, RealtimeVoice, SpeechToText, TextToSpeech};

/// The providers of one role on this server, in the order in which they are shown; the first is the default.
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
        self.iter()
            .find_map(|(info, adapter)| (info.id == id).then_some(adapter))
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
            credential: CredentialStatus::NotNeeded,
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
    }
}

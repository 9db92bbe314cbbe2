use std::fmt;
use std::sync::Arc;

use super::ProviderInfo;
use crate::ports::RealtimeVoice;

/// The realtime providers of this server, in the order in which they are shown; the first is the default.
#[derive(Clone, Default)]
pub struct RealtimeProviders(Vec<(ProviderInfo, Arc<dyn RealtimeVoice>)>);

impl RealtimeProviders {
    /// No providers.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a provider at the end; one of the same id is replaced where it stands.
    pub fn insert(&mut self, info: ProviderInfo, voice: Arc<dyn RealtimeVoice>) {
        match self.0.iter_mut().find(|(known, _)| known.id == info.id) {
            Some(entry) => *entry = (info, voice),
            None => self.0.push((info, voice)),
        }
    }

    /// The adapter of this id; `None` when there is no such provider.
    pub fn get(&self, id: &str) -> Option<&Arc<dyn RealtimeVoice>> {
        self.iter()
            .find_map(|(info, voice)| (info.id == id).then_some(voice))
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&ProviderInfo, &Arc<dyn RealtimeVoice>)> {
        self.0.iter().map(|(info, voice)| (info, voice))
    }
}

impl fmt::Debug for RealtimeProviders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.iter().map(|(info, _)| &info.id))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;

    use super::*;
    use crate::ports::{
        ProviderError, ProviderErrorKind, RealtimeCapabilities, RealtimeRequest, RealtimeSession,
    };
    use crate::providers::CredentialStatus;
    use crate::sessions::RealtimeConfig;

    /// Tells itself apart by its input rate.
    struct Voice(u32);

    #[async_trait]
    impl RealtimeVoice for Voice {
        fn capabilities(&self) -> RealtimeCapabilities {
            RealtimeCapabilities {
                detects_turns: false,
                greets: false,
                input_rate: self.0,
                output_rate: self.0,
            }
        }

        fn resolve(&self, config: &RealtimeConfig) -> Result<RealtimeConfig, ProviderError> {
            Ok(config.clone())
        }

        async fn connect(&self, _request: RealtimeRequest) -> Result<RealtimeSession, ProviderError> {
            Err(ProviderError {
                kind: ProviderErrorKind::Unavailable,
                provider: "voice".to_owned(),
                retry_after: None,
                source: None,
            })
        }
    }

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
        let mut providers = RealtimeProviders::new();
        providers.insert(info("offline"), Arc::new(Voice(1)));
        providers.insert(info("other"), Arc::new(Voice(2)));
        providers.insert(info("offline"), Arc::new(Voice(3)));
        let rates: Vec<(String, u32)> = providers
            .iter()
            .map(|(info, voice)| (info.id.clone(), voice.capabilities().input_rate))
            .collect();
        assert_eq!(rates, [("offline".to_owned(), 3), ("other".to_owned(), 2)]);
        assert_eq!(providers.get("other").unwrap().capabilities().input_rate, 2);
        assert!(providers.get("Offline").is_none());
    }
}

//! The voices that a provider has for a user: as it lists them itself, kept for a while, or else as they are known here.

mod kept;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::timeout;
use tracing::{debug, warn};
use viva_domain::ids::UserId;
use viva_domain::ports::{Clock, ProviderDirectory, ProviderError, StoreError, TextToSpeech};
use viva_domain::providers::{ProviderInfo, ProviderVoice};

use self::kept::{Kept, Whose};

/// Somebody waits for it.
const LIMIT: Duration = Duration::from_secs(10);

/// Lists voices. Clones share what they keep.
#[derive(Clone)]
pub struct Voices {
    provider_directory: Arc<dyn ProviderDirectory>,
    clock: Arc<dyn Clock>,
    kept: Arc<Mutex<Kept>>,
}

/// The voices of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoiceList {
    /// The default first.
    pub voices: Vec<ProviderVoice>,
    /// Whether the provider listed them; otherwise it lists none, or could not be asked.
    pub is_from_provider: bool,
}

/// Why no voices are listed.
#[derive(Debug, thiserror::Error)]
pub enum ListVoicesError {
    /// Nobody of this id speaks.
    #[error("no text-to-speech provider has this id")]
    UnknownProvider,
    /// The user's providers are not known.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Voices {
    /// Lists the voices of the providers in the directory.
    pub fn new(provider_directory: Arc<dyn ProviderDirectory>, clock: Arc<dyn Clock>) -> Self {
        Self {
            provider_directory,
            clock,
            kept: Arc::default(),
        }
    }

    /// The voices of a provider as this user has it. A provider that cannot be asked has those that are known here.
    ///
    /// # Errors
    /// [`ListVoicesError`] for ids of nobody who speaks, and when the user's providers cannot be read.
    pub async fn list(&self, owner: UserId, provider: &str) -> Result<VoiceList, ListVoicesError> {
        let catalogue = self.provider_directory.catalogue(owner).await?;
        let (info, adapter) = catalogue
            .tts
            .find(provider)
            .ok_or(ListVoicesError::UnknownProvider)?;
        if !info.credential.is_usable() {
            return Ok(known(info));
        }
        let own_key = catalogue.own_keys.get(provider);
        let whose = Whose {
            provider: provider.to_owned(),
            own_key: own_key.map(|key| key.id),
        };
        let kept = self.kept(|kept| kept.get(&whose, self.clock.now()));
        let listed = if let Some(listed) = kept {
            listed
        } else {
            let voices = ask(provider, &**adapter).await;
            let listed = voices.map(|voices| Arc::from(completed(voices, info)));
            self.kept(|kept| kept.keep(whose, listed.clone(), self.clock.now()));
            listed
        };
        Ok(listed.map_or_else(|| known(info), |voices| with_default_first(info, &voices)))
    }

    fn kept<T>(&self, use_it: impl FnOnce(&mut Kept) -> T) -> T {
        use_it(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What the provider lists; `None` where it lists none, or cannot be asked.
async fn ask(provider: &str, adapter: &dyn TextToSpeech) -> Option<Vec<ProviderVoice>> {
    match timeout(LIMIT, adapter.voices()).await {
        Ok(Ok(voices)) => {
            let count = voices.as_ref().map_or(0, Vec::len);
            debug!(
                event = "voices.listed",
                provider.name = provider,
                voices.count = count,
                "{provider} lists {count} voices"
            );
            voices
        }
        Ok(Err(err)) => {
            tell(provider, &err);
            None
        }
        Err(_) => {
            warn!(
                event = "voices.late",
                provider.name = provider,
                "{provider} did not list its voices in time"
            );
            None
        }
    }
}

fn tell(provider: &str, err: &ProviderError) {
    warn!(
        event = "voices.unknown",
        provider.name = provider,
        error = err as &dyn std::error::Error,
        "The voices of {provider} are not known"
    );
}

/// What the provider does not say of a voice is as it is known here.
fn completed(mut voices: Vec<ProviderVoice>, info: &ProviderInfo) -> Vec<ProviderVoice> {
    let known: HashMap<&str, &ProviderVoice> = info
        .voices
        .iter()
        .map(|voice| (voice.id.as_str(), voice))
        .collect();
    for voice in &mut voices {
        if let Some(known) = known.get(voice.id.as_str()) {
            voice.language = voice.language.take().or_else(|| known.language.clone());
            voice.gender = voice.gender.or(known.gender);
        }
    }
    voices
}

fn known(info: &ProviderInfo) -> VoiceList {
    VoiceList {
        voices: info.voices.clone(),
        is_from_provider: false,
    }
}

/// What speaks where a session names no voice stays the first, also when it is not listed.
fn with_default_first(info: &ProviderInfo, listed: &[ProviderVoice]) -> VoiceList {
    let default = info.voices.first();
    let is_default = |voice: &&ProviderVoice| default.is_some_and(|default| default.id == voice.id);
    let first = listed.iter().find(is_default).or(default);
    let others = listed.iter().filter(|voice| !is_default(voice));
    VoiceList {
        voices: first.into_iter().chain(others).cloned().collect(),
        is_from_provider: true,
    }
}

use serde::Deserialize;
use viva_domain::providers::{CredentialStatus, Language, Model, ProviderInfo, ProviderVoice};

use super::BaseUrl;
use super::adapters::{LanguageModelAdapter, RealtimeVoiceAdapter, SpeechToTextAdapter, TextToSpeechAdapter};
use crate::providers::Defaults;

/// A provider that has to be configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueProvider {
    /// What sessions and settings call it.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Where it is.
    pub base_url: BaseUrl,
    /// Everybody has an address of their own; [`Self::base_url`] only shows its form.
    pub base_url_is_example: bool,
    /// The one that came with Viva, which is no secret; any other one was chosen by whoever runs the server.
    pub built_in_base_url: Option<BaseUrl>,
    /// Whether a key is needed.
    pub key: KeyNeed,
    /// Environment variables that hold its key by the vendor's convention, the first one that is set counts.
    pub key_variables: Vec<String>,
    /// The page on which the provider's users make keys.
    pub key_url: Option<String>,
    /// How it hears and speaks.
    pub realtime: Option<Role<RealtimeVoiceAdapter>>,
    /// How it writes down what is said.
    pub stt: Option<Role<SpeechToTextAdapter>>,
    /// How it answers.
    pub llm: Option<Role<LanguageModelAdapter>>,
    /// How it speaks.
    pub tts: Option<Role<TextToSpeechAdapter>>,
}

/// Who needs a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyNeed {
    /// Everybody.
    Always,
    /// Whoever uses the provider where the catalogue says; a server of one's own may do without.
    AtBaseUrl,
    /// Nobody; one that is there is used.
    Optional,
}

/// What a provider offers in one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role<A> {
    /// The protocol that is spoken.
    pub adapter: A,
    /// Models, the default first.
    pub models: Vec<Model>,
    /// The default where the provider is moved away from its site.
    pub default_model_elsewhere: Option<String>,
    /// Voices, the default first.
    pub voices: Vec<ProviderVoice>,
    /// Languages, the default first; none means any.
    pub languages: Vec<Language>,
    /// What writes down the user's words for a realtime provider.
    pub transcription_model: Option<String>,
}

impl CatalogueProvider {
    /// Another address. On another site it is somebody else's server: it may do without a key, which is not made at the
    /// vendor, its models are other ones, and the vendor's days do not count there.
    pub fn move_to(&mut self, base_url: BaseUrl) {
        if !base_url.is_of_site(&self.base_url) {
            if self.key == KeyNeed::AtBaseUrl {
                self.key = KeyNeed::Optional;
                self.key_url = None;
            }
            self.realtime.iter_mut().for_each(Role::leave);
            self.stt.iter_mut().for_each(Role::leave);
            self.llm.iter_mut().for_each(Role::leave);
            self.tts.iter_mut().for_each(Role::leave);
        }
        self.base_url = base_url;
        self.base_url_is_example = false;
    }

    /// Where it is, or what that looks like, as far as everybody may know it.
    pub fn public_base_url(&self) -> Option<&BaseUrl> {
        let is_public = self.base_url_is_example || self.built_in_base_url.as_ref() == Some(&self.base_url);
        is_public.then_some(&self.base_url)
    }

    /// Whether it works without a key.
    pub fn works_without_key(&self) -> bool {
        self.key == KeyNeed::Optional
    }
}

impl<A> Role<A> {
    pub(super) const fn new(adapter: A) -> Self {
        Self {
            adapter,
            models: Vec::new(),
            default_model_elsewhere: None,
            voices: Vec::new(),
            languages: Vec::new(),
            transcription_model: None,
        }
    }

    /// The provider leaves its site.
    fn leave(&mut self) {
        for model in &mut self.models {
            model.retires = None;
        }
        if let Some(id) = self.default_model_elsewhere.take() {
            // It is one of them, as the catalogue checked.
            let _ = put_first(&mut self.models, |model| model.id == id);
        }
    }

    /// What sessions get that leave a choice open.
    pub fn defaults(&self) -> Defaults {
        Defaults {
            model: self.models.first().map(|model| model.id.clone()),
            voice: self.voices.first().map(|voice| voice.id.clone()),
        }
    }

    /// What people choose from; `needs` names the settings that are missing.
    pub fn info(
        &self,
        provider: &CatalogueProvider,
        credential: CredentialStatus,
        needs: &[String],
    ) -> ProviderInfo {
        ProviderInfo {
            id: provider.id.clone(),
            name: provider.name.clone(),
            models: self.models.clone(),
            voices: self.voices.clone(),
            languages: self.languages.clone(),
            custom_names: true,
            credential,
            needs: needs.to_vec(),
        }
    }
}

/// Moves an entry to the front; `None` when it is not there.
pub(super) fn put_first<T>(list: &mut [T], is_it: impl Fn(&T) -> bool) -> Option<()> {
    let at = list.iter().position(is_it)?;
    list[..=at].rotate_right(1);
    Some(())
}

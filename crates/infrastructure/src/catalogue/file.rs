//! The form of the file, and nothing else.

use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;
use viva_domain::providers::VoiceGender;

use super::CatalogueError;
use super::adapters::{LanguageModelAdapter, RealtimeVoiceAdapter, SpeechToTextAdapter, TextToSpeechAdapter};
use super::provider::KeyNeed;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CatalogueFile {
    #[serde(default)]
    pub(super) providers: Vec<ProviderTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProviderTable {
    pub(super) id: Spanned<String>,
    pub(super) name: Option<String>,
    pub(super) base_url: Option<String>,
    pub(super) base_url_is_example: Option<bool>,
    pub(super) key: Option<KeyNeed>,
    pub(super) key_variables: Option<Vec<String>>,
    pub(super) key_url: Option<String>,
    pub(super) realtime: Option<RoleTable<RealtimeVoiceAdapter>>,
    pub(super) stt: Option<RoleTable<SpeechToTextAdapter>>,
    pub(super) llm: Option<RoleTable<LanguageModelAdapter>>,
    pub(super) tts: Option<RoleTable<TextToSpeechAdapter>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleTable<A> {
    pub(super) adapter: Option<A>,
    pub(super) default_model: Option<String>,
    pub(super) default_model_elsewhere: Option<String>,
    pub(super) default_voice: Option<String>,
    pub(super) transcription_model: Option<String>,
    #[serde(default = "Vec::new")]
    pub(super) models: Vec<ModelTable>,
    #[serde(default = "Vec::new")]
    pub(super) voices: Vec<VoiceTable>,
    pub(super) languages: Option<Vec<LanguageTable>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ModelTable {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) retires: Option<Datetime>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VoiceTable {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) language: Option<String>,
    pub(super) gender: Option<GenderName>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum GenderName {
    Female,
    Male,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LanguageTable {
    pub(super) tag: String,
    pub(super) name: String,
}

impl From<GenderName> for VoiceGender {
    fn from(name: GenderName) -> Self {
        match name {
            GenderName::Female => Self::Female,
            GenderName::Male => Self::Male,
        }
    }
}

impl CatalogueFile {
    /// Reads the text; `name` is what errors call it.
    pub(super) fn parse(name: &str, text: &str) -> Result<Self, CatalogueError> {
        toml::from_str(text).map_err(|err| {
            let byte = err.span().map_or(0, |span| span.start);
            let problem = err.message().split('\n').collect::<Vec<_>>().join("; ");
            CatalogueError::at(name, text, byte, problem)
        })
    }
}

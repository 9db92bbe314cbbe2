use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// Body of `GET /interaction/providers`: who can play which role.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProviderList {
    /// Providers that hear and speak by themselves.
    pub realtime: Vec<Provider>,
    /// Speech-to-text.
    pub stt: Vec<Provider>,
    /// Language models.
    pub llm: Vec<Provider>,
    /// Text-to-speech.
    pub tts: Vec<Provider>,
}

/// One provider in one role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Provider {
    /// The id that a configuration names.
    pub id: String,
    /// The name that people know.
    pub name: String,
    /// Models, the default first; empty when the provider has no choice.
    pub models: Vec<Model>,
    /// Voices, the default first; empty when the provider has no choice.
    pub voices: Vec<Voice>,
    /// Languages; empty when the provider takes any.
    pub languages: Vec<Language>,
    /// Whether a configuration may name models and voices that are not listed.
    #[serde(default)]
    pub custom_names: bool,
    /// What it can do.
    pub capabilities: ProviderCapabilities,
    /// Whether a session can use it now.
    pub available: bool,
    /// Whether its key is there.
    pub credential_status: CredentialStatus,
    /// Whether that is a key of your own; otherwise it is the server's.
    #[serde(default)]
    pub own_key: bool,
    /// When the provider last said what it thinks of your own key, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_at: Option<DateTime<Utc>>,
}

/// A model of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Model {
    /// The id that a configuration names.
    pub id: String,
    /// The name that people know.
    pub name: String,
    /// The day (`2027-01-31`) on which the provider stops to serve it, where that was announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retires: Option<NaiveDate>,
}

/// A voice of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Voice {
    /// The id that a configuration names.
    pub id: String,
    /// The name that people know.
    pub name: String,
    /// BCP 47 tag of the language that it speaks; absent where it speaks any, or nobody says which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// How it sounds, where the provider says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gender: Option<VoiceGender>,
}

/// Body of `GET /interaction/providers/{provider}/voices`: the voices that a text-to-speech provider has for you.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VoiceList {
    /// The default first.
    pub items: Vec<Voice>,
    /// Whether the provider listed them; otherwise it lists none, or could not be asked, and they are those that are known
    /// here.
    pub from_provider: bool,
}

/// How a voice sounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum VoiceGender {
    /// As a woman's.
    Female,
    /// As a man's.
    Male,
}

/// A language that a provider speaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Language {
    /// BCP 47 tag.
    pub id: String,
    /// The language's name in English.
    pub name: String,
}

/// What a provider can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProviderCapabilities {
    /// It finds the user's turns itself; otherwise Viva does.
    pub detects_turns: bool,
    /// It can speak first.
    pub greets: bool,
}

/// Whether a provider's key is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CredentialStatus {
    /// It needs none.
    NotNeeded,
    /// It needs one and has none.
    Missing,
    /// It has one that was not checked.
    Present,
    /// It has one that the provider accepted.
    Valid,
    /// It has one that the provider refused.
    Invalid,
}

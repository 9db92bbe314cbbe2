//! Which providers there are: what people choose from, and the adapters behind it.

mod catalogue;
mod info;

pub use catalogue::{OwnKey, ProviderCatalogue, Providers};
pub use info::{CredentialStatus, Language, Model, ProviderInfo, ProviderVoice, VoiceGender};

//! Which providers there are: what people choose from, and the adapters behind it.

mod info;
mod realtime;

pub use info::{CredentialStatus, Language, Model, ProviderInfo, ProviderVoice};
pub use realtime::RealtimeProviders;

//! The configuration: one file per section, defaults and documentation in `default.toml`.

mod auth;
mod catalogue;
mod credentials;
mod database;
mod limits;
mod load;
mod log;
mod metrics;
#[cfg(test)]
mod named;
mod providers;
mod retention;
mod server;
mod sessions;
mod storage;
mod traces;
mod web;

use anyhow::Result;
use serde::Deserialize;
use viva_infrastructure::providers::transport::AddressPolicy;

pub(crate) use auth::AuthMode;
pub(crate) use credentials::CredentialsSettings;
pub(crate) use database::DatabaseSettings;
pub(crate) use load::{defaults, load};
pub(crate) use log::{LogFormat, LogSettings};
pub(crate) use metrics::MetricsSettings;
pub(crate) use providers::ProviderSetup;
pub(crate) use storage::{Recordings, StorageSettings};
pub(crate) use traces::TracesSettings;

/// Everything that can be set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) server: server::ServerSettings,
    pub(crate) auth: auth::AuthSettings,
    pub(crate) limits: limits::LimitsSettings,
    pub(crate) database: DatabaseSettings,
    pub(crate) storage: storage::StorageSettings,
    pub(crate) metrics: MetricsSettings,
    pub(crate) traces: TracesSettings,
    pub(crate) web: web::WebSettings,
    pub(crate) sessions: sessions::SessionsSettings,
    pub(crate) retention: retention::RetentionSettings,
    pub(crate) credentials: CredentialsSettings,
    pub(crate) catalogue: catalogue::CatalogueSettings,
    #[serde(default)]
    providers: providers::ProvidersSettings,
    /// The catalogue's providers with what is set about them.
    #[serde(skip)]
    pub(crate) provider_setups: Vec<ProviderSetup>,
    pub(crate) log: LogSettings,
}

impl Settings {
    /// Where addresses of providers may lead that users name.
    pub(crate) fn user_addresses(&self) -> AddressPolicy {
        self.providers.user_addresses(self.server)
    }

    /// Takes what is in files that settings name.
    fn read_files(&mut self) -> Result<()> {
        self.database.read_files()?;
        self.traces.read_files()
    }

    /// Checks what types cannot say.
    fn validate(&self) -> Result<()> {
        self.auth.validate(self.server)?;
        self.database.validate()?;
        self.storage.validate()?;
        self.retention.validate()?;
        self.credentials.validate()?;
        self.traces.validate()?;
        self.sessions.validate()
    }
}

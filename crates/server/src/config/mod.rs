//! The configuration: one file per section, defaults and documentation in `default.toml`.

mod auth;
mod catalogue;
mod database;
mod limits;
mod load;
mod log;
mod providers;
mod server;
mod sessions;
mod storage;
mod web;

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Deserialize;

pub(crate) use auth::AuthMode;
pub(crate) use database::DatabaseSettings;
pub(crate) use load::{defaults, load};
pub(crate) use log::{LogFormat, LogSettings};
pub(crate) use providers::ProviderSetup;
pub(crate) use storage::StorageSettings;

/// Everything that can be set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) server: server::ServerSettings,
    pub(crate) auth: auth::AuthSettings,
    pub(crate) limits: limits::LimitsSettings,
    pub(crate) database: DatabaseSettings,
    pub(crate) storage: storage::StorageSettings,
    pub(crate) web: web::WebSettings,
    pub(crate) sessions: sessions::SessionsSettings,
    pub(crate) catalogue: catalogue::CatalogueSettings,
    /// By id, with `_` for `-`.
    #[serde(default)]
    providers: BTreeMap<String, providers::ProviderSettings>,
    /// The catalogue's providers with what is set about them.
    #[serde(skip)]
    pub(crate) provider_setups: Vec<ProviderSetup>,
    pub(crate) log: LogSettings,
}

impl Settings {
    /// Checks what types cannot say.
    fn validate(&self) -> Result<()> {
        self.auth.validate(self.server.listen)?;
        self.database.validate()?;
        self.storage.validate()?;
        self.sessions.validate()
    }
}

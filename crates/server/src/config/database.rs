use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DatabaseSettings {
    /// May hold a password.
    url: SecretString,
    url_file: PathBuf,
}

impl DatabaseSettings {
    /// Takes the URL from `url_file`, when one is named.
    pub(super) fn read_files(&mut self) -> Result<()> {
        if self.url_file.as_os_str().is_empty() {
            return Ok(());
        }
        let read = std::fs::read_to_string(&self.url_file);
        let url =
            read.with_context(|| format!("cannot read database.url_file {}", self.url_file.display()))?;
        self.url = SecretString::from(url.trim());
        Ok(())
    }

    pub(super) fn validate(&self) -> Result<()> {
        let url = self.url.expose_secret();
        let is_known = ["sqlite:", "postgres://", "postgresql://"]
            .iter()
            .any(|scheme| url.starts_with(scheme));
        ensure!(is_known, "database.url must begin with sqlite:// or postgres://");
        Ok(())
    }

    pub(crate) fn url(&self) -> &SecretString {
        &self.url
    }
}

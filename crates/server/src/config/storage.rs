use std::path::PathBuf;

use anyhow::{Result, ensure};
use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StorageSettings {
    url: String,
}

impl StorageSettings {
    pub(super) fn validate(&self) -> Result<()> {
        let is_folder =
            !self.url.is_empty() && (!self.url.contains("://") || self.url.starts_with("file://"));
        ensure!(is_folder, "storage.url is \"{}\"; it must be a folder", self.url);
        Ok(())
    }

    /// The folder that holds recordings, the spool and the journal.
    pub(crate) fn folder(&self) -> PathBuf {
        PathBuf::from(self.url.strip_prefix("file://").unwrap_or(&self.url))
    }
}

//! The catalogue: which providers, models and voices there are, where, and until when.
//!
//! `providers.toml` is compiled in and documents its own form; a file of the operator changes it. No model id stands in
//! code. Adapters are named by enums, so a provider without an adapter is refused when the file is read, and the server's
//! wiring cannot forget one.

mod adapters;
mod base_url;
mod change;
mod error;
mod file;
mod provider;
#[cfg(test)]
mod tests;

use std::path::Path;

pub use adapters::{LanguageModelAdapter, RealtimeVoiceAdapter, SpeechToTextAdapter, TextToSpeechAdapter};
pub use base_url::{BaseUrl, InvalidBaseUrl};
pub use error::CatalogueError;
pub use provider::{CatalogueProvider, KeyNeed, Role};

use self::file::CatalogueFile;

const BUILT_IN: &str = include_str!("providers.toml");
/// What errors call it.
const BUILT_IN_NAME: &str = "the built-in providers.toml";

/// Every provider that has to be configured; the offline one is not among them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue {
    providers: Vec<CatalogueProvider>,
}

impl Catalogue {
    /// The built-in catalogue, changed by a file of the operator.
    ///
    /// # Errors
    /// [`CatalogueError`] says where the file is wrong.
    pub fn load(file: Option<&Path>) -> Result<Self, CatalogueError> {
        let mut catalogue = Self::default();
        catalogue.read(BUILT_IN_NAME, BUILT_IN)?;
        for provider in &mut catalogue.providers {
            provider.built_in_base_url = Some(provider.base_url.clone());
        }
        if let Some(path) = file {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(path).map_err(|source| CatalogueError::Unreadable {
                file: name.clone(),
                source,
            })?;
            catalogue.read(&name, &text)?;
        }
        Ok(catalogue)
    }

    /// The providers, in the order in which they are shown.
    pub fn providers(&self) -> &[CatalogueProvider] {
        &self.providers
    }

    /// The same, for an iteration that takes them.
    pub fn into_providers(self) -> Vec<CatalogueProvider> {
        self.providers
    }

    fn read(&mut self, name: &str, text: &str) -> Result<(), CatalogueError> {
        let mut seen = Vec::new();
        for table in CatalogueFile::parse(name, text)?.providers {
            let start = table.id.span().start;
            let id = table.id.get_ref().clone();
            let wrong =
                |problem| CatalogueError::at(name, text, start, format!("provider {id:?}: {problem}"));
            if seen.contains(&id) {
                return Err(wrong("it is there twice".to_owned()));
            }
            change::provider(&mut self.providers, table).map_err(wrong)?;
            seen.push(id);
        }
        Ok(())
    }
}

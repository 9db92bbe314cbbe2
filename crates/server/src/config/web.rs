use std::path::{Path, PathBuf};

use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebSettings {
    site: PathBuf,
}

impl WebSettings {
    /// The folder of the page, where one is named.
    pub(crate) fn site(&self) -> Option<&Path> {
        let is_named = !self.site.as_os_str().is_empty();
        is_named.then_some(self.site.as_path())
    }
}

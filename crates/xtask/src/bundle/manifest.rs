//! `manifest.json`: how the server finds files whose names change with their content.

use std::collections::BTreeMap;

use anyhow::{Result, bail};

/// From logical name (`talk.wasm`, `app.css`) to the path in a URL (`/assets/app-<hash>.css`).
#[derive(Debug, Default)]
pub(super) struct Manifest(BTreeMap<String, String>);

impl Manifest {
    /// Adds a file that lies at `path` below the site's folder.
    pub(super) fn add(&mut self, name: &str, path: &str) -> Result<()> {
        if let Some(other) = self.0.insert(name.to_owned(), format!("/{path}")) {
            bail!("two files of the page are called {name}: {other} and /{path}; rename one");
        }
        Ok(())
    }

    pub(super) fn to_json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(&self.0)? + "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_paths_start_at_the_root() {
        let mut manifest = Manifest::default();
        manifest.add("talk.js", "pkg/1/talk.js").unwrap();
        manifest.add("app.css", "assets/app-2.css").unwrap();
        let json = "{\n  \"app.css\": \"/assets/app-2.css\",\n  \"talk.js\": \"/pkg/1/talk.js\"\n}\n";
        assert_eq!(manifest.to_json().unwrap(), json);
    }

    #[test]
    fn a_name_that_is_taken_is_refused() {
        let mut manifest = Manifest::default();
        manifest.add("talk.js", "pkg/1/talk.js").unwrap();
        assert!(manifest.add("talk.js", "assets/viva-2.js").is_err());
    }
}

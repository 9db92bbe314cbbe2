use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Where the browser finds the page's files: logical names and the URL paths that carry their content's hash.
///
/// The bundle step writes it as `manifest.json`, one JSON object such as `{"viva.js": "/pkg/3f2a91c0/viva.js"}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SiteAssets(BTreeMap<String, String>);

impl SiteAssets {
    /// Every name that the page asks for. A manifest without one of them is [incomplete](SiteAssets::missing).
    pub const NAMES: [&str; 11] = [
        "audio-worker.js",
        "base.css",
        "boot.js",
        "capture-worklet.js",
        "components.css",
        "icon.svg",
        "playback-worklet.js",
        "viva.js",
        "viva.wasm",
        "worker.js",
        "worker.wasm",
    ];

    /// Reads a `manifest.json`.
    ///
    /// # Errors
    /// When the text is no JSON object of strings.
    pub fn from_json(json: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }

    /// The names that the page needs and the manifest does not have.
    pub fn missing(&self) -> Vec<&'static str> {
        Self::NAMES
            .into_iter()
            .filter(|name| !self.0.contains_key(*name))
            .collect()
    }

    /// The URL path of a file; `/pkg/<name>` when the manifest does not know it.
    pub fn path(&self, name: &str) -> String {
        self.0
            .get(name)
            .cloned()
            .unwrap_or_else(|| format!("/pkg/{name}"))
    }

    /// The paths that the page's own code loads, as the JSON that [`SiteAssets::from_json`] reads.
    #[cfg(feature = "ssr")]
    pub(crate) fn to_json(&self) -> String {
        let loaded = [
            "audio-worker.js",
            "capture-worklet.js",
            "playback-worklet.js",
            "viva.js",
            "viva.wasm",
            "worker.js",
            "worker.wasm",
        ];
        let paths: BTreeMap<&str, String> = loaded.into_iter().map(|name| (name, self.path(name))).collect();
        serde_json::to_string(&paths).expect("strings always serialize")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashed_paths_come_from_the_manifest() {
        let assets = SiteAssets::from_json(r#"{"viva.js": "/pkg/1a2b/viva.js"}"#).unwrap();
        assert_eq!(assets.path("viva.js"), "/pkg/1a2b/viva.js");
        assert_eq!(assets.path("base.css"), "/pkg/base.css");
    }

    #[test]
    fn missing_files_are_named() {
        let json = r#"{"viva.js": "/a", "viva.wasm": "/b", "base.css": "/c", "components.css": "/d", "boot.js": "/e",
            "worker.wasm": "/f"}"#;
        let assets = SiteAssets::from_json(json).unwrap();
        assert_eq!(
            assets.missing(),
            [
                "audio-worker.js",
                "capture-worklet.js",
                "icon.svg",
                "playback-worklet.js",
                "worker.js"
            ]
        );
    }
}

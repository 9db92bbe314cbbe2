use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Where the browser finds the page's files: logical names and the URL paths that carry their content's hash.
///
/// The bundle step writes it as `manifest.json`, one JSON object such as `{"talk.js": "/pkg/3f2a91c0/talk.js"}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SiteAssets(BTreeMap<String, String>);

impl SiteAssets {
    /// Every name that the pages ask for. A manifest without one of them is [incomplete](SiteAssets::missing).
    pub const NAMES: [&str; 19] = [
        "audio-worker.js",
        "base.css",
        "boot.js",
        "capture-worklet.js",
        "compare.js",
        "compare.wasm",
        "components.css",
        "conversation.js",
        "conversation.wasm",
        "history.js",
        "history.wasm",
        "icon.svg",
        "playback-worklet.js",
        "providers.js",
        "providers.wasm",
        "talk.js",
        "talk.wasm",
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

    /// The names that the pages need and the manifest does not have.
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

    /// The paths that the code of a page loads, as the JSON that [`SiteAssets::from_json`] reads.
    #[cfg(feature = "ssr")]
    pub(crate) fn to_json(&self, page: crate::Page) -> String {
        let program = ["js", "wasm"].map(|kind| format!("{}.{kind}", page.program()));
        let for_audio: &[&str] = match page {
            crate::Page::Talk => &[
                "audio-worker.js",
                "capture-worklet.js",
                "playback-worklet.js",
                "worker.js",
                "worker.wasm",
            ],
            crate::Page::History
            | crate::Page::Compare
            | crate::Page::Providers
            | crate::Page::Conversation => &[],
        };
        let names = program
            .into_iter()
            .chain(for_audio.iter().map(ToString::to_string));
        let paths: BTreeMap<String, String> = names.map(|name| (name.clone(), self.path(&name))).collect();
        serde_json::to_string(&paths).expect("strings always serialize")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashed_paths_come_from_the_manifest() {
        let assets = SiteAssets::from_json(r#"{"talk.js": "/pkg/1a2b/talk.js"}"#).unwrap();
        assert_eq!(assets.path("talk.js"), "/pkg/1a2b/talk.js");
        assert_eq!(assets.path("base.css"), "/pkg/base.css");
    }

    #[test]
    fn missing_files_are_named() {
        let json = r#"{"talk.js": "/a", "talk.wasm": "/b", "base.css": "/c", "components.css": "/d", "boot.js": "/e",
            "worker.wasm": "/f", "providers.js": "/g", "compare.wasm": "/h", "conversation.js": "/i"}"#;
        let assets = SiteAssets::from_json(json).unwrap();
        assert_eq!(
            assets.missing(),
            [
                "audio-worker.js",
                "capture-worklet.js",
                "compare.js",
                "conversation.wasm",
                "history.js",
                "history.wasm",
                "icon.svg",
                "playback-worklet.js",
                "providers.wasm",
                "worker.js"
            ]
        );
    }
}

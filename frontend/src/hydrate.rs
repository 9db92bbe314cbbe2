use wasm_bindgen::prelude::wasm_bindgen;

/// Makes the document that the server rendered live. Called by `assets/boot.js`, which tells when it fails.
#[wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_body(crate::App);
}

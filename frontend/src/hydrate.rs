use wasm_bindgen::prelude::wasm_bindgen;

/// Makes the document that the server rendered live. Called by `assets/boot.js`, and not when the bundle loads, because
/// the audio worker loads the same bundle.
#[wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_body(crate::App);
}

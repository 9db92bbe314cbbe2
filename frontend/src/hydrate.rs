use leptos::mount::hydrate_body;
use leptos::prelude::IntoView;

/// Makes the document that the server rendered of a page live: all that the program of a page does. `assets/boot.js` starts
/// it, and tells when it fails.
pub fn hydrate<V: IntoView>(page: impl FnOnce() -> V + 'static) {
    hydrate_body(page);
}

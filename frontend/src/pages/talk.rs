use leptos::prelude::*;

/// The page at `/`: talk with an AI and see how long its answers take.
#[component]
pub fn Talk() -> impl IntoView {
    view! { <main class="vv-talk"></main> }
}

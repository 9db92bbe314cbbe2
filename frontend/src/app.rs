use leptos::prelude::*;
use leptos_router::StaticSegment;
use leptos_router::components::{FlatRoutes, Route, Router};

use crate::Language;
use crate::erase::Erase;
use crate::pages::Talk;
use crate::state::context::Preferences;

/// The whole page: its routes and what they share.
#[component]
pub fn App() -> impl IntoView {
    let preferences = Preferences {
        language: RwSignal::new(Language::of_request()),
        theme: RwSignal::default(),
    };
    provide_context(preferences);
    #[cfg(feature = "hydrate")]
    crate::memory::keep_preferences(preferences);
    view! {
        <Router>
            <FlatRoutes fallback=Talk>
                <Route path=StaticSegment("") view=Talk />
            </FlatRoutes>
        </Router>
    }
    .erase()
}

use leptos::prelude::*;
use leptos_router::StaticSegment;
use leptos_router::components::{FlatRoutes, Route, Router};

use crate::pages::Talk;

/// The whole page: its routes and what they share.
#[component]
pub fn App() -> impl IntoView {
    view! {
        <Router>
            <FlatRoutes fallback=|| view! { <Talk /> }>
                <Route path=StaticSegment("") view=Talk />
            </FlatRoutes>
        </Router>
    }
}

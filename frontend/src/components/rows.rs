use std::sync::Arc;

use leptos::prelude::*;

use crate::state::transcript::Place;

/// Makes the row of a place.
pub type Row = Arc<dyn Fn(Place) -> AnyView + Send + Sync>;

/// Rows that stay what they are, with their focus, while others come and go. All lists share it, because each `For` of its
/// own would add kilobytes to the page.
#[component]
pub fn Rows(
    /// Which rows there are, in order.
    places: Memo<Vec<Place>>,
    /// Called once for each row; what changes in it must be a signal.
    row: Row,
) -> impl IntoView {
    view! { <For each=move || places.get() key=|place| *place children=move |place| row(place) /> }.into_any()
}

use leptos::prelude::*;

use super::{Icon, Shape};
use crate::erase::Erase;
use crate::state::context::Talk;
use crate::words::{Words, say};

/// The head of a panel: what it is, and the way out where a phone shows it as a sheet.
#[component]
pub fn PanelHead(
    /// What the panel is called.
    title: fn(&Words) -> &'static str,
) -> impl IntoView {
    let talk = expect_context::<Talk>();
    view! {
        <header class="vv-panel-head">
            <h2>{say(title)}</h2>
            <button
                class="vv-plain vv-panel-close"
                type="button"
                aria-label=say(|words| words.close)
                on:click=move |_| talk.sheet.set(None)
            >
                <Icon shape=Shape::Close />
            </button>
        </header>
    }
    .erase()
}

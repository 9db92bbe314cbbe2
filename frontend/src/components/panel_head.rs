use leptos::html::Button;
use leptos::prelude::*;

use super::{Icon, Shape};
use crate::erase::Erase;
use crate::state::context::{Sheet, Talk};
use crate::words::talk::{Words, say};

/// The head of a panel: what it is, and the way out where a phone shows it as a sheet. The focus goes there when it opens.
#[component]
pub fn PanelHead(
    /// The panel.
    sheet: Sheet,
    /// What the panel is called.
    title: fn(&Words) -> &'static str,
) -> impl IntoView {
    let talk = expect_context::<Talk>();
    let way_out = NodeRef::<Button>::new();
    let is_open = Memo::new(move |_| talk.sheet.get() == Some(sheet));
    Effect::new(move |_| {
        let opened = is_open.get();
        if let Some(way_out) = way_out.get().filter(|_| opened) {
            // Fails only for an element without a document.
            let _ = way_out.focus();
        }
    });
    view! {
        <header class="vv-panel-head">
            <h2>{say(title)}</h2>
            <button
                node_ref=way_out
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

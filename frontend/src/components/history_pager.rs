use leptos::prelude::*;

use crate::archive::Archive;
use crate::erase::Erase;
use crate::state::context::Preferences;
use crate::state::figures;
use crate::words::fill;
use crate::words::history::{Words, say};

/// From page to page of the list.
#[component]
pub fn HistoryPager() -> impl IntoView {
    let archive = expect_context::<Archive>();
    let preferences = expect_context::<Preferences>();
    let place = Memo::new(move |_| {
        archive.listing.with(|listing| {
            let found = listing.found().filter(|found| !found.rows.is_empty())?;
            Some((u64::from(found.page()), found.pages))
        })
    });
    let has_more = move || place.get().is_some_and(|(_, pages)| pages > 1);
    let page_of = move || {
        let (page, pages) = place.get()?;
        let [page, pages] = [page, pages].map(figures::count);
        let words = Words::now(preferences);
        Some(fill(words.page_of, &[("page", &page), ("pages", &pages)]))
    };
    let newer = move || {
        place
            .get()
            .and_then(|(page, _)| page.checked_sub(1).filter(|to| *to >= 1))
    };
    let older = move || {
        place
            .get()
            .and_then(|(page, pages)| (page < pages).then_some(page + 1))
    };
    view! {
        <Show when=has_more>
            <nav class="vv-history-pager" aria-label=say(|words| words.pages)>
                <button
                    class="vv-control vv-history-newer"
                    type="button"
                    aria-disabled=move || newer().is_none().then_some("true")
                    on:click=move |_| {
                        if let Some(page) = newer() {
                            archive.turn_to(page);
                        }
                    }
                >
                    {say(|words| words.newer)}
                </button>
                <span class="vv-number">{page_of}</span>
                <button
                    class="vv-control vv-history-older"
                    type="button"
                    aria-disabled=move || older().is_none().then_some("true")
                    on:click=move |_| {
                        if let Some(page) = older() {
                            archive.turn_to(page);
                        }
                    }
                >
                    {say(|words| words.older)}
                </button>
            </nav>
        </Show>
    }
    .erase()
}

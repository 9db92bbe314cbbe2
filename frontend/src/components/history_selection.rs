use leptos::prelude::*;

use super::history_words::count;
use crate::archive::Archive;
use crate::erase::Erase;
use crate::state::context::Preferences;
use crate::state::figures;
use crate::state::history::{Comparison, Found, Selection};
use crate::words::fill;
use crate::words::history::{Words, say};

/// How many conversations there are, how many are chosen, and what can be done with those.
#[component]
pub fn HistorySelection() -> impl IntoView {
    let archive = expect_context::<Archive>();
    let preferences = expect_context::<Preferences>();
    let is_none = Memo::new(move |_| archive.selection.with(Selection::is_empty));
    let how_many = move || {
        let words = Words::now(preferences);
        archive.listing.with(|listing| match listing.found() {
            Some(found) => counted(found, words),
            None if listing.is_waiting() => words.loading.to_owned(),
            None => String::new(),
        })
    };
    let chosen = move || {
        let words = Words::now(preferences);
        let (number, is_full) = archive
            .selection
            .with(|selection| (selection.len(), selection.is_full()));
        let text = if is_full { words.chosen_most } else { words.chosen };
        fill(text, &[("count", &count(number))])
    };
    let delete = move |_| {
        let chosen = archive
            .selection
            .with_untracked(|selection| selection.all().to_vec());
        archive.ask_to_delete(chosen);
    };
    view! {
        <div class="vv-history-bar">
            <p class="vv-history-count vv-number" role="status" tabindex="-1">
                {how_many}
            </p>
            <div
                class="vv-history-chosen"
                role="group"
                aria-label=chosen
                data-any=move || (!is_none.get()).to_string()
            >
                <span class="vv-number">{chosen}</span>
                <button
                    class="vv-plain vv-history-none"
                    type="button"
                    aria-disabled=move || is_none.get().then_some("true")
                    on:click=move |_| archive.choose_nothing()
                >
                    {say(|words| words.choose_nothing)}
                </button>
                {compare(archive, preferences)}
                <button
                    class="vv-control vv-history-delete"
                    type="button"
                    aria-disabled=move || is_none.get().then_some("true")
                    on:click=delete
                >
                    {say(|words| words.delete)}
                </button>
            </div>
        </div>
    }
    .erase()
}

/// The way to the comparison, or why there is none.
fn compare(archive: Archive, preferences: Preferences) -> impl IntoView {
    let comparison = Memo::new(move |_| archive.selection.with(Selection::comparison));
    let link = move || match comparison.get() {
        Comparison::Ready(link) => Some(link),
        Comparison::TooFew | Comparison::TooMany => None,
    };
    let reason = move || {
        let words = Words::now(preferences);
        match comparison.get() {
            Comparison::Ready(_) => "",
            Comparison::TooFew => words.compare_few,
            Comparison::TooMany => words.compare_many,
        }
    };
    let is_impossible = move || link().is_none().then_some("true");
    view! {
        <span class="vv-hint" id="compare-hint">
            {reason}
        </span>
        // A link that leads nowhere yet has the focus all the same: its reason is read with it.
        <a
            class="vv-control vv-history-compare"
            role="link"
            tabindex="0"
            href=link
            aria-disabled=is_impossible
            aria-describedby="compare-hint"
        >
            {say(|words| words.compare)}
        </a>
    }
}

fn counted(found: &Found, words: &Words) -> String {
    if found.pages > 1 && !found.rows.is_empty() {
        let (first, last) = found.range();
        let [first, last, total] = [first, last, found.total].map(figures::count);
        return fill(
            words.count_part,
            &[("first", &first), ("last", &last), ("total", &total)],
        );
    }
    match found.total {
        1 => words.count_one.to_owned(),
        total => fill(words.count_many, &[("total", &figures::count(total))]),
    }
}

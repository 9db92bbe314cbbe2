use leptos::prelude::*;

use super::HistoryRow;
use crate::Page;
use crate::archive::Archive;
use crate::erase::Erase;
use crate::state::context::Preferences;
use crate::state::figures;
use crate::state::history::{Listing, Selection, Share, Shown};
use crate::words::fill;
use crate::words::history::{Words, say};

/// How many rows hold the place of those that are waited for.
const GHOSTS: usize = 8;

/// The conversations of this page: a table, on a phone cards. Or why there are none.
#[component]
pub fn HistoryList() -> impl IntoView {
    let archive = expect_context::<Archive>();
    let preferences = expect_context::<Preferences>();
    let shown = Memo::new(move |_| archive.listing.with(Listing::shown));
    let ids = Memo::new(move |_| {
        archive.listing.with(|listing| {
            let ids = listing.rows().iter().map(|row| row.session.id);
            ids.collect::<Vec<_>>()
        })
    });
    let is_busy = move || archive.listing.with(Listing::is_waiting).to_string();
    let is_table = move || matches!(shown.get(), Shown::Loading | Shown::Rows);
    let ghosts = move || {
        let ghost = |_| {
            view! {
                <tr class="vv-history-ghost" aria-hidden="true">
                    <td colspan="11"></td>
                </tr>
            }
        };
        (shown.get() == Shown::Loading).then(|| (0..GHOSTS).map(ghost).collect_view())
    };
    view! {
        <div class="vv-history-results" aria-busy=is_busy>
            <Show when=is_table>
                <table class="vv-history-table" role="table" aria-label=say(|words| words.list)>
                    {head()}
                    <tbody role="rowgroup">
                        {ghosts}
                        <For each=move || ids.get() key=|id| *id children=|id| view! { <HistoryRow id /> } />
                    </tbody>
                </table>
            </Show>
            {move || nothing(archive, shown.get(), Words::now(preferences))}
        </div>
    }
    .erase()
}

fn head() -> AnyView {
    let archive = expect_context::<Archive>();
    let share = Memo::new(move |_| {
        archive.listing.with(|listing| {
            archive
                .selection
                .with(|selection| selection.share(listing.rows()))
        })
    });
    let is_full = Memo::new(move |_| archive.selection.with(Selection::is_full));
    let is_empty = Memo::new(move |_| archive.listing.with(|listing| listing.rows().is_empty()));
    // What was ticked without an effect would stay ticked.
    let is_vain = move || is_empty.get() || is_full.get() && share.get() == Share::None;
    let turn = move |_| {
        archive
            .listing
            .with_untracked(|listing| archive.selection.update(|it| it.turn(listing.rows())));
    };
    let text = |words| view! { <th role="columnheader" scope="col">{say(words)}</th> };
    let number =
        |words| view! { <th role="columnheader" scope="col" class="vv-history-figure">{say(words)}</th> };
    view! {
        <thead role="rowgroup">
            <tr role="row">
                <th role="columnheader" scope="col" class="vv-history-choice">
                    <label>
                        <input
                            type="checkbox"
                            prop:checked=move || share.get() == Share::All
                            prop:indeterminate=move || share.get() == Share::Some
                            disabled=is_vain
                            on:change=turn
                        />
                        <span>{say(|words| words.choose_page)}</span>
                    </label>
                </th>
                {text(|words| words.began)}
                {text(|words| words.mode)}
                {text(|words| words.providers)}
                {text(|words| words.status)}
                {number(|words| words.turns)}
                {number(|words| words.duration)}
                {number(|words| words.average)}
                {number(|words| words.p95)}
                {number(|words| words.interruptions)}
                <td role="cell"></td>
            </tr>
        </thead>
    }
    .erase()
}

/// Why there is no table, and where to go from here.
fn nothing(archive: Archive, shown: Shown, words: &'static Words) -> Option<AnyView> {
    let (title, hint, way) = match shown {
        Shown::Loading | Shown::Rows => return None,
        Shown::Told => (words.told.to_owned(), "", None),
        Shown::Empty => {
            let talk = view! { <a class="vv-primary" href=Page::Talk.path()>{words.talk}</a> };
            (words.empty.to_owned(), words.empty_hint, Some(talk.erase()))
        }
        Shown::NothingFound => {
            let clear = view! {
                <button class="vv-control" type="button" on:click=move |_| archive.clear()>
                    {words.clear}
                </button>
            };
            (words.nothing.to_owned(), words.nothing_hint, Some(clear.erase()))
        }
        Shown::Beyond { page, pages } => {
            let [page, last] = [u64::from(page), pages].map(figures::count);
            let places = [("page", page.as_str()), ("pages", last.as_str())];
            let back = view! {
                <button class="vv-control" type="button" on:click=move |_| archive.turn_to(pages)>
                    {fill(words.to_last, &places)}
                </button>
            };
            (fill(words.beyond, &places), "", Some(back.erase()))
        }
    };
    let view = view! {
        <div class="vv-history-nothing">
            <h3>{title}</h3>
            <p class="vv-hint">{hint}</p>
            {way}
        </div>
    };
    Some(view.erase())
}

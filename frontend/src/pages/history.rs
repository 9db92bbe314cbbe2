use leptos::prelude::*;

use crate::Page;
use crate::archive::Archive;
use crate::components::{
    HistoryDeletion, HistoryFilters, HistoryList, HistoryMessages, HistoryPager, HistorySelection, TopBar,
};
use crate::erase::Erase;
use crate::words::history::say;

/// The page at `/history`: the conversations that were held, found, chosen and deleted.
#[component]
pub fn History() -> impl IntoView {
    Page::History.begin();
    let archive = Archive::default();
    provide_context(archive);
    Effect::new(move |_| archive.open());
    view! {
        <div class="vv-history">
            <TopBar />
            <HistoryMessages />
            <main>
                <h2>{say(|words| words.heading)}</h2>
                <HistoryFilters />
                <HistorySelection />
                <HistoryList />
                <HistoryPager />
            </main>
            <HistoryDeletion />
        </div>
    }
    .erase()
}

use gloo_timers::future::TimeoutFuture;
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Archive;
use crate::state::history::{
    Entry, Heard, Listing, Names, Pace, Pacing, Removal, Selection, Shown, Trouble, Wanted,
};
use crate::{api, browser};

/// How long more letters are waited for.
const TYPING_MS: u32 = 350;
/// What says how many there are.
const COUNT: &str = ".vv-history-count";
/// What asks whether something is to be deleted, and has the focus again afterwards, as long as it is there.
const ASKS: &str = ".vv-history-delete, .vv-history-end button";

impl Archive {
    pub(super) fn follow_address(self) {
        let listener = window_event_listener(ev::popstate, move |_| self.read_address());
        on_cleanup(move || listener.remove());
        self.read_address();
        spawn_local(async move {
            // Without it providers go by their ids.
            if let Ok(list) = api::providers().await {
                self.names.set(Names::of(&list));
            }
        });
    }

    fn read_address(self) {
        self.pacing.update(Pacing::interrupt);
        self.show(Wanted::read(&browser::address_query()));
    }

    pub(super) fn settle(self, pace: Pace) {
        let Some(change) = self.pacing.try_update(Pacing::change) else {
            return;
        };
        if pace == Pace::AtOnce {
            self.apply(pace);
            return;
        }
        spawn_local(async move {
            TimeoutFuture::new(TYPING_MS).await;
            if self.pacing.with_untracked(|pacing| pacing.is_newest(change)) {
                self.apply(pace);
            }
        });
    }

    /// The filters count.
    fn apply(self, pace: Pace) {
        let wanted = self.draft.with_untracked(Wanted::first_of);
        if self
            .wanted
            .with_untracked(|present| present.filters == wanted.filters)
        {
            return;
        }
        match self.pacing.try_update(|pacing| pacing.settle(pace)) {
            Some(Entry::Same) => browser::go_on_to_query(&wanted.query()),
            Some(Entry::New) | None => browser::go_to_query(&wanted.query()),
        }
        self.take(wanted);
    }

    pub(super) fn go(self, wanted: Wanted) {
        self.pacing.update(Pacing::interrupt);
        browser::go_to_query(&wanted.query());
        self.show(wanted);
        Self::focus_count();
    }

    /// What the focus was on may be gone.
    pub(super) fn focus_count() {
        browser::focus(COUNT);
    }

    /// The address is another one; the filters say the same.
    fn show(self, wanted: Wanted) {
        self.draft.set(wanted.filters.clone());
        self.take(wanted);
    }

    fn take(self, wanted: Wanted) {
        let is_another = self
            .wanted
            .with_untracked(|present| present.filters != wanted.filters);
        if is_another {
            self.selection.set(Selection::default());
        }
        self.wanted.set(wanted);
        self.load();
    }

    pub(super) fn load(self) {
        spawn_local(self.loaded());
    }

    async fn loaded(self) {
        let question = match self.wanted.with_untracked(Wanted::check) {
            Ok(question) => question,
            Err(flaws) => return self.listing.update(|listing| listing.refuse(flaws)),
        };
        let Some((number, bound)) = self.listing.try_update(|listing| listing.ask(&question)) else {
            return;
        };
        let parameters = question.parameters(browser::time_zone().as_deref(), bound);
        let said = api::sessions(&parameters).await.map_err(Trouble::from);
        let heard = self
            .listing
            .try_update(|listing| listing.hear(number, question, said));
        // It was chosen of what was shown until now.
        if heard == Some(Heard::Another) {
            self.selection.set(Selection::default());
        }
    }

    pub(super) fn send_deletion(self) {
        let Some(ids) = self.removal.try_update(Removal::begin).flatten() else {
            return;
        };
        spawn_local(async move {
            let said = api::delete_sessions(ids).await.map_err(Trouble::from);
            let is_done = said.is_ok();
            let gone = self
                .removal
                .try_update(|removal| removal.end(said))
                .unwrap_or_default();
            if !is_done {
                return;
            }
            self.selection
                .update(|selection| gone.iter().for_each(|id| selection.remove(*id)));
            self.listing.update(|listing| listing.forget(&gone));
            self.loaded().await;
            // The last page may be empty now.
            if let Shown::Beyond { pages, .. } = self.listing.with_untracked(Listing::shown) {
                let last = self.wanted.with_untracked(|wanted| wanted.at_page(pages));
                browser::go_on_to_query(&last.query());
                self.wanted.set(last);
                self.loaded().await;
            }
            browser::focus_after(ASKS, COUNT);
        });
    }
}

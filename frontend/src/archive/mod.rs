//! What a person can do with the conversations that were held. The server renders the page with an [`Archive`] that does
//! nothing.

#[cfg(feature = "hydrate")]
mod asking;

use leptos::prelude::{RwSignal, Set, Update, WithUntracked};

use crate::state::history::{Chosen, Filters, Listing, Names, Pace, Pacing, Removal, Selection, Wanted};

/// The conversations, as far as they are looked for.
#[derive(Clone, Copy, Default)]
pub struct Archive {
    /// What the address asks for.
    pub wanted: RwSignal<Wanted>,
    /// What the filters say; soon after, the address asks for that.
    pub draft: RwSignal<Filters>,
    /// What the server said.
    pub listing: RwSignal<Listing>,
    /// What is chosen of it.
    pub selection: RwSignal<Selection>,
    /// What is to be deleted of it.
    pub removal: RwSignal<Removal>,
    /// What providers are called.
    pub names: RwSignal<Names>,
    /// When a filter counts.
    pub pacing: RwSignal<Pacing>,
}

impl Archive {
    /// Asks the server for what the address asks for, now and whenever the person goes back or forward.
    pub fn open(self) {
        #[cfg(feature = "hydrate")]
        self.follow_address();
    }

    /// Changes a filter. What is typed counts when no more letters follow.
    pub fn edit(self, pace: Pace, change: impl FnOnce(&mut Filters)) {
        self.draft.update(change);
        #[cfg(feature = "hydrate")]
        self.settle(pace);
        #[cfg(not(feature = "hydrate"))]
        let _ = pace;
    }

    /// Lets the filters count as they are.
    pub fn search(self) {
        self.edit(Pace::AtOnce, |_| {});
    }

    /// Looks for everything.
    pub fn clear(self) {
        self.edit(Pace::AtOnce, |filters| *filters = Filters::default());
        #[cfg(feature = "hydrate")]
        Self::focus_count();
    }

    /// Looks for what is left without what makes no sense.
    pub fn leave_flaws_out(self) {
        let rest = self.listing.with_untracked(|listing| {
            self.wanted
                .with_untracked(|wanted| wanted.without(listing.flaws()))
        });
        self.go(rest);
    }

    /// Goes to a page of the list.
    pub fn turn_to(self, page: u64) {
        self.go(self.wanted.with_untracked(|wanted| wanted.at_page(page)));
    }

    /// Asks again.
    pub fn retry(self) {
        #[cfg(feature = "hydrate")]
        self.load();
    }

    /// Nothing is chosen any more.
    pub fn choose_nothing(self) {
        self.selection.set(Selection::default());
        #[cfg(feature = "hydrate")]
        Self::focus_count();
    }

    /// Asks the person whether these are to be deleted.
    pub fn ask_to_delete(self, chosen: Vec<Chosen>) {
        self.removal.update(|removal| removal.ask(chosen));
    }

    /// Deletes what they were asked about.
    pub fn delete(self) {
        #[cfg(feature = "hydrate")]
        self.send_deletion();
    }

    #[cfg(not(feature = "hydrate"))]
    #[expect(clippy::unused_self, reason = "the same signature as in the browser")]
    fn go(self, _wanted: Wanted) {}
}

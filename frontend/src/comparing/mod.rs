//! What a person can do on the page Compare: choose sessions, and in which order. The address of the page says which they are,
//! and follows. The server renders the page with a [`Comparing`] that asks nothing.

#[cfg(feature = "hydrate")]
mod asking;

use leptos::prelude::{RwSignal, Set, Update};
use uuid::Uuid;
use viva_protocol::rest::ProviderList;

use crate::state::compare::{Columns, Picker, Selection};

/// The sessions that are compared, and those that could be.
#[derive(Clone, Copy)]
pub struct Comparing {
    /// Which are compared.
    pub selection: RwSignal<Selection>,
    /// What the server said of them.
    pub columns: RwSignal<Columns>,
    /// The list from which they are added.
    pub picker: RwSignal<Picker>,
    /// What providers, models and voices are called.
    pub names: RwSignal<Option<ProviderList>>,
    /// The session that became the first at last.
    pub leader: RwSignal<Option<Uuid>>,
}

impl Comparing {
    /// Those that the address of the page names.
    pub fn of_address() -> Self {
        Self {
            selection: RwSignal::new(Selection::parse(&query())),
            columns: RwSignal::default(),
            picker: RwSignal::default(),
            names: RwSignal::default(),
            leader: RwSignal::default(),
        }
    }

    /// Asks the server for what the page shows, and follows its address. To be called once the page is live.
    pub fn begin(self) {
        #[cfg(feature = "hydrate")]
        self.follow();
    }

    /// Adds a session. The list from which it comes stays as it is: there may be more to add.
    pub fn add(self, id: Uuid) {
        self.picker.update(|picker| picker.unfold(true));
        self.choose(|selection| selection.add(id));
    }

    /// Removes a session.
    pub fn remove(self, id: Uuid) {
        self.choose(|selection| selection.remove(id));
    }

    /// Makes a session the one that the others are compared with.
    pub fn lead(self, id: Uuid) {
        self.choose(|selection| selection.lead(id));
        self.leader.set(Some(id));
    }

    /// Speaks no more of what the address had and the page does not show.
    pub fn tidy(self) {
        self.choose(Selection::tidy);
    }

    /// Asks for a session again.
    pub fn try_again(self, id: Uuid) {
        let question = self.columns.try_update(|columns| columns.ask(id));
        #[cfg(feature = "hydrate")]
        if let Some(question) = question {
            self.ask_for(question);
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = question;
    }

    /// Looks for sessions whose transcripts hold a text.
    pub fn find(self, text: &str) {
        self.picker.update(|picker| picker.find(text));
        self.list();
    }

    /// Shows another page of the list.
    pub fn turn_to(self, page: u32) {
        self.picker.update(|picker| picker.turn_to(page));
        self.list();
    }

    /// Asks for the list, as it was looked for last.
    pub fn list(self) {
        #[cfg(feature = "hydrate")]
        self.ask_for_list();
    }

    fn choose(self, change: impl FnOnce(&mut Selection)) {
        self.selection.update(change);
        #[cfg(feature = "hydrate")]
        self.tell_address();
    }
}

/// The query of the page's address, as the server was asked for it.
#[cfg(feature = "ssr")]
fn query() -> String {
    leptos::prelude::use_context::<http::request::Parts>()
        .and_then(|parts| parts.uri.query().map(ToOwned::to_owned))
        .unwrap_or_default()
}

/// The query of the page's address.
#[cfg(not(feature = "ssr"))]
fn query() -> String {
    #[cfg(feature = "hydrate")]
    let query = crate::browser::address_query();
    #[cfg(not(feature = "hydrate"))]
    let query = String::new();
    query
}

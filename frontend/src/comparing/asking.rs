use leptos::ev;
use leptos::prelude::{GetUntracked, Set, Update, WithUntracked, on_cleanup, window_event_listener};
use leptos::task::spawn_local;
use uuid::Uuid;

use super::{Comparing, query};
use crate::api;
use crate::browser::go_to_query;
use crate::state::compare::{Picker, Selection, Trouble};

impl Comparing {
    /// Loads what the address names, now and whenever a person goes back or forward.
    pub(super) fn follow(self) {
        self.ask_for_columns();
        self.ask_for_list();
        let listener = window_event_listener(ev::popstate, move |_| {
            self.selection.set(Selection::parse(&query()));
            self.ask_for_columns();
        });
        on_cleanup(move || listener.remove());
    }

    /// The selection has changed: so does the address, and what is new in it is loaded.
    pub(super) fn tell_address(self) {
        go_to_query(&self.selection.with_untracked(Selection::query));
        self.ask_for_columns();
    }

    fn ask_for_columns(self) {
        let selection = self.selection.get_untracked();
        let unknown = self
            .columns
            .try_update(|columns| columns.want(selection.ids()))
            .unwrap_or_default();
        for id in unknown {
            self.ask_for(id);
        }
    }

    pub(super) fn ask_for(self, id: Uuid) {
        spawn_local(async move {
            let said = api::session_with_turns(id).await.map_err(Trouble::from);
            self.columns.update(|columns| columns.hear(id, said));
        });
    }

    pub(super) fn ask_for_list(self) {
        let Some((number, search)) = self.picker.try_update(Picker::ask) else {
            return;
        };
        spawn_local(async move {
            let said = api::sessions_with_text(&search.text, search.page, search.bound).await;
            self.picker
                .update(|picker| picker.hear(number, said.map_err(Trouble::from)));
        });
    }
}

use leptos::ev;
use leptos::prelude::{GetUntracked, Set, Update, WithUntracked, on_cleanup, window_event_listener};
use leptos::task::spawn_local;

use super::{Comparing, query};
use crate::api;
use crate::browser::go_to_query;
use crate::state::compare::{Columns, Picker, Question, Selection, Trouble};

impl Comparing {
    /// Loads what the address names, now and whenever a person goes back or forward.
    pub(super) fn follow(self) {
        self.ask_for_columns();
        self.ask_for_list();
        // Without it, what has a name goes by its id.
        spawn_local(async move { self.names.set(api::providers().await.ok()) });
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
        for question in unknown {
            self.ask_for(question);
        }
    }

    pub(super) fn ask_for(self, question: Question) {
        spawn_local(async move {
            let said = api::session(question.id).await.map_err(Trouble::from);
            let is_signed_out = said == Err(Trouble::SignedOut);
            self.columns.update(|columns| columns.hear(question, said));
            if is_signed_out {
                self.picker.update(Picker::sign_out);
            }
        });
    }

    pub(super) fn ask_for_list(self) {
        let Some((number, search)) = self.picker.try_update(Picker::ask) else {
            return;
        };
        spawn_local(async move {
            let said = api::sessions(&search.parameters()).await.map_err(Trouble::from);
            let is_signed_out = said == Err(Trouble::SignedOut);
            self.picker.update(|picker| picker.hear(number, search, said));
            if is_signed_out {
                self.columns.update(Columns::sign_out);
            }
        });
    }
}

use std::sync::Arc;

use futures_util::future::join;
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use super::Listener;
use crate::api;
use crate::browser;
use crate::state::recorded::{Deletion, Opening, Recorded, Scale, Trouble};

/// Where one is led when the conversation is gone.
const HISTORY: &str = "/history";

impl Listener {
    /// Asks the server for the conversation.
    pub fn open(self) {
        let Some(id) = session() else {
            self.opening.set(Opening::Failed(Trouble::gone()));
            return;
        };
        self.opening.set(Opening::Loading);
        spawn_local(async move {
            let opening = match recorded(id).await {
                Ok(recorded) => {
                    self.scale.set(Scale::of(recorded.length_ms));
                    Opening::Open(Arc::new(recorded))
                }
                Err(trouble) => Opening::Failed(trouble),
            };
            self.opening.set(opening);
        });
        // Without it, what has a name goes by its id.
        spawn_local(async move { self.names.set(api::providers().await.ok()) });
    }

    /// Deletes the conversation, when the person was asked.
    pub fn delete(self) {
        let Some(id) = session() else { return };
        if self.deletion.try_update(Deletion::begin) != Some(true) {
            return;
        }
        self.pause();
        spawn_local(async move {
            let said = api::delete_session(id).await.map_err(Trouble::from);
            self.deletion.update(|deletion| deletion.end(said));
            if self
                .deletion
                .with_untracked(|deletion| *deletion == Deletion::Done)
            {
                browser::leave_for(HISTORY);
            }
        });
    }

    /// Loads the page anew.
    pub fn reload(self) {
        browser::reload();
    }
}

/// The session that the address names.
fn session() -> Option<Uuid> {
    api::session_in(&browser::path()?)
}

async fn recorded(id: Uuid) -> Result<Recorded, Trouble> {
    let (export, peaks) = join(api::session_export(id), api::session_peaks(id)).await;
    Ok(Recorded::of(export?, &peaks?))
}

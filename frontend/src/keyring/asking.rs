use leptos::prelude::{RwSignal, Update};
use leptos::task::spawn_local;

use super::{Action, Keyring};
use crate::api::{self, Refused};
use crate::state::provider_cards::{Card, Entry, Trouble, Work};

impl Keyring {
    pub(super) fn ask(self) {
        spawn_local(self.asked());
    }

    async fn asked(self) {
        let said = entries().await.map_err(Trouble::from);
        self.listing.update(|listing| listing.hear(said));
    }

    pub(super) fn act(self, card: RwSignal<Card>, provider: String, action: Action) {
        let work = action.work();
        if card.try_update(|card| card.begin(work)) != Some(true) {
            return;
        }
        spawn_local(async move {
            let said = match action {
                Action::Save(content) => api::put_key(&provider, &content).await,
                Action::Check => api::check_key(&provider).await,
                Action::Delete => api::delete_key(&provider).await,
            };
            card.update(|card| card.end(work, said.map_err(Trouble::from)));
            // Where the provider refused, that is news of the key as well.
            self.asked().await;
        });
    }
}

impl Action {
    fn work(&self) -> Work {
        match self {
            Self::Save(_) => Work::Save,
            Self::Check => Work::Check,
            Self::Delete => Work::Delete,
        }
    }
}

async fn entries() -> Result<Vec<Entry>, Refused> {
    let keys = api::keys().await?;
    let providers = api::providers().await?;
    Ok(Entry::all(&keys, &providers))
}

//! What a person can do with keys of their own. The server renders the page with a [`Keyring`] that does nothing.

#[cfg(feature = "hydrate")]
mod asking;

use leptos::prelude::RwSignal;
use viva_protocol::rest::CredentialContent;

use crate::state::provider_cards::{Card, Listing};

/// The providers and the person's keys. A key is in here only on its way to the server.
#[derive(Clone, Copy, Default)]
pub struct Keyring {
    /// What the server said of them last.
    pub listing: RwSignal<Listing>,
}

impl Keyring {
    /// Asks the server for the providers and the keys.
    pub fn load(self) {
        #[cfg(feature = "hydrate")]
        self.ask();
    }

    /// Has the provider check a key, and keeps it in the place of the one before when it is accepted.
    pub fn save(self, card: RwSignal<Card>, provider: String, content: CredentialContent) {
        self.act(card, provider, Action::Save(content));
    }

    /// Has the provider check the key that is kept.
    pub fn check(self, card: RwSignal<Card>, provider: String) {
        self.act(card, provider, Action::Check);
    }

    /// Forgets the key.
    pub fn delete(self, card: RwSignal<Card>, provider: String) {
        self.act(card, provider, Action::Delete);
    }

    #[cfg(not(feature = "hydrate"))]
    #[expect(clippy::unused_self, reason = "the same signature as in the browser")]
    fn act(self, _card: RwSignal<Card>, _provider: String, _action: Action) {}
}

enum Action {
    #[cfg_attr(
        not(feature = "hydrate"),
        expect(dead_code, reason = "nothing is sent from the server's rendering")
    )]
    Save(CredentialContent),
    Check,
    Delete,
}

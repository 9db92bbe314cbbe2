use leptos::prelude::*;

use super::key_trouble::told;
use super::{Icon, ProviderCard, Shape};
use crate::erase::Erase;
use crate::keyring::Keyring;
use crate::state::context::Preferences;
use crate::state::provider_cards::Listing;
use crate::words::providers::{Words, say};

/// A card for each provider.
#[component]
pub fn ProviderList() -> impl IntoView {
    let keyring = expect_context::<Keyring>();
    let preferences = expect_context::<Preferences>();
    let ids = Memo::new(move |_| keyring.listing.with(Listing::ids));
    let is_loading = Memo::new(move |_| keyring.listing.with(|listing| *listing == Listing::Loading));
    view! {
        <p class="vv-hint" role="status">
            {move || is_loading.get().then(|| Words::now(preferences).loading)}
        </p>
        <ul class="vv-provider-list">
            <For
                each=move || ids.get()
                key=String::clone
                children=|id| view! { <ProviderCard id /> }
            />
        </ul>
    }
    .erase()
}

/// Why there are no cards, and what to do.
#[component]
pub fn ListTrouble() -> impl IntoView {
    let keyring = expect_context::<Keyring>();
    let preferences = expect_context::<Preferences>();
    let trouble = Memo::new(move |_| {
        keyring.listing.with(|listing| match listing {
            Listing::Failed(trouble) => Some(trouble.clone()),
            Listing::Loading | Listing::Loaded(_) => None,
        })
    });
    let message = move || {
        let trouble = trouble.get()?;
        let again = (!trouble.is_signed_out()).then(|| {
            view! {
                <button type="button" on:click=move |_| keyring.load()>
                    {say(|words| words.try_again)}
                </button>
            }
        });
        let message = view! {
            <div class="vv-message" data-severity="failure">
                <Icon shape=Shape::Warning />
                <p>{told(&trouble, Words::now(preferences))}</p>
                {again}
            </div>
        };
        Some(message.erase())
    };
    view! {
        <div class="vv-messages" role="alert">
            {message}
        </div>
    }
    .erase()
}

use leptos::prelude::*;
use viva_protocol::ws::Mode;

use super::configuration::in_words;
use super::{Icon, Shape};
use crate::erase::Erase;
use crate::session::Controls;
use crate::state::context::{Preferences, Talk};
use crate::state::conversation::Offer;
use crate::words::talk::{Words, say};

/// Why the session cannot go on as it is, how it could, and the choice between that and the end.
#[component]
pub fn OfferBar() -> impl IntoView {
    let talk = expect_context::<Talk>();
    let preferences = expect_context::<Preferences>();
    let controls = expect_context::<Controls>();
    let offer = Memo::new(move |_| talk.conversation.with(|conversation| conversation.offer.clone()));
    // A request that cannot be sent now would be lost.
    let is_live = Memo::new(move |_| talk.phase().is_live());

    let bar = move |offer: Offer| {
        let words = Words::now(preferences);
        let Offer {
            reason,
            interaction,
            is_taken,
        } = offer;
        let configuration = talk
            .providers
            .with(|providers| in_words(&interaction, providers.list(), words));
        let go_on = match interaction.mode() {
            Mode::Realtime => words.go_on_realtime,
            Mode::Cascade | Mode::Unknown => words.go_on_cascade,
        };
        let accept = move |_| controls.switch_mode(Box::new(interaction.clone()));
        view! {
            <div class="vv-message vv-offer" data-severity="warning">
                <Icon shape=Shape::Warning />
                <p>
                    <strong>{words.offer}</strong>
                    <span>{words.offer_kept}</span>
                    <span class="vv-offer-reason">{reason}</span>
                    <span class="vv-offer-setup">{configuration}</span>
                </p>
                <button
                    class="vv-offer-accept"
                    type="button"
                    disabled=move || is_taken || !is_live.get()
                    on:click=accept
                >
                    {go_on}
                </button>
                <button class="vv-offer-end" type="button" on:click=move |_| controls.end()>
                    {say(|words| words.end)}
                </button>
            </div>
        }
    };
    view! {
        <div role="alert">
            {move || offer.get().map(bar)}
        </div>
    }
    .erase()
}

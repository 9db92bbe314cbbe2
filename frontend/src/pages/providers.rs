use leptos::prelude::*;

use crate::Page;
use crate::components::{ListTrouble, ProviderList, TopBar};
use crate::erase::Erase;
use crate::keyring::Keyring;
use crate::words::providers::say;

/// The page at `/providers`: which providers there are, and keys of one's own for them.
#[component]
pub fn Providers() -> impl IntoView {
    Page::Providers.begin();
    let keyring = Keyring::default();
    provide_context(keyring);
    Effect::new(move |_| keyring.load());
    view! {
        <div class="vv-providers">
            <TopBar />
            <ListTrouble />
            <main>
                <h2>{say(|words| words.heading)}</h2>
                <p class="vv-providers-intro">{say(|words| words.intro)}</p>
                <ProviderList />
            </main>
        </div>
    }
    .erase()
}

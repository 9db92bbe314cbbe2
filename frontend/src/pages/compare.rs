use leptos::prelude::*;

use crate::Page;
use crate::comparing::Comparing;
use crate::components::TopBar;
use crate::components::comparison::{Messages, SessionPicker, SideBySide};
use crate::erase::Erase;
use crate::words::compare::say;

/// The page at `/compare`: two to four conversations side by side.
#[component]
pub fn Compare() -> impl IntoView {
    Page::Compare.begin();
    let comparing = Comparing::of_address();
    provide_context(comparing);
    Effect::new(move |_| comparing.begin());
    view! {
        <div class="vv-comparing">
            <TopBar />
            <Messages />
            <main tabindex="0" aria-label=say(|words| words.heading)>
                <div class="vv-comparing-head">
                    <h2>{say(|words| words.heading)}</h2>
                    <p class="vv-comparing-intro">{say(|words| words.intro)}</p>
                    <SessionPicker />
                </div>
                <SideBySide />
            </main>
        </div>
    }
    .erase()
}

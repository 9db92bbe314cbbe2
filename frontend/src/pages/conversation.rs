use leptos::{ev, prelude::*};

use crate::Page;
use crate::components::{Player, RecordedHead, RecordedTrouble, RecordedTurns, TopBar, Waterfall};
use crate::erase::Erase;
use crate::listening::Listener;
use crate::state::keys::Focus;
use crate::state::recorded::{Follow, Opening, Within, action};

/// The pages at `/sessions/{id}`: one conversation that was kept, to read and to hear.
#[component]
pub fn Conversation() -> impl IntoView {
    Page::Conversation.begin();
    let listener = Listener::begin();
    provide_context(listener);
    Effect::new(move |_| listener.open());
    follow_keys(listener);
    follow_scrolling(listener);
    let at = Memo::new(move |_| (listener.at_ms.get() / 100.0).round() * 100.0);
    view! {
        <div
            class="vv-conversation"
            data-opening=move || listener.opening.with(Opening::name)
            data-at-ms=move || at.get().to_string()
            data-follows=move || listener.follow.get().follows().to_string()
            data-line-follows=move || listener.line_follows.get().to_string()
        >
            <TopBar />
            <RecordedTrouble />
            <main>
                <RecordedHead />
                <Player />
                <div class="vv-conversation-below">
                    <Waterfall />
                    <RecordedTurns />
                </div>
            </main>
        </div>
    }
    .erase()
}

/// The keys of the player, some of them wherever the focus is.
fn follow_keys(listener: Listener) {
    Effect::new(move |_| {
        let keys = window_event_listener(ev::keydown, move |event| {
            let is_for_others =
                event.ctrl_key() || event.alt_key() || event.meta_key() || event.is_composing();
            if is_for_others || event.default_prevented() || listener.recorded_now().is_none() {
                return;
            }
            let (focus, within) = place_of(&event);
            if let Some(action) = action(&event.key(), focus, within) {
                event.prevent_default();
                listener.act(action);
            }
        });
        on_cleanup(move || keys.remove());
    });
}

fn place_of(event: &ev::KeyboardEvent) -> (Focus, Within) {
    let element: leptos::web_sys::Element = event_target(event);
    let inside = |selector| element.closest(selector).ok().flatten().is_some();
    let focus = if inside("input, textarea, select, dialog") {
        Focus::Field
    } else if inside("button, summary, a") {
        Focus::Control
    } else {
        Focus::Page
    };
    let within = if inside(".vv-player") {
        Within::Player
    } else {
        Within::Rest
    };
    (focus, within)
}

/// Whoever scrolls reads something else than what is heard.
fn follow_scrolling(listener: Listener) {
    Effect::new(move |_| {
        let stop = move || listener.follow.update(Follow::stop);
        let wheel = window_event_listener(ev::wheel, move |event| {
            if event.delta_y().abs() > event.delta_x().abs() {
                stop();
            }
        });
        let scroll = window_event_listener(ev::scroll, move |_| listener.scrolled());
        on_cleanup(move || {
            wheel.remove();
            scroll.remove();
        });
    });
}

use leptos::{ev, prelude::*};

use crate::Page;
use crate::components::{
    ControlBar, LatencyPanel, LevelMeter, MessageBar, MicrophoneHelp, OfferBar, SetupPanel, StateIndicator,
    Summary, TopBar, Transcript, Visualizer,
};
use crate::erase::Erase;
use crate::session::Controls;
use crate::state::context::Talk as TalkContext;
use crate::state::keys::{self, Focus, KeyAction};

/// The page at `/`: talk with an AI and see how long its answers take.
#[component]
pub fn Talk() -> impl IntoView {
    Page::Talk.begin();
    let talk = TalkContext::default();
    let controls = Controls::of(talk);
    provide_context(talk);
    provide_context(controls);
    #[cfg(feature = "hydrate")]
    crate::memory::keep_choices(talk);
    follow_keys(talk, controls);
    ask_before_leaving(talk);

    let played = move || talk.played.get();
    let session = move || {
        talk.conversation.with(|conversation| {
            conversation
                .session_id
                .map(|id| id.to_string())
                .unwrap_or_default()
        })
    };
    view! {
        <div class="vv-app" data-phase=move || talk.phase().name()>
            <TopBar />
            <div class="vv-bars">
                <OfferBar />
                <MessageBar />
            </div>
            <main class="vv-main">
                <SetupPanel />
                <section
                    class="vv-stage"
                    data-session=session
                    data-played-samples=move || played().samples.to_string()
                    data-played-peak=move || format!("{:.4}", played().peak)
                    data-underruns=move || played().underruns.to_string()
                >
                    <div class="vv-instruments">
                        <StateIndicator />
                        <LevelMeter />
                        <Visualizer />
                    </div>
                    <MicrophoneHelp />
                    <Summary />
                    <Transcript />
                </section>
                <LatencyPanel />
            </main>
            <ControlBar />
        </div>
    }
    .erase()
}

/// Space, Esc and M, wherever the focus is.
fn follow_keys(talk: TalkContext, controls: Controls) {
    Effect::new(move |_| {
        let listener = window_event_listener(ev::keydown, move |event| {
            let is_for_others =
                event.ctrl_key() || event.alt_key() || event.meta_key() || event.is_composing();
            if event.repeat() || is_for_others {
                return;
            }
            let phase = talk
                .conversation
                .with_untracked(|conversation| conversation.phase);
            let sheet_open = talk.sheet.get_untracked().is_some();
            let Some(action) = keys::action(&event.key(), focus_of(&event), phase, sheet_open) else {
                return;
            };
            event.prevent_default();
            match action {
                KeyAction::Start => controls.start(),
                KeyAction::EndTurn => controls.end_turn(),
                KeyAction::Interrupt => controls.interrupt(),
                KeyAction::ToggleMute => controls.toggle_mute(),
                KeyAction::CloseSheet => talk.sheet.set(None),
            }
        });
        on_cleanup(move || listener.remove());
    });
}

/// Whoever leaves the page during a conversation is asked first, by the browser. Only then is anything said about it: a page
/// that listens cannot be kept for the way back.
fn ask_before_leaving(talk: TalkContext) {
    let goes_on = Memo::new(move |_| talk.phase().is_broken_off_by_leaving());
    Effect::new(move |_| {
        if goes_on.get() {
            let listener = window_event_listener(ev::beforeunload, |event| event.prevent_default());
            on_cleanup(move || listener.remove());
        }
    });
}

fn focus_of(event: &ev::KeyboardEvent) -> Focus {
    let element: leptos::web_sys::Element = event_target(event);
    let inside = |selector| element.closest(selector).ok().flatten().is_some();
    if inside("input:not([type=checkbox]):not([type=range]), textarea, select") {
        Focus::Field
    } else if inside("button, input, summary, a, [tabindex]") {
        Focus::Control
    } else {
        Focus::Page
    }
}

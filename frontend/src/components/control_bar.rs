use leptos::ev::MouseEvent;
use leptos::html::Button;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, HtmlElement};

use super::{DevicePickers, Icon, Shape};
use crate::erase::Erase;
use crate::session::Controls;
use crate::state::context::{Preferences, Sheet, Talk};
use crate::state::phase::Phase;
use crate::words::talk::{Words, say};

/// Start, End, Interrupt, Mute and the devices; on a phone also the way to the sheets.
#[component]
pub fn ControlBar() -> impl IntoView {
    let talk = expect_context::<Talk>();
    let preferences = expect_context::<Preferences>();
    let controls = expect_context::<Controls>();
    let phase = Memo::new(move |_| talk.phase());
    let can_start = Memo::new(move |_| phase.get().can_start());
    let press = move |event: MouseEvent| {
        // The second click of a double click would take back what the first one began.
        if event.detail() > 1 {
            return;
        }
        if can_start.get_untracked() {
            controls.start();
        } else {
            controls.end();
        }
    };
    let primary_shape = Signal::derive(move || if can_start.get() { Shape::Play } else { Shape::Stop });
    let mute_shape = Signal::derive(move || {
        if talk.muted.get() {
            Shape::MicrophoneOff
        } else {
            Shape::Microphone
        }
    });
    view! {
        <footer class="vv-controls" role="group" aria-label=say(|words| words.controls) on:click=move |event| leave_button(&event)>
            <SheetButton sheet=Sheet::Setup shape=Shape::Setup label=|words| words.setup />
            <button
                class="vv-control vv-mute"
                type="button"
                aria-pressed=move || talk.muted.get().to_string()
                aria-keyshortcuts="M"
                on:click=move |_| controls.toggle_mute()
            >
                <Icon shape=mute_shape />
                <span>{say(|words| words.mute)}</span>
            </button>
            <button
                class="vv-control vv-main-action"
                type="button"
                data-action=move || if can_start.get() { "start" } else { "end" }
                disabled=move || phase.get() == Phase::Ending
                on:click=press
            >
                <Icon shape=primary_shape />
                <span>{move || primary(phase.get(), Words::now(preferences))}</span>
            </button>
            <button
                class="vv-control vv-interrupt"
                type="button"
                aria-keyshortcuts="Escape"
                disabled=move || phase.get() != Phase::AiSpeaking
                on:click=move |_| controls.interrupt()
            >
                <Icon shape=Shape::Hand />
                <span>{say(|words| words.interrupt)}</span>
            </button>
            <SheetButton sheet=Sheet::Latency shape=Shape::Clock label=|words| words.latency />
            <DevicePickers />
            <p class="vv-shortcuts">{say(|words| words.shortcuts)}</p>
        </footer>
    }
    .erase()
}

/// A button that was pressed with the mouse gives up the focus, so that Space is the shortcut again and does not press the
/// button once more. Keys and screen readers press it with a `detail` of 0, and stay.
fn leave_button(event: &MouseEvent) {
    let target: Element = event_target(event);
    let button = target
        .closest("button")
        .ok()
        .flatten()
        .filter(|_| event.detail() > 0);
    if let Some(button) = button.and_then(|button| button.dyn_into::<HtmlElement>().ok()) {
        // Fails only for an element without a document.
        let _ = button.blur();
    }
}

fn primary(phase: Phase, words: &Words) -> &'static str {
    match phase {
        Phase::Ready | Phase::Ended | Phase::Failed => words.start,
        Phase::AskingForMicrophone | Phase::Connecting => words.cancel,
        _ => words.end,
    }
}

/// Opens a panel over the stage, or closes it; then the focus comes back from it.
#[component]
fn SheetButton(
    /// Which panel.
    sheet: Sheet,
    /// Its icon.
    shape: Shape,
    /// Its name.
    label: fn(&Words) -> &'static str,
) -> impl IntoView {
    let talk = expect_context::<Talk>();
    let open = Memo::new(move |_| talk.sheet.get() == Some(sheet));
    let button = NodeRef::<Button>::new();
    Effect::new(move |was_open: Option<bool>| {
        let is_open = open.get();
        if let Some(button) = button.get().filter(|_| was_open == Some(true) && !is_open)
            && is_focused_within(sheet)
        {
            // Fails only for an element without a document.
            let _ = button.focus();
        }
        is_open
    });
    view! {
        <button
            node_ref=button
            class="vv-control vv-sheet-button"
            type="button"
            aria-controls=sheet.id()
            aria-expanded=move || open.get().to_string()
            on:click=move |_| talk.sheet.set((!open.get_untracked()).then_some(sheet))
        >
            <Icon shape />
            <span>{say(label)}</span>
        </button>
    }
    .erase()
}

fn is_focused_within(sheet: Sheet) -> bool {
    let document = document();
    let panel = document.get_element_by_id(sheet.id());
    let focused = document.active_element();
    panel.is_some_and(|panel| panel.contains(focused.as_deref()))
}

use leptos::prelude::*;

use crate::erase::Erase;

/// A setting that is on or off.
#[component]
pub fn Switch(
    /// What it switches.
    #[prop(into)]
    label: Signal<&'static str>,
    /// What that means.
    #[prop(into)]
    hint: Signal<&'static str>,
    /// Whether it is on.
    #[prop(into)]
    on: Signal<bool>,
    /// Called when the person switches it.
    on_switch: Callback<bool>,
) -> impl IntoView {
    view! {
        <label class="vv-switch">
            <input
                type="checkbox"
                role="switch"
                prop:checked=on
                on:change=move |event| on_switch.run(event_target_checked(&event))
            />
            <span class="vv-switch-track" aria-hidden="true"></span>
            <span class="vv-switch-words">
                <span class="vv-label">{label}</span>
                <span class="vv-hint">{hint}</span>
            </span>
        </label>
    }
    .erase()
}

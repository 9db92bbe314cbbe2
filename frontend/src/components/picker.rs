use leptos::prelude::*;

use crate::erase::Erase;

/// One option of a picker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is chosen.
    pub id: String,
    /// What the person reads.
    pub name: String,
    /// Whether it can be chosen.
    pub enabled: bool,
}

impl Choice {
    /// A choice that can be chosen.
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            enabled: true,
        }
    }
}

/// A labelled drop-down list.
#[component]
pub fn Picker(
    /// What is chosen.
    #[prop(into)]
    label: Signal<&'static str>,
    /// What can be chosen.
    #[prop(into)]
    choices: Signal<Vec<Choice>>,
    /// Id of the current choice.
    #[prop(into)]
    chosen: Signal<String>,
    /// Called when the person chooses.
    on_choose: Callback<String>,
) -> impl IntoView {
    let option = move |choice: Choice| {
        let Choice { id, name, enabled } = choice;
        let value = id.clone();
        let selected = Signal::derive(move || chosen.get() == id);
        view! {
            <option value=value disabled=!enabled prop:selected=selected>
                {name}
            </option>
        }
    };
    view! {
        <label class="vv-field">
            <span class="vv-label">{label}</span>
            <select on:change=move |event| on_choose.run(event_target_value(&event))>
                {move || choices.get().into_iter().map(option).collect_view()}
            </select>
        </label>
    }
    .erase()
}

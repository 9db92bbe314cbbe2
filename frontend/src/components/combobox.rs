use leptos::ev;
use leptos::html::Ul;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::HtmlElement;

use crate::erase::Erase;
use crate::state::suggestions::{Answer, Entry, Suggestion, id_of, name_of};

/// Longer names are refused by the server.
const MAX_CHARS: &str = "200";

/// A labelled field that takes any text, with suggestions below it.
#[component]
pub fn Combobox(
    /// Its element's id, unique on the page.
    id: String,
    /// What is chosen.
    #[prop(into)]
    label: Signal<&'static str>,
    /// What it shows while it is empty.
    #[prop(into)]
    placeholder: Signal<&'static str>,
    /// What is suggested.
    #[prop(into)]
    suggestions: Signal<Vec<Suggestion>>,
    /// Id of the current choice, which need not be one of the suggestions.
    #[prop(into)]
    chosen: Signal<String>,
    /// Called when the person chooses.
    on_choose: Callback<String>,
    /// Called when the person comes to the field, before there is anything to choose.
    #[prop(optional)]
    on_focus: Option<Callback<()>>,
) -> impl IntoView {
    let entry = RwSignal::new(Entry::default());
    let list = NodeRef::<Ul>::new();
    let fitting = Memo::new(move |_| suggestions.with(|suggestions| entry.read().fitting(suggestions)));
    let is_shown = Memo::new(move |_| entry.read().is_open && fitting.with(|fitting| !fitting.is_empty()));
    let active = Memo::new(move |_| is_shown.get().then(|| entry.read().active).flatten());
    let text = move || {
        let typed = entry.read().text.clone();
        typed.unwrap_or_else(|| suggestions.with(|suggestions| name_of(&chosen.read(), suggestions)))
    };
    let choose = move |id: String| {
        entry.set(Entry::default());
        on_choose.run(id);
    };
    let take = move || {
        let Entry { text, .. } = entry.get_untracked();
        match text {
            Some(text) => choose(suggestions.with_untracked(|suggestions| id_of(&text, suggestions))),
            None => entry.set(Entry::default()),
        }
    };
    let press = move |event: ev::KeyboardEvent| {
        // Enter may end the writing of a Chinese word.
        if event.is_composing() {
            return;
        }
        let fitting = fitting.get_untracked();
        let answer = entry
            .try_update(|entry| entry.press(&event.key(), fitting.len()))
            .unwrap_or(Answer::Ignored);
        match answer {
            Answer::Ignored => return,
            Answer::Moved => {}
            Answer::Chosen(at) => choose(fitting[at].id.clone()),
            Answer::Taken => take(),
        }
        event.prevent_default();
        event.stop_propagation();
    };
    Effect::new(move |_| {
        if let (Some(at), Some(list)) = (active.get(), list.get()) {
            reveal(&list, at);
        }
    });
    let list_id = format!("{id}-list");
    let option_id = {
        let id = id.clone();
        move |at: usize| format!("{id}-{at}")
    };
    let option = {
        let option_id = option_id.clone();
        move |(at, suggestion): (usize, Suggestion)| {
            option(
                option_id(at),
                suggestion,
                move || active.get() == Some(at),
                choose,
            )
        }
    };
    view! {
        <div class="vv-field vv-combobox">
            <label class="vv-label" for=id.clone()>
                {label}
            </label>
            <input
                id=id
                type="text"
                role="combobox"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                maxlength=MAX_CHARS
                aria-autocomplete="list"
                aria-controls=list_id.clone()
                aria-expanded=move || is_shown.get().to_string()
                aria-activedescendant=move || active.get().map(&option_id)
                placeholder=move || placeholder.get()
                prop:value=text
                on:input=move |event| entry.update(|entry| entry.type_text(event_target_value(&event)))
                on:focus=move |_| on_focus.iter().for_each(|on_focus| on_focus.run(()))
                on:click=move |_| entry.update(Entry::open)
                on:keydown=press
                on:blur=move |_| take()
            />
            <ul
                id=list_id
                role="listbox"
                aria-label=move || label.get()
                hidden=move || !is_shown.get()
                node_ref=list
                // The field keeps the focus.
                on:mousedown=move |event| event.prevent_default()
            >
                {move || fitting.get().into_iter().enumerate().map(&option).collect_view()}
            </ul>
        </div>
    }
    .erase()
}

/// One of the suggestions.
fn option(
    element: String,
    suggestion: Suggestion,
    is_active: impl Fn() -> bool + Send + 'static,
    choose: impl Fn(String) + 'static,
) -> impl IntoView {
    let Suggestion { id, name, label } = suggestion;
    let own_id = (!id.is_empty() && id != name).then(|| id.clone());
    view! {
        <li
            id=element
            role="option"
            data-value=id.clone()
            aria-selected=move || is_active().to_string()
            on:click=move |_| choose(id.clone())
        >
            {label}
            {own_id.map(|id| view! { <span class="vv-hint">{id}</span> })}
        </li>
    }
}

/// Scrolls a list, and nothing but the list, to one of its entries.
fn reveal(list: &HtmlElement, at: usize) {
    let entry = list.query_selector(&format!("li:nth-child({})", at + 1));
    let Some(entry) = entry
        .ok()
        .flatten()
        .and_then(|entry| entry.dyn_into::<HtmlElement>().ok())
    else {
        return;
    };
    let (top, height) = (entry.offset_top(), entry.offset_height());
    let (first, shown) = (list.scroll_top(), list.client_height());
    if top < first {
        list.set_scroll_top(top);
    } else if top + height > first + shown {
        list.set_scroll_top(top + height - shown);
    }
}

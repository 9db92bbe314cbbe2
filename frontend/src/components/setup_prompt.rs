use leptos::ev;
use leptos::prelude::*;
use leptos::web_sys::Element;

use super::{KeepTemplate, SetupTemplate};
use crate::erase::Erase;
use crate::session::Controls;
use crate::state::context::{Preferences, Talk};
use crate::state::prompt::Text;
use crate::state::templates::Templates;
use crate::words::fill;
use crate::words::talk::{Words, say};

/// What the AI is told: a template, the texts, and what becomes of them.
#[component]
pub fn SetupPrompt() -> impl IntoView {
    let talk = expect_context::<Talk>();
    let controls = expect_context::<Controls>();
    let refresh = move |_: ev::Event| {
        let is_shown = talk
            .templates
            .with_untracked(|templates| templates.preview().is_some());
        if is_shown {
            controls.preview();
        }
    };
    view! {
        // A change in any of its fields comes up to here.
        <fieldset class="vv-prompt" on:change=refresh>
            <legend>{say(|words| words.prompt_group)}</legend>
            <SetupTemplate />
            <Field text=Text::SystemPrompt label=|words| words.system_prompt rows="4" />
            <div class="vv-pair">
                <Field text=Text::UserRole label=|words| words.user_role rows="1" />
                <Field text=Text::AiRole label=|words| words.ai_role rows="1" />
            </div>
            <Field text=Text::Scenario label=|words| words.scenario rows="2" />
            <Preview />
            <KeepTemplate />
        </fieldset>
    }
    .erase()
}

/// One of the texts. It says so when its limit cuts off what is typed or pasted.
#[component]
fn Field(
    /// Which one.
    text: Text,
    /// What it is called.
    label: fn(&Words) -> &'static str,
    /// How many lines it shows.
    rows: &'static str,
) -> impl IntoView {
    let talk = expect_context::<Talk>();
    let preferences = expect_context::<Preferences>();
    let limit = text.limit();
    // As the browser counts.
    let is_full = Memo::new(move |_| {
        talk.settings
            .with(|settings| settings.text(text).encode_utf16().count() >= limit)
    });
    let note = move || {
        let full = |words: &Words| fill(words.text_full, &[("n", &limit.to_string())]);
        is_full.get().then(|| full(Words::now(preferences)))
    };
    let placeholder = move || match text {
        Text::SystemPrompt => Words::now(preferences).system_prompt_hint,
        _ => "",
    };
    view! {
        <label class="vv-field">
            <span class="vv-label">{say(label)}</span>
            <textarea
                rows=rows
                maxlength=limit.to_string()
                placeholder=placeholder
                prop:value=move || talk.settings.with(|settings| settings.text(text).to_owned())
                on:input=move |event| {
                    talk.settings.update(|settings| settings.write(text, &event_target_value(&event)));
                }
            ></textarea>
            <span class="vv-hint" role="status">{note}</span>
        </label>
    }
    .erase()
}

/// The composed prompt, as the server makes it.
#[component]
fn Preview() -> impl IntoView {
    let talk = expect_context::<Talk>();
    let controls = expect_context::<Controls>();
    let preferences = expect_context::<Preferences>();
    let is_current = Memo::new(move |_| {
        talk.settings.with(|settings| {
            talk.templates
                .with(|templates| templates.preview().is_some_and(|preview| preview.is_of(settings)))
        })
    });
    let text = move || {
        let words = Words::now(preferences);
        talk.templates.with(|templates| match templates.preview() {
            Some(preview) if !preview.composed().is_empty() => preview.composed().to_owned(),
            Some(_) if is_current.get() => words.preview_empty.to_owned(),
            _ => "…".to_owned(),
        })
    };
    let toggle = move |event: ev::Event| {
        if event_target::<Element>(&event).has_attribute("open") {
            controls.preview();
        } else {
            talk.templates.update(Templates::hide_preview);
        }
    };
    view! {
        <details class="vv-more" on:toggle=toggle>
            <summary>{say(|words| words.preview)}</summary>
            <p class="vv-hint">{say(|words| words.preview_hint)}</p>
            <pre
                class="vv-preview"
                tabindex="0"
                role="region"
                aria-label=say(|words| words.preview)
                data-current=move || is_current.get().to_string()
            >
                {text}
            </pre>
        </details>
    }
    .erase()
}

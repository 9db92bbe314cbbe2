use leptos::prelude::*;
use viva_protocol::ws::Mode;

use super::setup_part::{common_languages, current, suggestion};
use super::{Choice, Combobox, Picker, SetupPart};
use crate::erase::Erase;
use crate::state::choices::{Languages, Offered, Part};
use crate::state::context::{Preferences, Talk};
use crate::state::suggestions::Suggestion;
use crate::words::talk::{Words, say};

/// Which kind of stack answers, and who plays its parts.
#[component]
pub fn SetupMode() -> impl IntoView {
    let talk = expect_context::<Talk>();
    let preferences = expect_context::<Preferences>();
    let is_cascade = Memo::new(move |_| talk.settings.with(|settings| settings.mode == Mode::Cascade));
    let hint = move || {
        let words = Words::now(preferences);
        if is_cascade.get() {
            words.mode_cascade_hint
        } else {
            words.mode_realtime_hint
        }
    };
    view! {
        <fieldset>
            <legend>{say(|words| words.mode)}</legend>
            <div class="vv-modes">
                <ModeOption mode=Mode::Realtime value="realtime" label=|words| words.mode_realtime />
                <ModeOption mode=Mode::Cascade value="cascade" label=|words| words.mode_cascade />
            </div>
            <p class="vv-hint">{hint}</p>
        </fieldset>
        <Show
            when=move || is_cascade.get()
            fallback=|| view! { <SetupPart part=Part::Realtime /> }
        >
            <ConversationLanguage />
            <SetupPart part=Part::Stt />
            <SetupPart part=Part::Llm />
            <SetupPart part=Part::Tts />
        </Show>
    }
    .erase()
}

/// One of the two modes.
#[component]
fn ModeOption(
    /// The mode.
    mode: Mode,
    /// Its name for style sheets and tests.
    value: &'static str,
    /// What it is called.
    label: fn(&Words) -> &'static str,
) -> impl IntoView {
    let talk = expect_context::<Talk>();
    view! {
        <label class="vv-mode" data-mode=value>
            <input
                type="radio"
                name="mode"
                value=value
                prop:checked=move || talk.settings.with(|settings| settings.mode == mode)
                on:change=move |_| talk.settings.update(|settings| settings.mode = mode)
            />
            <span>{say(label)}</span>
        </label>
    }
    .erase()
}

/// The language that a cascade hears and speaks; hidden when its parts leave no choice.
#[component]
fn ConversationLanguage() -> impl IntoView {
    let talk = expect_context::<Talk>();
    let preferences = expect_context::<Preferences>();
    let offered = Memo::new(move |_| {
        // Without the list of providers nobody knows.
        let (stt, tts) = (current(talk, Part::Stt)?, current(talk, Part::Tts)?);
        Some(Languages::shared(Some(&stt), Some(&tts)))
    });
    let suggestions = Signal::derive(move || {
        let words = Words::now(preferences);
        let languages = match offered.get() {
            None | Some(Languages::Any) => common_languages(),
            Some(Languages::Listed(languages)) => languages.into_iter().map(Offered::from).collect(),
        };
        let default = Offered {
            id: String::new(),
            name: words.default_choice.to_owned(),
            retires: None,
        };
        let offered = std::iter::once(default).chain(languages);
        offered.map(|it| suggestion(it, words)).collect::<Vec<_>>()
    });
    let choices = Signal::derive(move || {
        let choice = |it: &Suggestion| Choice::new(it.id.clone(), it.label.clone());
        suggestions.with(|suggestions| suggestions.iter().map(choice).collect::<Vec<_>>())
    });
    let chosen = Signal::derive(move || talk.settings.with(|settings| settings.language.clone()));
    let choose = Callback::new(move |id| talk.settings.update(|settings| settings.language = id));
    let label = Signal::derive(say(|words| words.language));
    let is_any = Memo::new(move |_| offered.with(|offered| *offered == Some(Languages::Any)));
    let has_list = Memo::new(move |_| {
        offered.with(|offered| matches!(offered, Some(Languages::Listed(languages)) if !languages.is_empty()))
    });
    view! {
        <Show when=move || is_any.get()>
            <Combobox
                id="vv-language".to_owned()
                label
                placeholder=Signal::derive(say(|words| words.default_choice))
                suggestions
                chosen
                on_choose=choose
            />
        </Show>
        <Show when=move || has_list.get()>
            <Picker label choices chosen on_choose=choose />
        </Show>
    }
    .erase()
}

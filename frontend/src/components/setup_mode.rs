use leptos::prelude::*;
use viva_protocol::ws::Mode;

use super::setup_part::current;
use super::{Choice, Picker, SetupPart};
use crate::erase::Erase;
use crate::state::choices::{Part, shared_languages};
use crate::state::context::{Preferences, Talk};
use crate::words::{Words, say};

/// Which kind of stack answers, and who plays its parts.
#[component]
pub fn SetupMode() -> impl IntoView {
    let talk = expect_context::<Talk>();
    let preferences = expect_context::<Preferences>();
    let is_cascade = Memo::new(move |_| talk.settings.with(|settings| settings.mode == Mode::Cascade));
    let hint = move || {
        let words = preferences.words();
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
        let (stt, tts) = (current(talk, Part::Stt), current(talk, Part::Tts));
        shared_languages(stt.as_ref(), tts.as_ref())
    });
    let choices = Signal::derive(move || {
        let default = Choice::new("", preferences.words().default_choice);
        let offered = offered.get().into_iter().map(|it| Choice::new(it.id, it.name));
        std::iter::once(default).chain(offered).collect::<Vec<_>>()
    });
    let chosen = Signal::derive(move || talk.settings.with(|settings| settings.language.clone()));
    let choose = Callback::new(move |id| talk.settings.update(|settings| settings.language = id));
    view! {
        <Show when=move || offered.with(|offered| !offered.is_empty())>
            <Picker label=Signal::derive(say(|words| words.language)) choices chosen on_choose=choose />
        </Show>
    }
    .erase()
}

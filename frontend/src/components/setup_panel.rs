use leptos::prelude::*;
use viva_protocol::ws::{Interaction, Mode};

use super::configuration::in_words;
use super::{DevicePickers, PanelHead, SetupMode, SetupPrompt, Switch};
use crate::erase::Erase;
use crate::session::Controls;
use crate::state::context::{Preferences, Sheet, Talk};
use crate::state::settings::Settings;
use crate::words::talk::{Words, say};

/// What the next session is like; while one runs, what may change in it.
#[component]
pub fn SetupPanel() -> impl IntoView {
    let talk = expect_context::<Talk>();
    let running = Memo::new(move |_| !talk.phase().can_start());
    view! {
        <aside
            id=Sheet::Setup.id()
            class="vv-panel vv-setup"
            aria-label=say(|words| words.setup)
            data-running=move || running.get().to_string()
            data-open=move || (talk.sheet.get() == Some(Sheet::Setup)).to_string()
        >
            <PanelHead sheet=Sheet::Setup title=|words| words.setup />
            <Show when=move || running.get()>
                <p class="vv-setup-line">{move || one_line(talk)}</p>
            </Show>
            <div class="vv-setup-before">
                <SetupMode />
            </div>
            <Behaviour />
            <div class="vv-setup-before">
                <SetupPrompt />
            </div>
            <fieldset class="vv-setup-devices">
                <legend>{say(|words| words.devices_group)}</legend>
                <DevicePickers />
            </fieldset>
        </aside>
    }
    .erase()
}

/// The setup of the running session in one line.
fn one_line(talk: Talk) -> String {
    let words = Words::now(expect_context::<Preferences>());
    let interaction = running(talk).unwrap_or_else(|| talk.settings.with(Settings::interaction));
    talk.providers
        .with(|providers| in_words(&interaction, providers.list(), words))
}

/// What answers now, once the server has said it.
fn running(talk: Talk) -> Option<Interaction> {
    talk.conversation
        .with(|conversation| conversation.running.clone())
}

/// What may change while a session runs.
#[component]
fn Behaviour() -> impl IntoView {
    let talk = expect_context::<Talk>();
    let controls = expect_context::<Controls>();
    // What runs can be another mode than what is chosen for the next session.
    let is_cascade = Memo::new(move |_| {
        let running = if talk.phase().can_start() {
            None
        } else {
            running(talk)
        };
        let mode = running.map_or_else(|| talk.settings.with(|settings| settings.mode), |it| it.mode());
        mode == Mode::Cascade
    });
    let change = move |change: fn(&mut Settings, bool), on: bool| {
        talk.settings.update(|settings| change(settings, on));
        controls.apply_settings();
    };
    view! {
        <fieldset>
            <legend>{say(|words| words.conversation_group)}</legend>
            <div class="vv-setup-barge-in">
                <Switch
                    label=Signal::derive(say(|words| words.barge_in))
                    hint=Signal::derive(say(|words| words.barge_in_hint))
                    on=Signal::derive(move || talk.settings.with(|settings| settings.barge_in))
                    on_switch=Callback::new(move |on| change(|settings, on| settings.barge_in = on, on))
                />
            </div>
            <div class="vv-setup-before">
                <Switch
                    label=Signal::derive(say(|words| words.greeting))
                    hint=Signal::derive(say(|words| words.greeting_hint))
                    on=Signal::derive(move || talk.settings.with(|settings| settings.greeting))
                    on_switch=Callback::new(move |on| change(|settings, on| settings.greeting = on, on))
                />
            </div>
        </fieldset>
        <fieldset>
            <legend>{say(|words| words.turn_group)}</legend>
            <Slider
                label=|words| words.silence
                range=Settings::SILENCE_MS
                read=|settings| settings.silence_ms
                write=|settings, ms| settings.silence_ms = ms
                step=20
                unit=|words| words.ms
            />
            <Slider
                label=|words| words.min_speech
                range=Settings::MIN_SPEECH_MS
                read=|settings| settings.min_speech_ms
                write=|settings, ms| settings.min_speech_ms = ms
                step=20
                unit=|words| words.ms
            />
            <Show when=move || talk.settings.with(|settings| settings.barge_in)>
                <Slider
                    label=|words| words.barge_in_threshold
                    hint=|words| words.barge_in_threshold_hint
                    range=Settings::BARGE_IN_PERCENT
                    read=|settings| settings.barge_in_percent
                    write=|settings, percent| settings.barge_in_percent = percent
                    step=5
                    unit=|words| words.percent
                />
            </Show>
            <Show when=move || is_cascade.get()>
                <Switch
                    label=Signal::derive(say(|words| words.eager))
                    hint=Signal::derive(say(|words| words.eager_hint))
                    on=Signal::derive(move || talk.settings.with(|settings| settings.eager))
                    on_switch=Callback::new(move |on| change(|settings, on| settings.eager = on, on))
                />
            </Show>
        </fieldset>
    }
    .erase()
}

/// A number that is slid to.
#[component]
fn Slider(
    /// What it sets.
    label: fn(&Words) -> &'static str,
    /// What that is good for, where the name does not say it.
    #[prop(optional)]
    hint: Option<fn(&Words) -> &'static str>,
    /// Smallest and largest value.
    range: (u32, u32),
    /// Reads it.
    read: fn(&Settings) -> u32,
    /// Sets it.
    write: fn(&mut Settings, u32),
    /// By how much it changes at a time.
    step: u32,
    /// What it counts.
    unit: fn(&Words) -> &'static str,
) -> impl IntoView {
    let talk = expect_context::<Talk>();
    let controls = expect_context::<Controls>();
    let value = Memo::new(move |_| talk.settings.with(read));
    let slide = move |event| {
        if let Ok(chosen) = event_target_value(&event).parse::<u32>() {
            talk.settings
                .update(|settings| write(settings, chosen.clamp(range.0, range.1)));
        }
    };
    view! {
        <label class="vv-field vv-slider">
            <span class="vv-label">{say(label)}</span>
            <output>
                <span class="vv-number">{move || value.get().to_string()}</span>
                <span class="vv-unit">{say(unit)}</span>
            </output>
            <input
                type="range"
                min=range.0.to_string()
                max=range.1.to_string()
                step=step.to_string()
                prop:value=move || value.get().to_string()
                on:input=slide
                on:change=move |_| controls.apply_settings()
            />
            {hint.map(|hint| view! { <span class="vv-hint">{say(hint)}</span> })}
        </label>
    }
    .erase()
}

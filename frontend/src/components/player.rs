use leptos::html::Section;
use leptos::prelude::*;

use super::{Icon, Legend, Shape, TimeLine};
use crate::api::{ExportFormat, export};
use crate::erase::Erase;
use crate::listening::{Listener, Sound, Sounded};
use crate::state::context::Preferences;
use crate::state::recorded::{SPEEDS, Zoom, clock, stamp};
use crate::words::conversation::{Words, say};
use crate::words::fill;

/// The conversation on its time line, and what plays it. What sounds is the export as WAV, of which the browser fetches what
/// it needs.
#[component]
pub fn Player() -> impl IntoView {
    let listener = expect_context::<Listener>();
    let preferences = expect_context::<Preferences>();
    let section = NodeRef::<Section>::new();
    let is_open = Memo::new(move |_| listener.recorded().is_some());
    let has_sound = Memo::new(move |_| listener.recorded().is_some_and(|it| it.length_ms > 0.0));
    #[cfg(feature = "hydrate")]
    tell_height(section);
    let sound = move || {
        let recorded = listener.recorded().filter(|recorded| recorded.length_ms > 0.0)?;
        let path = export(recorded.session.id, ExportFormat::Wav);
        let audio = view! {
            <audio
                node_ref=listener.audio
                src=path
                preload="metadata"
                on:playing=move |_| listener.sounded(Sounded::Began)
                on:pause=move |_| listener.sounded(Sounded::Stopped)
                on:ended=move |_| listener.sounded(Sounded::Stopped)
                on:timeupdate=move |_| listener.sounded(Sounded::Moved)
                on:error=move |_| listener.sounded(Sounded::Failed)
            ></audio>
        };
        Some(audio.erase())
    };
    let estimated = move || {
        let is_estimated = listener.recorded().is_some_and(|recorded| recorded.is_estimated);
        is_estimated.then(|| view! { <p class="vv-hint">{say(|words| words.estimated)}</p> })
    };
    view! {
        <section
            node_ref=section
            class="vv-player"
            aria-label=say(|words| words.player)
            data-open=move || is_open.get().to_string()
            data-sound=move || sound_name(listener.sound.get())
        >
            {sound}
            <Show when=move || has_sound.get()>
                <Transport />
            </Show>
            <Show when=move || has_sound.get()>
                <TimeLine />
            </Show>
            <Show when=move || is_open.get() && !has_sound.get()>
                <p class="vv-empty">{say(|words| words.no_sound)}</p>
            </Show>
            {estimated}
        </section>
        <Show when=move || has_sound.get()>
            <Legend />
        </Show>
        <p class="vv-hint" role="status">
            {move || {
                let is_loading = listener.opening.with(|opening| opening.name() == "loading");
                is_loading.then(|| Words::now(preferences).loading)
            }}
        </p>
    }
    .erase()
}

/// Play, pause, speed, zoom, and where it is.
#[component]
fn Transport() -> impl IntoView {
    let listener = expect_context::<Listener>();
    let preferences = expect_context::<Preferences>();
    let plays = Memo::new(move |_| listener.sound.get() == Sound::Playing);
    let shape = Signal::derive(move || if plays.get() { Shape::Pause } else { Shape::Play });
    let word = move || {
        let words = Words::now(preferences);
        if plays.get() { words.pause } else { words.play }
    };
    let at = Memo::new(move |_| stamp(listener.at_ms.get()));
    let of = Memo::new(move |_| listener.recorded().map_or(0.0, |recorded| recorded.length_ms));
    let speed = move |speed: f64| {
        let is_chosen = (speed - 1.0).abs() < f64::EPSILON;
        let word = move || fill(Words::now(preferences).speed_is, &[("n", &speed.to_string())]);
        view! {
            <option value=speed.to_string() selected=is_chosen>
                {word}
            </option>
        }
        .erase()
    };
    let choose_speed = move |event| {
        if let Ok(speed) = event_target_value(&event).parse() {
            listener.set_speed(speed);
        }
    };
    let zoom = move |zoom: Zoom, sign: &'static str, word: fn(&Words) -> &'static str| {
        let is_over = move || {
            let scale = listener.scale.get();
            match zoom {
                Zoom::In => scale.is_closest(),
                Zoom::Out | Zoom::Fit => scale.is_fit(),
            }
        };
        view! {
            <button
                class="vv-plain vv-zoom"
                type="button"
                aria-label=say(word)
                title=say(word)
                aria-disabled=move || is_over().then_some("true")
                on:click=move |_| listener.zoom(zoom)
            >
                {sign}
            </button>
        }
        .erase()
    };
    view! {
        <div class="vv-transport">
            <button
                class="vv-primary vv-toggle"
                type="button"
                aria-label=word
                title=word
                on:click=move |_| listener.toggle()
            >
                <Icon shape />
            </button>
            <span class="vv-transport-time vv-number">
                <span class="vv-transport-at">{at}</span>
                <span class="vv-unit">" / " {move || clock(of.get())}</span>
            </span>
            <label class="vv-speed">
                <span>{say(|words| words.speed)}</span>
                <select on:change=choose_speed>{SPEEDS.map(speed).into_iter().collect_view()}</select>
            </label>
            <div class="vv-zooms">
                {zoom(Zoom::Out, "−", |words| words.zoom_out)}
                {zoom(Zoom::In, "+", |words| words.zoom_in)}
                <button
                    class="vv-plain vv-zoom"
                    type="button"
                    title=say(|words| words.zoom_fit)
                    aria-disabled=move || listener.scale.get().is_fit().then_some("true")
                    on:click=move |_| listener.zoom(Zoom::Fit)
                >
                    {say(|words| words.fit)}
                </button>
            </div>
            <Keys />
        </div>
    }
    .erase()
}

/// What the keys do.
#[component]
fn Keys() -> impl IntoView {
    let row = |keys: &'static str, word: fn(&Words) -> &'static str| {
        view! {
            <div>
                <dt>{keys}</dt>
                <dd>{say(word)}</dd>
            </div>
        }
        .erase()
    };
    view! {
        <details class="vv-key-help">
            <summary>{say(|words| words.keys)}</summary>
            <div class="vv-key-list">
                <dl>
                    <div>
                        <dt>{say(|words| words.space)}</dt>
                        <dd>{say(|words| words.help_play)}</dd>
                    </div>
                    {row("← →", |words| words.help_arrows)}
                </dl>
                <p class="vv-hint">{say(|words| words.help_in_player)}</p>
                <dl>
                    {row("↑ ↓", |words| words.help_turns)} {row(", .", |words| words.help_marks)}
                    {row("Home End", |words| words.help_ends)}
                    {row("+ − 0", |words| words.help_zoom)}
                </dl>
            </div>
        </details>
    }
    .erase()
}

fn sound_name(sound: Sound) -> &'static str {
    match sound {
        Sound::Still => "still",
        Sound::Playing => "playing",
        Sound::Failed => "failed",
    }
}

/// Tells the style sheet how high the player is, which stays in view over the transcript.
#[cfg(feature = "hydrate")]
fn tell_height(section: NodeRef<Section>) {
    use wasm_bindgen::JsCast;
    use wasm_bindgen::closure::Closure;

    use crate::browser::{ResizeObserver, set_root_property};

    Effect::new(move |_| {
        let Some(section) = section.get() else { return };
        let player = section.clone();
        let resized = Closure::<dyn FnMut()>::new(move || {
            set_root_property("--player-height", &format!("{}px", player.offset_height()));
        });
        let observer = ResizeObserver::new(resized.as_ref().unchecked_ref());
        observer.observe(&section);
        let held = StoredValue::new_local((observer, resized));
        on_cleanup(move || held.with_value(|(observer, _)| observer.disconnect()));
    });
}

use leptos::html::Span;
use leptos::prelude::*;

use crate::erase::Erase;
use crate::state::context::{Preferences, Talk};
use crate::state::figures;
use crate::state::meter::{FLOOR_DBFS, Reading, TARGET_DBFS, Verdict, position};
use crate::words::talk::{Words, say};

/// How loud the microphone is, where speech should be, and what to do about it.
#[component]
pub fn LevelMeter() -> impl IntoView {
    let talk = expect_context::<Talk>();
    let preferences = expect_context::<Preferences>();
    let reading = talk.reading;
    let on = Memo::new(move |_| reading.with(|reading| reading.rms_dbfs > viva_audio::level::SILENCE_DBFS));
    // Who listens to a recording is not recorded.
    let silenced = Memo::new(move |_| talk.muted.get() || talk.replayed.with(Option::is_some));
    let verdict = Memo::new(move |_| reading.with(|reading| reading.verdict));
    let words = move || {
        let words = Words::now(preferences);
        match verdict.get() {
            _ if silenced.get() => words.level_muted,
            Verdict::NoSignal => words.level_dead,
            Verdict::Clipping => words.level_clipping,
            Verdict::Echo => words.level_echo,
            Verdict::TooQuiet => words.level_quiet,
            _ if !on.get() => words.level_off,
            Verdict::Waiting => words.level_waiting,
            Verdict::Fine => words.level_fine,
        }
    };
    let state = move || {
        if silenced.get() {
            "muted"
        } else {
            verdict.get().name()
        }
    };
    let held = Memo::new(move |_| reading.with(|reading| reading.held_dbfs));
    let figure = move || {
        if on.get() {
            figures::dbfs(held.get())
        } else {
            "–".to_owned()
        }
    };
    // With every frame of audio: what moves is only drawn anew, while an attribute would have the page laid out again.
    let (fill, peak) = (NodeRef::<Span>::new(), NodeRef::<Span>::new());
    Effect::new(move |_| {
        let Reading {
            rms_dbfs, peak_dbfs, ..
        } = reading.get();
        moved(fill, &format!("scaleX({:.4})", position(rms_dbfs)));
        let peak_at = position(peak_dbfs);
        moved(peak, &format!("translateX(calc({peak_at:.4} * (100% - 2px)))"));
    });
    let (low, high) = (percent(TARGET_DBFS.0), percent(TARGET_DBFS.1));
    view! {
        <div class="vv-meter" data-verdict=state>
            <div
                class="vv-meter-bar"
                role="meter"
                aria-label=say(|words| words.level)
                aria-valuemin=FLOOR_DBFS.to_string()
                aria-valuemax="0"
                aria-valuenow=move || held.get().max(FLOOR_DBFS).round().to_string()
                aria-valuetext=move || format!("{} dBFS", figure())
            >
                <svg aria-hidden="true">
                    <rect class="vv-meter-track" width="100%" height="8" y="3" rx="2" />
                    <rect class="vv-meter-zone" x=format!("{low}%") width=format!("{}%", high - low) height="14" rx="2" />
                </svg>
                <span node_ref=fill class="vv-meter-fill"></span>
                <span node_ref=peak class="vv-meter-peak" hidden=move || !on.get()></span>
            </div>
            <span class="vv-meter-figure">
                <span class="vv-number">{figure}</span>
                " dBFS"
            </span>
            <span class="vv-meter-words" role="status">{words}</span>
        </div>
    }
    .erase()
}

#[cfg(feature = "hydrate")]
fn moved(part: NodeRef<Span>, transform: &str) {
    if let Some(part) = part.get() {
        // What cannot be moved stays where it is.
        let _ = web_sys::HtmlElement::style(&part).set_property("transform", transform);
    }
}

/// The server shows a meter at rest.
#[cfg(not(feature = "hydrate"))]
fn moved(_part: NodeRef<Span>, _transform: &str) {}

fn percent(dbfs: f32) -> f32 {
    position(dbfs) * 100.0
}

use leptos::prelude::*;

use crate::erase::Erase;
use crate::listening::Listener;
use crate::state::context::Preferences;
use crate::state::latency::Stage;
use crate::state::recorded::Happened;
use crate::words::conversation::{Words, say};
use crate::words::stages::stage_name;

/// What the marks and colours of the time line mean, as far as there are some.
#[component]
pub fn Legend() -> impl IntoView {
    let listener = expect_context::<Listener>();
    let preferences = expect_context::<Preferences>();
    let marks = move || {
        let words = Words::now(preferences);
        let kinds = listener.recorded().map(|recorded| recorded.marks.kinds());
        let shown = |happened: Happened| {
            view! {
                <li>
                    <svg class="vv-mark" data-mark=happened.name() viewBox="0 0 10 10" aria-hidden="true">
                        <polygon points=points(happened) />
                    </svg>
                    {mark_name(happened, words)}
                </li>
            }
            .erase()
        };
        kinds.map(|kinds| kinds.into_iter().map(shown).collect_view())
    };
    let stages = move || {
        let words = Words::now(preferences);
        let recorded = listener.recorded()?;
        let is_there = |stage: &Stage| {
            let mut parts = recorded.gaps.iter().flat_map(|gap| &gap.parts);
            parts.any(|part| part.stage == *stage)
        };
        let shown = |stage: Stage| {
            view! {
                <li data-stage=stage.name()>
                    <span class="vv-swatch" aria-hidden="true"></span>
                    {stage_name(stage, words)}
                </li>
            }
            .erase()
        };
        let stages = Stage::ALL.into_iter().filter(is_there);
        Some(stages.map(shown).collect_view())
    };
    view! {
        <details class="vv-legend">
            <summary>{say(|words| words.legend)}</summary>
            <ul>{marks}</ul>
            <ul>{stages}</ul>
        </details>
    }
    .erase()
}

fn points(happened: Happened) -> String {
    let corners = happened.outline().iter();
    let corners: Vec<String> = corners.map(|(x, y)| format!("{x},{y}")).collect();
    corners.join(" ")
}

/// What a mark is called.
pub fn mark_name(happened: Happened, words: &Words) -> &'static str {
    match happened {
        Happened::SpeechBegan => words.mark_speech_began,
        Happened::SpeechEnded => words.mark_speech_ended,
        Happened::Endpoint => words.mark_endpoint,
        Happened::FirstToken => words.mark_first_token,
        Happened::FirstAudio => words.mark_first_audio,
        Happened::Interrupted => words.mark_interrupted,
    }
}

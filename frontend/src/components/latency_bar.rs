use leptos::prelude::*;

use crate::state::context::Preferences;
use crate::state::figures;
use crate::state::latency::{Segment, Stage, TurnFigures, segments};
use crate::words::{Words, fill, say};

/// The part of a turn that is explained.
pub type Pointed = (u16, Stage);

/// One turn: its total in figures and its parts to scale.
#[component]
pub fn LatencyBar(
    /// The turn.
    turn: TurnFigures,
    /// Length in ms that the whole width stands for.
    scale_ms: f64,
    /// The part that is explained.
    pointed: RwSignal<Option<Pointed>>,
) -> impl IntoView {
    let preferences = expect_context::<Preferences>();
    let number = turn.turn_number;
    let title = move || fill(preferences.words().turn, &[("n", &number.to_string())]);
    let parts = segments(&turn.latency);
    let empty = parts.is_empty();
    let rects = parts.into_iter().filter(|part| part.ms > 0.0);
    let rects = rects
        .map(|part| view! { <Part part turn_number=number scale_ms pointed /> })
        .collect_view();
    view! {
        <li class="vv-turn" data-interrupted=turn.interrupted.to_string()>
            <div class="vv-turn-head">
                <span>{title}</span>
                {turn.interrupted.then(|| view! { <span class="vv-tag">{say(|words| words.interrupted_turn)}</span> })}
                {turn
                    .is_server_side()
                    .then(|| view! {
                        <span class="vv-tag" title=say(|words| words.server_side_hint)>
                            {say(|words| words.server_side)}
                        </span>
                    })}
                <strong class="vv-turn-total">{total(&turn)}</strong>
            </div>
            {(!empty).then(|| view! { <svg class="vv-bar" role="group" aria-label=title>{rects}</svg> })}
        </li>
    }
    .into_any()
}

fn total(turn: &TurnFigures) -> AnyView {
    match turn.latency.total_ms {
        Some(ms) => view! {
            <span class="vv-number">{figures::ms(ms)}</span>
            <span class="vv-unit">{say(|words| words.ms)}</span>
        }
        .into_any(),
        None => view! { <span class="vv-hint">{say(|words| words.no_answer_time)}</span> }.into_any(),
    }
}

/// One part of the bar. Pointing at it, or tabbing to it, has it explained.
#[component]
fn Part(part: Segment, turn_number: u16, scale_ms: f64, pointed: RwSignal<Option<Pointed>>) -> impl IntoView {
    let preferences = expect_context::<Preferences>();
    let percent = |ms: f64| format!("{:.3}%", ms / scale_ms * 100.0);
    let point = move || pointed.set(Some((turn_number, part.stage)));
    let label = move || {
        format!(
            "{} {} {}",
            name(part.stage, preferences.words()),
            figures::ms(part.ms),
            preferences.words().ms
        )
    };
    view! {
        <rect
            class="vv-part"
            data-stage=part.stage.name()
            data-pointed=move || (pointed.get() == Some((turn_number, part.stage))).to_string()
            x=percent(part.start_ms)
            width=percent(part.ms)
            height="100%"
            tabindex="0"
            role="img"
            aria-label=label
            on:mouseenter=move |_| point()
            on:focus=move |_| point()
        />
    }
    .into_any()
}

/// What a stage is called.
pub fn name(stage: Stage, words: &Words) -> &'static str {
    match stage {
        Stage::Endpointing => words.stage_endpointing,
        Stage::Stt => words.stage_stt,
        Stage::Llm => words.stage_llm,
        Stage::Tts => words.stage_tts,
        Stage::Provider => words.stage_provider,
        Stage::Viva => words.stage_viva,
        Stage::Network => words.stage_network,
        Stage::Unexplained => words.stage_unexplained,
    }
}

/// From which mark to which a stage goes.
pub fn explanation(stage: Stage, words: &Words) -> String {
    let (from, to) = match stage {
        Stage::Endpointing => (words.mark_last_voice, words.mark_turn_over),
        Stage::Stt => (words.mark_turn_over, words.mark_transcript),
        Stage::Llm => (words.mark_llm_asked, words.mark_first_token),
        Stage::Tts => (words.mark_tts_asked, words.mark_first_byte),
        Stage::Provider => (words.mark_handed_over, words.mark_first_audio),
        Stage::Viva => return words.mark_gaps.to_owned(),
        Stage::Network => (words.mark_sent, words.mark_audible),
        Stage::Unexplained => return words.mark_rest.to_owned(),
    };
    fill(words.from_to, &[("from", from), ("to", to)])
}

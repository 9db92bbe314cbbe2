use leptos::prelude::*;

use crate::state::context::Preferences;
use crate::state::figures;
use crate::state::latency::{Figures, Stage, TurnFigures, segment, segments};
use crate::words::{Words, fill};

/// The part of a turn that is explained.
pub type Pointed = (u16, Stage);

/// One turn: its total in figures and its parts to scale.
#[component]
pub fn LatencyBar(
    /// The turn.
    turn_number: u16,
    /// What is known of all turns.
    turns: Memo<Figures>,
    /// Length in ms that the whole width stands for.
    scale_ms: Memo<f64>,
    /// The part that is explained.
    pointed: RwSignal<Option<Pointed>>,
) -> impl IntoView {
    let preferences = expect_context::<Preferences>();
    let turn = Memo::new(move |_| {
        turns
            .with(|turns| turns.turn(turn_number).copied())
            .unwrap_or_default()
    });
    let title = move || fill(preferences.words().turn, &[("n", &turn_number.to_string())]);
    let interrupted = move || {
        let tag = || view! { <span class="vv-tag">{preferences.words().interrupted_turn}</span> };
        turn.get().interrupted.then(tag)
    };
    let server_side = move || {
        let words = preferences.words();
        let tag = || view! { <span class="vv-tag" title=words.server_side_hint>{words.server_side}</span> };
        turn.get().is_server_side().then(tag)
    };
    let measured = Memo::new(move |_| !segments(&turn.get().latency).is_empty());
    let bar = move || {
        let part = |stage| view! { <Part stage turn scale_ms pointed /> };
        let bar = || view! { <svg class="vv-bar" role="group" aria-label=title>{Stage::ALL.map(part).collect_view()}</svg> };
        measured.get().then(bar)
    };
    view! {
        <li class="vv-turn" data-interrupted=move || turn.get().interrupted.to_string()>
            <div class="vv-turn-head">
                <span>{title}</span>
                {interrupted}
                {server_side}
                <strong class="vv-turn-total">{move || total(&turn.get(), preferences.words())}</strong>
            </div>
            {bar}
        </li>
    }
    .into_any()
}

fn total(turn: &TurnFigures, words: &'static Words) -> AnyView {
    match turn.latency.total_ms {
        Some(ms) => view! {
            <span class="vv-number">{figures::ms(ms)}</span>
            <span class="vv-unit">{words.ms}</span>
        }
        .into_any(),
        None => view! { <span class="vv-hint">{words.no_answer_time}</span> }.into_any(),
    }
}

/// One part of the bar; without its `data-stage` it is not there. Pointing at it, or tabbing to it, has it explained.
#[component]
fn Part(
    stage: Stage,
    turn: Memo<TurnFigures>,
    scale_ms: Memo<f64>,
    pointed: RwSignal<Option<Pointed>>,
) -> impl IntoView {
    let preferences = expect_context::<Preferences>();
    let part = Memo::new(move |_| turn.with(|turn| segment(&turn.latency, stage)));
    let this = move || (turn.with(|turn| turn.turn_number), stage);
    let point = move || pointed.set(Some(untrack(this)));
    let percent = move |ms: Option<f64>| format!("{:.3}%", ms.unwrap_or(0.0) / scale_ms.get() * 100.0);
    let label = move || {
        let words = preferences.words();
        let ms = part.get().map_or(0.0, |part| part.ms);
        format!("{} {} {}", name(stage, words), figures::ms(ms), words.ms)
    };
    view! {
        <rect
            class="vv-part"
            data-stage=move || part.get().map(|part| part.stage.name())
            data-pointed=move || (pointed.get() == Some(this())).to_string()
            x=move || percent(part.get().map(|part| part.start_ms))
            width=move || percent(part.get().map(|part| part.ms))
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

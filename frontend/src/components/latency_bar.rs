use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, SvgElement};

use crate::erase::Erase;
use crate::state::figures;
use crate::state::latency::{Segment, Stage, TurnFigures, segment, segments};
use crate::words::fill;
use crate::words::stages::stage_name;
use crate::words::talk::Words;

/// The part of a turn that is explained.
pub type Pointed = (u16, Stage);

/// One turn: its total in figures and its parts to scale.
#[derive(Debug, Clone, Copy)]
pub struct LatencyBar {
    /// The turn.
    pub turn: TurnFigures,
    /// Length in ms that the whole width stands for.
    pub scale_ms: f64,
}

impl LatencyBar {
    /// The row of the turn; `pointed` is what of all turns is explained. All stages are always there, so that each keeps its
    /// element, and with it the focus.
    pub fn shown(self, words: &'static Words, pointed: RwSignal<Option<Pointed>>) -> AnyView {
        let turn = self.turn;
        let title = fill(words.turn, &[("n", &turn.turn_number.to_string())]);
        let interrupted = turn
            .interrupted
            .then(|| view! { <span class="vv-tag">{words.interrupted_turn}</span> });
        let server_side = turn.is_server_side().then(|| {
            view! {
                <span class="vv-tag" title=words.server_side_hint>
                    {words.server_side}
                </span>
            }
        });
        let bar = (!segments(&turn.latency).is_empty()).then(|| {
            let parts = Stage::ALL.map(|stage| self.part(stage, words, pointed));
            view! {
                <svg class="vv-bar" role="group" aria-label=title.clone()>
                    {parts.into_iter().collect_view()}
                </svg>
            }
        });
        view! {
            <li class="vv-turn" data-interrupted=turn.interrupted.to_string()>
                <div class="vv-turn-head">
                    <span>{title}</span>
                    {interrupted}
                    {server_side}
                    <strong class="vv-turn-total">{total(&turn, words)}</strong>
                </div>
                {bar}
            </li>
        }
        .erase()
    }

    /// One part of the bar; without its `data-stage` it is not there. Pointing at it, or walking to it with the keyboard, has it
    /// explained as long as one stays. A bar is one stop for Tab; the arrow keys walk along its parts.
    fn part(self, stage: Stage, words: &Words, pointed: RwSignal<Option<Pointed>>) -> AnyView {
        let part = segment(&self.turn.latency, stage);
        let is_there = |stage: &Stage| segment(&self.turn.latency, *stage).is_some();
        let is_first = Stage::ALL.into_iter().find(is_there) == Some(stage);
        let (start_ms, ms) = part.map_or((0.0, 0.0), |Segment { start_ms, ms, .. }| (start_ms, ms));
        let percent = |ms: f64| format!("{:.3}%", ms / self.scale_ms * 100.0);
        let this = (self.turn.turn_number, stage);
        view! {
            <rect
                class="vv-part"
                data-stage=part.map(|part| part.stage.name())
                data-pointed=move || (pointed.get() == Some(this)).to_string()
                x=percent(start_ms)
                width=percent(ms)
                height="100%"
                tabindex=if is_first { "0" } else { "-1" }
                role="img"
                aria-label=format!("{} {} {}", stage_name(stage, words), figures::ms(ms), words.ms)
                on:mouseenter=move |_| pointed.set(Some(this))
                on:mouseleave=move |_| leave(pointed, this)
                on:focus=move |_| pointed.set(Some(this))
                on:blur=move |_| leave(pointed, this)
                on:keydown=move |event| walk(&event)
            />
        }
        .erase()
    }
}

/// Nobody points at `this` any more; at another part somebody may.
pub fn leave(pointed: RwSignal<Option<Pointed>>, this: Pointed) {
    pointed.update(|pointed| {
        pointed.take_if(|pointed| *pointed == this);
    });
}

/// Moves the focus to the part before or after.
fn walk(event: &KeyboardEvent) {
    let part: Element = event_target(event);
    let step = match event.key().as_str() {
        "ArrowRight" => Element::next_element_sibling,
        "ArrowLeft" => Element::previous_element_sibling,
        _ => return,
    };
    event.prevent_default();
    let next = std::iter::successors(step(&part), step).find(|part| part.has_attribute("data-stage"));
    if let Some(next) = next.and_then(|next| next.dyn_into::<SvgElement>().ok()) {
        // Fails only for an element without a document.
        let _ = next.focus();
    }
}

fn total(turn: &TurnFigures, words: &'static Words) -> AnyView {
    match turn.latency.total_ms {
        Some(ms) => view! {
            <span class="vv-number">{figures::ms(ms)}</span>
            <span class="vv-unit">{words.ms}</span>
        }
        .erase(),
        None if turn.waits => ().into_any(),
        None => view! { <span class="vv-hint">{words.no_answer_time}</span> }.erase(),
    }
}

/// A sentence on a stage: from which mark to which it goes.
pub fn explanation(stage: Stage, words: &Words) -> String {
    let (from, to) = match stage {
        Stage::Endpointing => (words.mark_last_voice, words.mark_turn_over),
        Stage::Stt => (words.mark_handed_over, words.mark_transcript),
        Stage::Llm => (words.mark_llm_asked, words.mark_first_token),
        Stage::LlmText => (words.mark_first_token, words.mark_first_words),
        Stage::Tts => (words.mark_tts_asked, words.mark_first_byte),
        Stage::Provider => (words.mark_handed_over, words.mark_first_audio),
        Stage::Viva => return words.mark_gaps.to_owned(),
        Stage::Network => (words.mark_sent, words.mark_played),
        Stage::Silence => (words.mark_first_sample, words.mark_audible),
        Stage::Unexplained => return words.mark_rest.to_owned(),
    };
    fill(words.from_to, &[("from", from), ("to", to)])
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::Language;

    #[test]
    fn every_stage_is_called_and_explained_in_its_own_words() {
        for language in [Language::English, Language::TraditionalChinese] {
            let words = Words::of(language);
            let names: HashSet<&str> = Stage::ALL
                .into_iter()
                .map(|stage| stage_name(stage, words))
                .collect();
            let explained: HashSet<String> = Stage::ALL
                .into_iter()
                .map(|stage| explanation(stage, words))
                .collect();
            assert_eq!((names.len(), explained.len()), (10, 10), "{language:?}");
            assert!(!names.contains("") && explained.iter().all(|text| !text.trim().is_empty()));
        }
    }
}

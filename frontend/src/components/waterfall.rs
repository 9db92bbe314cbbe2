use leptos::prelude::*;

use super::recorded_turns::{figures_of, shown_place};
use crate::erase::Erase;
use crate::listening::Listener;
use crate::state::context::Preferences;
use crate::state::figures;
use crate::state::latency::{Segment, TurnFigures, segments};
use crate::words::conversation::{Words, say};
use crate::words::fill;
use crate::words::stages::stage_name;

/// The latency of the turn that is heard: its parts below each other, each where it was in the whole, with figures.
#[component]
pub fn Waterfall() -> impl IntoView {
    let listener = expect_context::<Listener>();
    let preferences = expect_context::<Preferences>();
    let turn = Memo::new(move |_| {
        let recorded = listener.recorded()?;
        let place = shown_place(&recorded, listener.current.get())?;
        recorded.turns.get(place).map(figures_of)
    });
    let heading = move || {
        let number = turn.get()?.turn_number.to_string();
        Some(fill(Words::now(preferences).latency_of, &[("n", &number)]))
    };
    let rows = move || turn.get().map(|turn| rows(&turn, Words::now(preferences)));
    view! {
        <aside class="vv-waterfall" aria-label=say(|words| words.latency)>
            <Show when=move || turn.with(Option::is_some)>
                <h2>{heading}</h2>
                <ol>{rows}</ol>
            </Show>
        </aside>
    }
    .erase()
}

fn rows(turn: &TurnFigures, words: &'static Words) -> AnyView {
    let parts = segments(&turn.latency);
    let whole_ms = turn.bar_ms().max(1.0);
    let rows = parts.iter().map(|part| row(*part, whole_ms, words));
    let total = match turn.latency.total_ms {
        Some(ms) => figure(ms, words),
        None => view! { <span class="vv-hint">{words.no_answer_time}</span> }.erase(),
    };
    let server_side = turn
        .is_server_side()
        .then(|| view! { <span class="vv-tag">{words.server_side}</span> });
    let silence = turn.latency.interrupt_ms.map(|ms| {
        view! {
            <li class="vv-waterfall-total" data-part="interrupt">
                <span>{words.until_silence}</span>
                <span></span>
                {figure(ms, words)}
            </li>
        }
    });
    view! {
        {rows.collect_view()}
        <li class="vv-waterfall-total" data-part="total">
            <span>{words.total}</span>
            <span>{server_side}</span>
            {total}
        </li>
        {silence}
    }
    .erase()
}

fn row(part: Segment, whole_ms: f64, words: &'static Words) -> AnyView {
    let percent = |ms: f64| format!("{:.3}%", ms / whole_ms * 100.0);
    view! {
        <li data-part=part.stage.name()>
            <span>{stage_name(part.stage, words)}</span>
            <svg class="vv-bar" aria-hidden="true">
                <rect
                    class="vv-part"
                    data-stage=part.stage.name()
                    x=percent(part.start_ms)
                    width=percent(part.ms.max(0.0))
                    height="100%"
                />
            </svg>
            {figure(part.ms, words)}
        </li>
    }
    .erase()
}

fn figure(ms: f64, words: &'static Words) -> AnyView {
    view! {
        <span class="vv-waterfall-figure">
            <span class="vv-number">{figures::ms(ms)}</span>
            <span class="vv-unit">{words.ms}</span>
        </span>
    }
    .erase()
}

/// All parts in one line, for those who hear the page.
pub(super) fn parts_in_words(parts: &[Segment], words: &Words) -> String {
    let parts: Vec<String> = parts
        .iter()
        .map(|part| {
            format!(
                "{} {} {}",
                stage_name(part.stage, words),
                figures::ms(part.ms),
                words.ms
            )
        })
        .collect();
    parts.join(words.list_separator)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::state::latency::Stage;

    #[test]
    fn parts_are_told_in_their_order() {
        let part = |stage, ms| Segment {
            stage,
            ms,
            start_ms: 0.0,
        };
        let parts = [part(Stage::Endpointing, 500.0), part(Stage::Provider, 17.4)];
        let told = parts_in_words(&parts, Words::of(Language::English));
        assert_eq!(told, "Endpointing 500 ms, Provider 17 ms");
    }
}

use leptos::prelude::*;
use viva_protocol::ws::Latency;

use super::latency_bar::{Pointed, explanation, leave};
use super::{LatencyBar, LatencyStatistics, PanelHead, SelfTest};
use crate::erase::Erase;
use crate::state::context::{Preferences, Sheet, Talk};
use crate::state::figures;
use crate::state::latency::{Figures, Segment, Stage, segments};
use crate::words::fill;
use crate::words::stages::stage_name;
use crate::words::talk::{Words, say};

/// How long every answer took, part by part, and all of them together.
#[component]
pub fn LatencyPanel() -> impl IntoView {
    let talk = expect_context::<Talk>();
    let preferences = expect_context::<Preferences>();
    let turns = Memo::new(move |_| {
        talk.conversation
            .with(|conversation| conversation.figures.clone())
    });
    let pointed = RwSignal::new(None::<Pointed>);
    let bars = move || {
        let words = Words::now(preferences);
        let turns = turns.get();
        let scale_ms = turns.scale_ms().max(1.0);
        let bar = |turn: &_| {
            LatencyBar {
                turn: *turn,
                scale_ms,
            }
            .shown(words, pointed)
        };
        turns.iter().map(bar).collect_view()
    };
    let empty = Memo::new(move |_| turns.with(|turns| turns.iter().next().is_none()));
    view! {
        <aside
            id=Sheet::Latency.id()
            class="vv-panel vv-latency"
            aria-label=say(|words| words.latency)
            data-open=move || (talk.sheet.get() == Some(Sheet::Latency)).to_string()
        >
            <PanelHead sheet=Sheet::Latency title=|words| words.latency />
            <Show when=move || !empty.get() fallback=|| view! { <p class="vv-empty">{say(|words| words.latency_empty)}</p> }>
                <Parts turns pointed />
                <ol class="vv-turns">{bars}</ol>
                <LatencyStatistics turns />
            </Show>
            <SelfTest />
        </aside>
    }
    .erase()
}

/// The parts of the pointed turn, or of the newest one, in figures.
#[component]
fn Parts(turns: Memo<Figures>, pointed: RwSignal<Option<Pointed>>) -> impl IntoView {
    let preferences = expect_context::<Preferences>();
    // With a new session the turns are other ones.
    on_cleanup(move || pointed.set(None));
    let shown = Memo::new(move |_| {
        turns.with(|turns| {
            let wanted = pointed.get().and_then(|(number, _)| turns.turn(number));
            wanted
                .or_else(|| turns.iter().next_back())
                .map(|turn| (turn.turn_number, turn.latency))
        })
    });
    let rows = move || {
        let (number, latency) = shown.get().unwrap_or((0, Latency::default()));
        let words = Words::now(preferences);
        let parts = segments(&latency);
        // All stages have a place, so that each keeps its element, and with it the focus.
        let place = move |stage: Stage| {
            let part = parts.iter().find(|part| part.stage == stage);
            part.map(|part| row(*part, number, words, pointed))
        };
        Stage::ALL.map(place).into_iter().collect_view()
    };
    let title = move || {
        let number = shown.get().map_or(0, |(number, _)| number);
        fill(Words::now(preferences).turn, &[("n", &number.to_string())])
    };
    let explained = move || {
        let words = Words::now(preferences);
        pointed.get().map_or(words.latency_hint.to_owned(), |(_, stage)| {
            format!("{}: {}", stage_name(stage, words), explanation(stage, words))
        })
    };
    view! {
        <section class="vv-parts">
            <h3>{title}</h3>
            <ul>{rows}</ul>
            <p class="vv-explain" role="status">{explained}</p>
        </section>
    }
    .erase()
}

/// What a part of this turn took. Pointing at it has it explained.
fn row(
    part: Segment,
    turn_number: u16,
    words: &'static Words,
    pointed: RwSignal<Option<Pointed>>,
) -> AnyView {
    let this = (turn_number, part.stage);
    // What has no place in the bar can be walked to here. Who is here stays here when it gets one.
    let is_beside = part.ms <= 0.0;
    view! {
        <li
            data-stage=part.stage.name()
            data-pointed=move || (pointed.get() == Some(this)).to_string()
            tabindex=if is_beside { "0" } else { "-1" }
            on:mouseenter=move |_| pointed.set(Some(this))
            on:mouseleave=move |_| leave(pointed, this)
            on:focus=move |_| pointed.set(Some(this))
            on:blur=move |_| leave(pointed, this)
        >
            <span class="vv-swatch" aria-hidden="true"></span>
            <span>{stage_name(part.stage, words)}</span>
            <span>
                <span class="vv-number">{figures::ms(part.ms)}</span>
                <span class="vv-unit">{words.ms}</span>
            </span>
        </li>
    }
    .erase()
}

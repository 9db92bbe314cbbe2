use leptos::prelude::*;
use viva_protocol::ws::{InterruptReason, Role};

use super::recorded_head::names_of;
use super::waterfall::parts_in_words;
use super::{Icon, Shape};
use crate::erase::Erase;
use crate::listening::Listener;
use crate::state::context::Preferences;
use crate::state::figures;
use crate::state::latency::{Segment, TurnFigures, segments};
use crate::state::recorded::{Recorded, RecordedTurn, stamp};
use crate::state::said::Said;
use crate::words::conversation::{Words, say};
use crate::words::fill;
use crate::words::stages::stage_name;

/// Both transcripts, turn by turn. They follow what is heard; of many turns those near the view are laid out.
#[component]
pub fn RecordedTurns() -> impl IntoView {
    let listener = expect_context::<Listener>();
    let preferences = expect_context::<Preferences>();
    Effect::new(move |was: Option<Option<usize>>| {
        let current = listener.current.get();
        let number = current.and_then(|place| Some(listener.recorded_now()?.turns.get(place)?.number()));
        if let Some(number) = number
            && was.is_some_and(|was| was != current)
        {
            listener.follow_turn(number);
        }
        current
    });
    let turns = move || {
        let recorded = listener.recorded()?;
        let words = Words::now(preferences);
        let names = names_of(&recorded, words);
        let scale_ms = recorded
            .turns
            .iter()
            .map(|turn| figures_of(turn).bar_ms())
            .fold(1.0, f64::max);
        let shown = Shown {
            words,
            names: &names,
            scale_ms,
            listener,
        };
        let turns = recorded.turns.iter().enumerate();
        Some(turns.map(|(place, turn)| shown.turn(place, turn)).collect_view())
    };
    let is_empty = Memo::new(move |_| {
        listener
            .recorded()
            .is_some_and(|recorded| recorded.turns.is_empty())
    });
    let strays = Memo::new(move |_| {
        let has_turns = listener
            .recorded()
            .is_some_and(|recorded| !recorded.turns.is_empty());
        has_turns && !(listener.follow.get().follows() && listener.line_follows.get())
    });
    view! {
        <section class="vv-recorded-turns" aria-label=say(|words| words.transcript)>
            <ol>{turns}</ol>
            <Show when=move || is_empty.get()>
                <p class="vv-empty">{say(|words| words.no_turns)}</p>
            </Show>
            <Show when=move || strays.get()>
                <button class="vv-control vv-follow" type="button" on:click=move |_| listener.follow_again()>
                    {say(|words| words.follow)}
                </button>
            </Show>
        </section>
    }
    .erase()
}

/// What all turns are shown with.
struct Shown<'a> {
    words: &'static Words,
    names: &'a [String; 2],
    /// What the whole width of a bar stands for.
    scale_ms: f64,
    listener: Listener,
}

impl Shown<'_> {
    fn turn(&self, place: usize, turn: &RecordedTurn) -> AnyView {
        let (words, listener, number) = (self.words, self.listener, turn.number());
        let this = Memo::new(move |_| listener.current.get() == Some(place));
        let title = fill(words.turn, &[("n", &number.to_string())]);
        let failure = turn.exported.turn.failure.as_ref().map(|why| {
            view! { <p class="vv-recorded-note" data-note="failed">{fill(words.failed, &[("why", why)])}</p> }
        });
        view! {
            <li
                id=format!("turn-{number}")
                class="vv-recorded-turn"
                data-turn=number
                aria-current=move || this.get().then_some("true")
            >
                <div class="vv-recorded-turn-head">
                    <h3>{title}</h3>
                    {self.latency(turn)}
                </div>
                {self.side(turn, Role::User)}
                {self.side(turn, Role::Assistant)}
                {failure}
            </li>
        }
        .erase()
    }

    /// What one side said; nothing, where it did not.
    fn side(&self, turn: &RecordedTurn, side: Role) -> Option<AnyView> {
        let (words, listener) = (self.words, self.listener);
        let said = Said::of(&turn.exported.turn, side)?;
        let name = &self.names[usize::from(side == Role::Assistant)];
        let unheard = said.unheard.map(ToOwned::to_owned);
        let unheard = unheard.map(|text| view! { <del title=words.unheard>{text}</del> });
        let begins_ms = turn.side_begins_ms(side);
        let from = begins_ms.map(|ms| {
            let when = stamp(ms);
            let n = turn.number().to_string();
            let label = fill(words.play_from, &[("when", &when), ("side", name), ("n", &n)]);
            view! {
                <button
                    class="vv-plain vv-play-from"
                    type="button"
                    aria-label=label
                    on:click=move |_| listener.play_from(ms)
                >
                    <Icon shape=Shape::Play />
                    <span class="vv-number">{when}</span>
                </button>
            }
        });
        let notes = (side == Role::Assistant).then(|| self.notes(turn));
        let go = move |_| {
            if let Some(ms) = begins_ms.filter(|_| !is_selecting()) {
                listener.seek(ms);
            }
        };
        let line = view! {
            <div class="vv-recorded-line" data-role=if side == Role::User { "user" } else { "ai" }>
                <span class="vv-line-role">{name.clone()}</span>
                {from}
                <div class="vv-recorded-said" on:click=go>
                    <p>
                        {said.text.map(ToOwned::to_owned)} " " {unheard}
                        {said.is_wordless().then(|| view! { <span class="vv-hint">{words.no_words}</span> })}
                    </p>
                    {notes}
                </div>
            </div>
        };
        Some(line.erase())
    }

    /// What became of an answer.
    fn notes(&self, turn: &RecordedTurn) -> AnyView {
        let words = self.words;
        let kept = &turn.exported.turn;
        let cut = kept.interrupted.then(|| {
            let at = kept.played_ms.map_or(words.interrupted.to_owned(), |ms| {
                let said = match kept.interrupt_reason {
                    Some(InterruptReason::Client) => words.cut_by_hand,
                    Some(InterruptReason::Speech) | None => words.cut_at,
                };
                #[expect(clippy::cast_precision_loss, reason = "an answer lasts minutes at most")]
                let seconds = figures::seconds(ms as f64);
                fill(said, &[("s", &seconds)])
            });
            let silent = kept.latency.interrupt_ms.map(|ms| {
                let after = fill(words.silent_after, &[("ms", &figures::ms(ms))]);
                format!(" · {after}")
            });
            view! { <p class="vv-recorded-note" data-note="cut">{at} {silent}</p> }
        });
        let paused = (kept.false_interruptions > 0).then(|| {
            let count = kept.false_interruptions.to_string();
            view! { <p class="vv-recorded-note">{fill(words.false_interruptions, &[("n", &count)])}</p> }
        });
        let stalled = kept
            .stalled
            .then(|| view! { <p class="vv-recorded-note">{words.stalled}</p> });
        view! {
            {cut}
            {paused}
            {stalled}
        }
        .erase()
    }

    /// How long the answer took, its parts to scale.
    fn latency(&self, turn: &RecordedTurn) -> AnyView {
        let words = self.words;
        let figures = figures_of(turn);
        let parts = segments(&figures.latency);
        let bar = (!parts.is_empty()).then(|| {
            let n = turn.number().to_string();
            let told = parts_in_words(&parts, words);
            let percent = |ms: f64| format!("{:.3}%", ms / self.scale_ms * 100.0);
            let rect = |part: &Segment| {
                view! {
                    <rect
                        class="vv-part"
                        data-stage=part.stage.name()
                        x=percent(part.start_ms)
                        width=percent(part.ms.max(0.0))
                        height="100%"
                    >
                        <title>{format!("{} {} {}", stage_name(part.stage, words), figures::ms(part.ms), words.ms)}</title>
                    </rect>
                }
            };
            view! {
                <svg
                    class="vv-bar"
                    role="img"
                    aria-label=fill(words.latency_bar, &[("n", &n), ("parts", &told)])
                >
                    {parts.iter().map(rect).collect_view()}
                </svg>
            }
        });
        let server_side = figures
            .is_server_side()
            .then(|| view! { <span class="vv-tag">{words.server_side}</span> });
        let total = figures.latency.total_ms.map(|ms| {
            view! {
                <strong>
                    <span class="vv-number">{figures::ms(ms)}</span>
                    <span class="vv-unit">{words.ms}</span>
                </strong>
            }
        });
        view! {
            {bar}
            {server_side}
            {total}
        }
        .erase()
    }
}

/// The latencies of a turn.
pub(super) fn figures_of(turn: &RecordedTurn) -> TurnFigures {
    TurnFigures {
        turn_number: turn.number(),
        latency: turn.exported.turn.latency,
        interrupted: turn.exported.turn.interrupted,
        waits: false,
    }
}

/// The place of the turn that is shown in detail: the one that is heard, or the first.
pub(super) fn shown_place(recorded: &Recorded, current: Option<usize>) -> Option<usize> {
    let place = current.unwrap_or_default();
    (place < recorded.turns.len()).then_some(place)
}

/// Whether a person selects text, which ends with a click too.
#[cfg(feature = "hydrate")]
fn is_selecting() -> bool {
    let selection = web_sys::window().and_then(|window| window.get_selection().ok().flatten());
    selection.is_some_and(|selection| !selection.is_collapsed())
}

/// Nobody selects what the server renders.
#[cfg(not(feature = "hydrate"))]
fn is_selecting() -> bool {
    false
}

use leptos::ev::MouseEvent;
use leptos::html::Canvas;
use leptos::prelude::*;

use super::mark_name;
use super::recorded_head::names_of;
use crate::erase::Erase;
use crate::listening::{Listener, Sound};
use crate::state::context::Preferences;
use crate::state::figures;
use crate::state::latency::Stage;
use crate::state::recorded::{Half, Mark, Recorded, Scale, clock, stamp};
use crate::words::conversation::{Words, say};
use crate::words::fill;
use crate::words::stages::stage_name;

/// So near is near enough to point at something.
const NEAR_PX: f64 = 8.0;
/// A mark that one stepped to is at most so far away.
const HERE_MS: f64 = 5.0;

/// Something on the time line that a person points at.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Pointed {
    /// In the view.
    px: f64,
    half: Half,
}

/// Both sides on one time line, the user's above and the AI's below. What is seen of it is one picture, drawn anew when it
/// moves; a slider for those who use keys or hear the page.
#[component]
pub fn TimeLine() -> impl IntoView {
    let listener = expect_context::<Listener>();
    let preferences = expect_context::<Preferences>();
    let canvas = NodeRef::<Canvas>::new();
    let pointed = RwSignal::new(None::<Pointed>);
    measure(listener);
    #[cfg(feature = "hydrate")]
    super::time_line_chart::keep_drawn(canvas, listener, preferences);

    let scale = listener.scale;
    let whole = move || format!("{}px", scale.get().whole_px().round());
    let view = move || format!("{}px", scale.get().view_px());
    let playhead = move || {
        let px = scale.get().px_of(listener.at_ms.get());
        format!("translateX({px:.1}px)")
    };
    // Readers of the screen say each change aloud: while it plays, they would talk over it.
    let told_ms = Memo::new(move |told: Option<&f64>| match listener.sound.get() {
        Sound::Playing => told.copied().unwrap_or_default(),
        Sound::Still | Sound::Failed => listener.at_ms.get(),
    });
    let seconds = Memo::new(move |_| (told_ms.get() / 1_000.0).floor());
    let length = move || listener.recorded().map_or(0.0, |recorded| recorded.length_ms);
    let value = move || {
        let words = Words::now(preferences);
        let (at, of) = (clock(seconds.get() * 1_000.0), clock(length()));
        let time = fill(words.time_is, &[("at", &at), ("of", &of)]);
        let recorded = listener.recorded();
        let turn = recorded.and_then(|recorded| {
            let place = recorded.turn_at(told_ms.get())?;
            let number = recorded.turns.get(place)?.number();
            Some(fill(
                words.in_turn,
                &[("time", &time), ("n", &number.to_string())],
            ))
        });
        turn.unwrap_or(time)
    };
    let go = move |event: MouseEvent| {
        let px = f64::from(event.offset_x()) + listener.scrolled_px.get_untracked();
        listener.seek(scale.get_untracked().ms_at(px));
    };
    let point = move |event: MouseEvent| {
        let half = if event.offset_y() * 2 < HEIGHT_PX {
            Half::Above
        } else {
            Half::Below
        };
        let px = f64::from(event.offset_x());
        pointed.set(Some(Pointed { px, half }));
    };
    let name = move |side: usize| {
        let words = Words::now(preferences);
        listener
            .recorded()
            .map(|recorded| names_of(&recorded, words)[side].clone())
    };
    view! {
        <div class="vv-time-line">
            <div
                node_ref=listener.scroller
                class="vv-time-line-view"
                on:scroll=move |_| listener.line_scrolled()
            >
                <div
                    class="vv-time-line-whole"
                    style:width=whole
                    role="slider"
                    tabindex="0"
                    aria-label=say(|words| words.time_line)
                    aria-valuemin="0"
                    aria-valuemax=move || (length() / 1_000.0).floor().to_string()
                    aria-valuenow=move || seconds.get().to_string()
                    aria-valuetext=value
                >
                    <canvas
                        node_ref=canvas
                        style:width=view
                        on:click=go
                        on:mousemove=point
                        on:mouseleave=move |_| pointed.set(None)
                    ></canvas>
                    <div class="vv-playhead" style:transform=playhead></div>
                </div>
            </div>
            <p class="vv-time-line-sides" aria-hidden="true">
                <span data-side="user">{move || name(0)}</span>
                <span data-side="ai">{move || name(1)}</span>
            </p>
            <Readout pointed />
            <Inks />
        </div>
    }
    .erase()
}

/// How high the picture is, in pixels.
pub(super) const HEIGHT_PX: i32 = 196;

/// What a person points at, or has stepped to, and when that was.
#[component]
fn Readout(pointed: RwSignal<Option<Pointed>>) -> impl IntoView {
    let listener = expect_context::<Listener>();
    let preferences = expect_context::<Preferences>();
    let pointed_at = move || {
        let (recorded, pointed) = (listener.recorded()?, pointed.get()?);
        let (scale, scrolled) = (listener.scale.get(), listener.scrolled_px.get());
        under(&recorded, scale, scrolled, pointed, Words::now(preferences))
    };
    // For the screen and for those who hear it: changes when one steps from mark to mark, not while it plays.
    let stepped_to = Memo::new(move |_| {
        let at_ms = listener.at_ms.get();
        let recorded = listener.recorded()?;
        let here = recorded.marks.between(at_ms - HERE_MS, at_ms + HERE_MS);
        let nearest = here
            .iter()
            .min_by(|one, other| (one.at_ms - at_ms).abs().total_cmp(&(other.at_ms - at_ms).abs()))?;
        Some(mark_in_words(nearest, Words::now(preferences)))
    });
    let plays = Memo::new(move |_| listener.sound.get() == Sound::Playing);
    view! {
        <p class="vv-readout">
            {move || {
                pointed_at()
                    .or_else(|| stepped_to.get().filter(|_| !plays.get()))
                    .unwrap_or_else(|| Words::now(preferences).legend_hint.to_owned())
            }}
        </p>
        <p class="vv-announced" role="status">
            {move || stepped_to.get().filter(|_| !plays.get())}
        </p>
    }
    .erase()
}

/// The mark, or the part of a gap, that lies there.
fn under(
    recorded: &Recorded,
    scale: Scale,
    scrolled_px: f64,
    pointed: Pointed,
    words: &Words,
) -> Option<String> {
    let px_per_ms = scale.px_per_ms();
    if px_per_ms <= 0.0 {
        return None;
    }
    let (ms, near_ms) = ((pointed.px + scrolled_px) / px_per_ms, NEAR_PX / px_per_ms);
    if let Some(mark) = recorded.marks.nearest(pointed.half, ms, near_ms) {
        return Some(mark_in_words(&mark, words));
    }
    let gap = recorded.gaps.at(ms, 0.0)?;
    let part = gap.part_at(ms)?;
    let values = [
        ("n", gap.turn_number.to_string()),
        ("what", stage_name(part.stage, words).to_owned()),
        ("ms", figures::ms(part.ms)),
        ("total", gap.total_ms.map(figures::ms).unwrap_or_default()),
    ];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    let text = match gap.total_ms {
        Some(_) => words.part_in_turn,
        None => words.part_without_total,
    };
    Some(fill(text, &values))
}

fn mark_in_words(mark: &Mark, words: &Words) -> String {
    let values = [
        ("n", mark.turn_number.to_string()),
        ("what", mark_name(mark.happened, words).to_owned()),
        ("when", stamp(mark.at_ms)),
    ];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    fill(words.mark_in_turn, &values)
}

/// The colours that the picture is drawn with: a canvas cannot read those of the style sheet itself.
#[component]
fn Inks() -> impl IntoView {
    let ink = |name: &'static str| view! { <i data-ink=name></i> };
    let stage = |stage: Stage| view! { <i data-ink="stage" data-stage=stage.name()></i> };
    view! {
        <div class="vv-inks" hidden>
            {["text", "muted", "line", "user", "ai", "bad", "current"].map(ink).into_iter().collect_view()}
            {Stage::ALL.map(stage).into_iter().collect_view()}
        </div>
    }
    .erase()
}

/// Notes how wide the view is, at first and when the window changes.
fn measure(listener: Listener) {
    Effect::new(move |_| {
        if listener.scroller.get().is_some() {
            request_animation_frame(move || listener.measure());
        }
    });
    Effect::new(move |_| {
        let resized = window_event_listener(leptos::ev::resize, move |_| listener.measure());
        on_cleanup(move || resized.remove());
    });
}

//! The picture of the time line: what of it is seen, and nothing else.

use leptos::html::Canvas;
use leptos::prelude::*;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::time_line::HEIGHT_PX;
use crate::canvas::{Paper, dark_scheme, ink};
use crate::listening::Listener;
use crate::state::context::Preferences;
use crate::state::recorded::{Half, Happened, Lane, Mark, Recorded, Scale, clock, stamp};
use crate::words::conversation::Words;
use crate::words::stages::stage_name;

/// Where the parts of the picture lie, in pixels from its top.
const TIMES: f64 = 11.0;
const MARKS_ABOVE: f64 = 20.0;
const USER_TOP: f64 = 34.0;
const USER_BOTTOM: f64 = 84.0;
const GAP_TOP: f64 = 87.0;
const GAP_HEIGHT: f64 = 10.0;
const GAP_NAMES: f64 = 107.0;
const AI_TOP: f64 = 113.0;
const AI_BOTTOM: f64 = 163.0;
const MARKS_BELOW: f64 = 167.0;
const NUMBERS: f64 = 192.0;
const MARK_PX: f64 = 10.0;
/// So far apart two marks can be told from each other.
const MARKS_APART_PX: f64 = 8.0;
const TEXT: &str = "11px system-ui, sans-serif";
/// Two numbers of turns need so much.
const NUMBER_PX: f64 = 26.0;

/// Draws the picture whenever something of it changes.
pub(super) fn keep_drawn(canvas: NodeRef<Canvas>, listener: Listener, preferences: Preferences) {
    let dark = dark_scheme();
    let draw_anew = move || {
        let words = Words::now(preferences);
        let (scale, scrolled_px) = (listener.scale.get(), listener.scrolled_px.get());
        let current = listener.current.get();
        if let (Some(canvas), Some(recorded)) = (canvas.get(), listener.recorded()) {
            draw(
                &canvas,
                &Picture {
                    recorded: &recorded,
                    scale,
                    scrolled_px,
                    current,
                    words,
                },
            );
        }
    };
    Effect::new(move |_| draw_anew());
    Effect::new(move |_| {
        dark.track();
        preferences.theme.track();
        // The style sheet takes a new theme over first.
        request_animation_frame(move || untrack(draw_anew));
    });
}

/// What is drawn.
struct Picture<'a> {
    recorded: &'a Recorded,
    scale: Scale,
    scrolled_px: f64,
    current: Option<usize>,
    words: &'static Words,
}

/// With what it is drawn.
struct Inks {
    text: String,
    muted: String,
    line: String,
    user: String,
    ai: String,
    current: String,
}

fn draw(canvas: &HtmlCanvasElement, picture: &Picture<'_>) {
    let Some(paper) = Paper::of(canvas, picture.scale.view_px(), f64::from(HEIGHT_PX)) else {
        return;
    };
    let of = |name: &str| ink(canvas, &format!("[data-ink={name}]"));
    let inks = Inks {
        text: of("text"),
        muted: of("muted"),
        line: of("line"),
        user: of("user"),
        ai: of("ai"),
        current: of("current"),
    };
    picture.turns(&paper.context, &inks);
    picture.times(&paper.context, &inks);
    picture.lane(&paper, &picture.recorded.user, &inks.user, Half::Above);
    picture.lane(&paper, &picture.recorded.ai, &inks.ai, Half::Below);
    picture.gaps(canvas, &paper.context, &inks);
    picture.marks(canvas, &paper.context, &inks);
}

impl Picture<'_> {
    /// Where a moment lies in the view.
    fn px(&self, ms: f64) -> f64 {
        self.scale.px_of(ms) - self.scrolled_px
    }

    /// The moments at the edges of the view, and a little more.
    fn seen(&self) -> (f64, f64) {
        let edge = |px: f64| px / self.scale.px_per_ms().max(f64::MIN_POSITIVE);
        let (from, to) = (self.scrolled_px, self.scrolled_px + self.scale.view_px());
        (edge(from - MARK_PX), edge(to + MARK_PX))
    }

    /// Where turns begin, their numbers, and the one that is heard.
    fn turns(&self, context: &CanvasRenderingContext2d, inks: &Inks) {
        let (from_ms, to_ms) = self.seen();
        let first = self.recorded.turn_at(from_ms).unwrap_or_default();
        context.set_font(TEXT);
        let mut free_from = f64::NEG_INFINITY;
        for (place, turn) in self.recorded.turns.iter().enumerate().skip(first) {
            let Some((begin_ms, end_ms)) = self.recorded.span_of(place).filter(|span| span.0 <= to_ms) else {
                break;
            };
            let (begin, end) = (self.px(begin_ms), self.px(end_ms));
            if self.current == Some(place) {
                context.set_fill_style_str(&inks.current);
                context.fill_rect(
                    begin,
                    MARKS_ABOVE - 3.0,
                    end - begin,
                    f64::from(HEIGHT_PX) - MARKS_ABOVE + 3.0,
                );
            }
            if end - begin > NUMBER_PX / 3.0 {
                context.set_fill_style_str(&inks.line);
                context.fill_rect(begin.round(), USER_TOP, 1.0, f64::from(HEIGHT_PX) - USER_TOP);
            }
            if begin >= free_from {
                context.set_fill_style_str(&inks.muted);
                // Fails for no text that there is.
                let _ = context.fill_text(&turn.number().to_string(), begin + 4.0, NUMBERS);
                free_from = begin + NUMBER_PX;
            }
        }
    }

    fn times(&self, context: &CanvasRenderingContext2d, inks: &Inks) {
        let (from_ms, to_ms) = self.seen();
        let ticks = self.scale.ticks(from_ms, to_ms);
        let is_fine = ticks.windows(2).any(|pair| pair[1] - pair[0] < 1_000.0);
        context.set_font(TEXT);
        for tick in ticks {
            let label = if is_fine { stamp(tick) } else { clock(tick) };
            let at = self.px(tick);
            context.set_fill_style_str(&inks.line);
            context.fill_rect(at.round(), 0.0, 1.0, MARKS_ABOVE - 6.0);
            context.set_fill_style_str(&inks.muted);
            // Fails for no text that there is.
            let _ = context.fill_text(&label, at + 4.0, TIMES);
        }
    }

    /// One side: as high as it is loud, away from the middle.
    fn lane(&self, paper: &Paper, lane: &Lane, ink: &str, half: Half) {
        let dot = 1.0 / paper.ratio;
        let from_ms = self.scrolled_px / self.scale.px_per_ms().max(f64::MIN_POSITIVE);
        let ms_per_dot = dot / self.scale.px_per_ms().max(f64::MIN_POSITIVE);
        let context = &paper.context;
        context.set_fill_style_str(ink);
        let mut x = 0.0;
        for loudest in lane.columns(from_ms, ms_per_dot, paper.columns) {
            if let Some(loudest) = loudest {
                // What was recorded and is silent is a thin line.
                let height = (f64::from(loudest) / 255.0 * (USER_BOTTOM - USER_TOP)).max(1.0);
                let top = match half {
                    Half::Above => USER_BOTTOM - height,
                    Half::Below => AI_TOP,
                };
                context.fill_rect(x, top, dot, height);
            }
            x += dot;
        }
    }

    /// How long answers took, part by part; a part that has room for its name has it below.
    fn gaps(&self, canvas: &HtmlCanvasElement, context: &CanvasRenderingContext2d, inks: &Inks) {
        let (from_ms, to_ms) = self.seen();
        context.set_font(TEXT);
        for gap in self.recorded.gaps.between(from_ms, to_ms) {
            for part in &gap.parts {
                let (begin, end) = (
                    self.px(gap.at_ms + part.start_ms),
                    self.px(gap.at_ms + part.start_ms + part.ms),
                );
                let selector = format!("[data-ink=stage][data-stage={}]", part.stage.name());
                context.set_fill_style_str(&ink(canvas, &selector));
                context.fill_rect(begin, GAP_TOP, (end - begin).max(0.5), GAP_HEIGHT);
                let name = stage_name(part.stage, self.words);
                let has_room = context
                    .measure_text(name)
                    .is_ok_and(|text| text.width() + 4.0 < end - begin);
                if has_room {
                    context.set_fill_style_str(&inks.text);
                    // Fails for no text that there is.
                    let _ = context.fill_text(name, begin + 2.0, GAP_NAMES);
                }
            }
        }
    }

    /// Of marks that would lie on each other one is drawn.
    fn marks(&self, canvas: &HtmlCanvasElement, context: &CanvasRenderingContext2d, inks: &Inks) {
        let (from_ms, to_ms) = self.seen();
        let colours = Happened::ALL.map(|happened| match happened {
            Happened::SpeechBegan | Happened::SpeechEnded => inks.user.clone(),
            Happened::Endpoint => inks.text.clone(),
            Happened::FirstToken => ink(canvas, "[data-ink=stage][data-stage=llm]"),
            Happened::FirstAudio => inks.ai.clone(),
            Happened::Interrupted => ink(canvas, "[data-ink=bad]"),
        });
        let apart_ms = MARKS_APART_PX / self.scale.px_per_ms().max(f64::MIN_POSITIVE);
        for mark in self.recorded.marks.shown(from_ms, to_ms, apart_ms) {
            context.set_fill_style_str(&colours[mark.happened as usize]);
            draw_mark(context, &mark, self.px(mark.at_ms));
        }
    }
}

/// Its outline, and a line through the side that it is of.
fn draw_mark(context: &CanvasRenderingContext2d, mark: &Mark, at: f64) {
    let (top, from, to) = match mark.happened.half() {
        Half::Above => (MARKS_ABOVE, USER_TOP, GAP_TOP),
        Half::Below => (MARKS_BELOW, GAP_TOP + GAP_HEIGHT, AI_BOTTOM),
    };
    context.begin_path();
    for (corner, (x, y)) in mark.happened.outline().iter().enumerate() {
        let (x, y) = (at - MARK_PX / 2.0 + x, top + y);
        if corner == 0 {
            context.move_to(x, y);
        } else {
            context.line_to(x, y);
        }
    }
    context.close_path();
    context.fill();
    context.set_global_alpha(0.6);
    context.fill_rect(at - 0.5, from, 1.0, to - from);
    context.set_global_alpha(1.0);
}

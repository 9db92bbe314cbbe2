use leptos::html::Canvas;
use leptos::prelude::*;

use crate::erase::Erase;
use crate::state::context::{Preferences, Talk, Theme};
use crate::words::talk::say;

/// A strip chart: the user above the line, the AI below, the newest at the right. The gap between them is the latency.
#[component]
pub fn Visualizer() -> impl IntoView {
    let talk = expect_context::<Talk>();
    let preferences = expect_context::<Preferences>();
    let canvas = NodeRef::<Canvas>::new();
    let (dark, set_dark) = signal(false);
    #[cfg(feature = "hydrate")]
    chart::follow_scheme(set_dark);
    #[cfg(not(feature = "hydrate"))]
    let _ = set_dark;
    Effect::new(move |drawn: Option<(u64, bool, Theme)>| {
        // Readings drive the chart; other colours need a new drawing too.
        talk.reading.track();
        let completed = talk.strip.with_value(|strip| strip.completed);
        let wanted = (completed, dark.get(), preferences.theme.get());
        #[cfg(feature = "hydrate")]
        if let Some(canvas) = canvas.get()
            && (drawn != Some(wanted) || completed == 0)
        {
            chart::draw(&canvas, talk);
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = drawn;
        wanted
    });
    view! {
        <figure class="vv-strip">
            <canvas node_ref=canvas role="img" aria-label=say(|words| words.strip)></canvas>
            <figcaption>
                <span data-side="user">{say(|words| words.you)}</span>
                <span data-side="ai">{say(|words| words.ai)}</span>
            </figcaption>
        </figure>
    }
    .erase()
}

#[cfg(feature = "hydrate")]
mod chart {
    use leptos::prelude::*;
    use wasm_bindgen::JsCast;
    use wasm_bindgen::closure::Closure;
    use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement, MediaQueryListEvent};

    use crate::state::context::Talk;
    use crate::state::strip::COLUMNS;

    const DARK: &str = "(prefers-color-scheme: dark)";

    /// Tells whenever the system switches between light and dark.
    pub(super) fn follow_scheme(set_dark: WriteSignal<bool>) {
        Effect::new(move |_| {
            let query = web_sys::window().and_then(|window| window.match_media(DARK).ok().flatten());
            let Some(query) = query else { return };
            let on_change =
                Closure::<dyn FnMut(MediaQueryListEvent)>::new(move |event: MediaQueryListEvent| {
                    set_dark.set(event.matches());
                });
            query.set_onchange(Some(on_change.as_ref().unchecked_ref()));
            let held = StoredValue::new_local((query, on_change));
            on_cleanup(move || held.with_value(|(query, _)| query.set_onchange(None)));
        });
    }

    /// Draws the chart anew, at the resolution of the screen.
    pub(super) fn draw(canvas: &HtmlCanvasElement, talk: Talk) {
        let Some(context) = context_of(canvas) else {
            return;
        };
        let (width, height) = fit(canvas);
        context.clear_rect(0.0, 0.0, width, height);
        let middle = (height / 2.0).round();
        context.set_fill_style_str(&colour_of(canvas));
        context.fill_rect(0.0, middle, width, 1.0);

        #[expect(clippy::cast_precision_loss, reason = "a few hundred columns")]
        let step = width / COLUMNS as f64;
        let (user, ai) = (side_colour(canvas, "user"), side_colour(canvas, "ai"));
        talk.strip.with_value(|strip| {
            let mut x = width;
            for column in strip.newest_first() {
                x -= step;
                let bar = |level: f32| f64::from(level) * (middle - 2.0);
                context.set_fill_style_str(&user);
                context.fill_rect(x, middle - bar(column.user), step * 0.7, bar(column.user));
                context.set_fill_style_str(&ai);
                context.fill_rect(x, middle + 1.0, step * 0.7, bar(column.ai));
            }
        });
    }

    fn context_of(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
        canvas.get_context("2d").ok()??.dyn_into().ok()
    }

    /// The colour that the style sheet gives to an element; a canvas cannot read custom properties itself.
    fn colour_of(element: &Element) -> String {
        let style = web_sys::window().and_then(|window| window.get_computed_style(element).ok().flatten());
        style
            .and_then(|style| style.get_property_value("color").ok())
            .unwrap_or_default()
    }

    /// The colour of a side's name in the caption.
    fn side_colour(canvas: &HtmlCanvasElement, side: &str) -> String {
        let figure = canvas.parent_element();
        let name = figure.and_then(|figure| {
            figure
                .query_selector(&format!("[data-side='{side}']"))
                .ok()
                .flatten()
        });
        name.map(|name| colour_of(&name)).unwrap_or_default()
    }

    /// Gives the canvas as many dots as it covers on the screen.
    fn fit(canvas: &HtmlCanvasElement) -> (f64, f64) {
        let ratio = web_sys::window().map_or(1.0, |window| window.device_pixel_ratio());
        let dots = |length: i32| f64::from(length) * ratio;
        let (width, height) = (
            dots(canvas.client_width()).round(),
            dots(canvas.client_height()).round(),
        );
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the size of an element"
        )]
        let (columns, rows) = (width as u32, height as u32);
        if canvas.width() != columns || canvas.height() != rows {
            canvas.set_width(columns);
            canvas.set_height(rows);
        }
        (width, height)
    }
}

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
    #[cfg(feature = "hydrate")]
    let dark = crate::canvas::dark_scheme();
    #[cfg(not(feature = "hydrate"))]
    let (dark, _) = signal(false);
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
    use web_sys::HtmlCanvasElement;

    use crate::canvas::{Paper, colour_of, ink};
    use crate::state::context::Talk;
    use crate::state::strip::COLUMNS;

    /// Draws the chart anew.
    pub(super) fn draw(canvas: &HtmlCanvasElement, talk: Talk) {
        let (width, height) = (
            f64::from(canvas.client_width()),
            f64::from(canvas.client_height()),
        );
        let Some(Paper { context, .. }) = Paper::of(canvas, width, height) else {
            return;
        };
        let middle = (height / 2.0).round();
        context.set_fill_style_str(&colour_of(canvas));
        context.fill_rect(0.0, middle, width, 1.0);

        #[expect(clippy::cast_precision_loss, reason = "a few hundred columns")]
        let step = width / COLUMNS as f64;
        // Those of the sides' names in the caption.
        let (user, ai) = (ink(canvas, "[data-side='user']"), ink(canvas, "[data-side='ai']"));
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
}

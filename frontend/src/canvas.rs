//! Drawing on a canvas in the colours of the style sheet, at the resolution of the screen.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement, MediaQueryListEvent};

const DARK: &str = "(prefers-color-scheme: dark)";

/// Whether the system is dark, and again whenever it switches.
pub(crate) fn dark_scheme() -> ReadSignal<bool> {
    let (dark, set_dark) = signal(false);
    Effect::new(move |_| {
        let query = web_sys::window().and_then(|window| window.match_media(DARK).ok().flatten());
        let Some(query) = query else { return };
        let on_change = Closure::<dyn FnMut(MediaQueryListEvent)>::new(move |event: MediaQueryListEvent| {
            set_dark.set(event.matches());
        });
        query.set_onchange(Some(on_change.as_ref().unchecked_ref()));
        let held = StoredValue::new_local((query, on_change));
        on_cleanup(move || held.with_value(|(query, _)| query.set_onchange(None)));
    });
    dark
}

/// An empty canvas. What is drawn on it is measured in pixels of the style sheet.
pub(crate) struct Paper {
    pub(crate) context: CanvasRenderingContext2d,
    /// How many dots of the screen a pixel is wide.
    pub(crate) ratio: f64,
    /// How many dots of the screen it is wide.
    pub(crate) columns: usize,
}

impl Paper {
    /// Empties a canvas that is shown in this size.
    pub(crate) fn of(canvas: &HtmlCanvasElement, width_px: f64, height_px: f64) -> Option<Self> {
        let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
        let ratio = web_sys::window().map_or(1.0, |window| window.device_pixel_ratio());
        let dots = |px: f64| (px * ratio).round();
        fit(canvas, dots(width_px), dots(height_px));
        // Fails for no such numbers.
        let _ = context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
        context.clear_rect(0.0, 0.0, width_px + 1.0, height_px + 1.0);
        Some(Self {
            context,
            ratio,
            columns: canvas.width() as usize,
        })
    }
}

/// Gives the canvas as many dots as it covers on the screen.
fn fit(canvas: &HtmlCanvasElement, width: f64, height: f64) {
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
}

/// The colour that the style sheet gives to an element; a canvas cannot read custom properties itself.
pub(crate) fn colour_of(element: &Element) -> String {
    let style = web_sys::window().and_then(|window| window.get_computed_style(element).ok().flatten());
    style
        .and_then(|style| style.get_property_value("color").ok())
        .unwrap_or_default()
}

/// The colour of the nearest element around the canvas that holds what matches the selector.
pub(crate) fn ink(canvas: &HtmlCanvasElement, selector: &str) -> String {
    let around = std::iter::successors(canvas.parent_element(), |element: &Element| {
        element.parent_element()
    });
    let mut found = around.filter_map(|element| element.query_selector(selector).ok().flatten());
    found
        .next()
        .map(|element| colour_of(&element))
        .unwrap_or_default()
}

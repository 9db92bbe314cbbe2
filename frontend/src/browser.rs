//! Small dealings with the browser.

use js_sys::Object;
pub(crate) use viva_audio_worker::browser::{forgive, instance, number, object, property};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

#[wasm_bindgen]
extern "C" {
    /// What `AudioContext.getOutputTimestamp()` returns (W3C Web Audio API, 1.2.6).
    pub(crate) type OutputTimestamp;
    #[wasm_bindgen(method, getter, js_name = contextTime)]
    pub(crate) fn context_time(this: &OutputTimestamp) -> Option<f64>;
    #[wasm_bindgen(method, getter, js_name = performanceTime)]
    pub(crate) fn performance_time(this: &OutputTimestamp) -> Option<f64>;

    /// The parts of an `AudioContext` that not every browser has.
    #[wasm_bindgen(extends = web_sys::AudioContext)]
    pub(crate) type TimedContext;
    #[wasm_bindgen(method, catch, js_name = getOutputTimestamp)]
    pub(crate) fn output_timestamp(this: &TimedContext) -> Result<OutputTimestamp, JsValue>;
    #[wasm_bindgen(method, getter, js_name = outputLatency)]
    pub(crate) fn output_latency(this: &TimedContext) -> Option<f64>;
    #[wasm_bindgen(method, catch, js_name = setSinkId)]
    pub(crate) fn set_sink_id(this: &TimedContext, device: &str) -> Result<js_sys::Promise, JsValue>;

    /// The part of an audio element that not every browser has.
    #[wasm_bindgen(extends = web_sys::HtmlAudioElement)]
    pub(crate) type RoutedElement;
    #[wasm_bindgen(method, catch, js_name = setSinkId)]
    pub(crate) fn set_sink_id(this: &RoutedElement, device: &str) -> Result<js_sys::Promise, JsValue>;

    /// Reads a track's audio as it is captured (W3C `MediaStreamTrack` Insertable Media Processing).
    pub(crate) type MediaStreamTrackProcessor;
    #[wasm_bindgen(constructor, catch)]
    pub(crate) fn new(init: &Object) -> Result<MediaStreamTrackProcessor, JsValue>;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn readable(this: &MediaStreamTrackProcessor) -> web_sys::ReadableStream;

    /// Tells when elements have another size (W3C Resize Observer).
    pub(crate) type ResizeObserver;
    #[wasm_bindgen(constructor)]
    pub(crate) fn new(resized: &js_sys::Function) -> ResizeObserver;
    #[wasm_bindgen(method)]
    pub(crate) fn observe(this: &ResizeObserver, element: &web_sys::Element);
    #[wasm_bindgen(method)]
    pub(crate) fn disconnect(this: &ResizeObserver);
}

/// The language of the document, as the server set it.
pub(crate) fn document_language() -> Option<String> {
    root()?.get_attribute("lang")
}

/// Sets an attribute of the document's root, or removes it.
pub(crate) fn set_root_attribute(name: &str, value: Option<&str>) {
    let Some(root) = root() else { return };
    // Setting an attribute with a valid name cannot fail.
    let _ = match value {
        Some(value) => root.set_attribute(name, value),
        None => root.remove_attribute(name),
    };
}

fn root() -> Option<web_sys::Element> {
    web_sys::window()?.document()?.document_element()
}

/// Moves the focus to what matches the selector, if something does.
pub(crate) fn focus(selector: &str) {
    let found = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.query_selector(selector).ok().flatten());
    if let Some(element) = found {
        // Fails only for an element without a document.
        let _ = element.unchecked_into::<web_sys::HtmlElement>().focus();
    }
}

/// The same, unless the person has moved the focus from what matches the first selector to something else.
pub(crate) fn focus_after(before: &str, selector: &str) {
    let focused = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.active_element());
    // The body has the focus when nothing has, and what had it may be gone.
    let is_elsewhere =
        focused.is_some_and(|element| !element.matches(&format!("body, {before}")).unwrap_or_default());
    if !is_elsewhere {
        focus(selector);
    }
}

/// The query of the address, without the question mark.
pub(crate) fn address_query() -> String {
    let query = web_sys::window().and_then(|window| window.location().search().ok());
    query.map_or(String::new(), |query| query.trim_start_matches('?').to_owned())
}

/// Gives the address another query (`?a=b`, or nothing), to which one comes back by the browser's button.
pub(crate) fn go_to_query(query: &str) {
    let Some(window) = web_sys::window() else { return };
    let (Ok(history), Ok(path)) = (window.history(), window.location().pathname()) else {
        return;
    };
    // Browsers forbid it to pages that do so all the time; then the address stays behind.
    let _ = history.push_state_with_url(&JsValue::NULL, "", Some(&format!("{path}{query}")));
}

/// The same, but the button leads to what was before the present one.
pub(crate) fn go_on_to_query(query: &str) {
    let Some(window) = web_sys::window() else { return };
    let (Ok(history), Ok(path)) = (window.history(), window.location().pathname()) else {
        return;
    };
    // As above.
    let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&format!("{path}{query}")));
}

/// The path of the address.
pub(crate) fn path() -> Option<String> {
    web_sys::window()?.location().pathname().ok()
}

/// The path of the address with its query.
pub(crate) fn here() -> Option<String> {
    let location = web_sys::window()?.location();
    Some(format!(
        "{}{}",
        location.pathname().ok()?,
        location.search().ok()?
    ))
}

/// Goes to another page, from which no button leads back to this one.
pub(crate) fn leave_for(path: &str) {
    if let Some(window) = web_sys::window() {
        // Fails only for what is no address.
        let _ = window.location().replace(path);
    }
}

/// Loads the page anew.
pub(crate) fn reload() {
    if let Some(window) = web_sys::window() {
        // Fails only for documents that are not shown.
        let _ = window.location().reload();
    }
}

/// Sets a custom property of the style sheets.
pub(crate) fn set_root_property(name: &str, value: &str) {
    if let Some(root) = root() {
        // Fails only in styles that cannot be changed.
        let _ = root
            .unchecked_into::<web_sys::HtmlElement>()
            .style()
            .set_property(name, value);
    }
}

/// The `User-Agent` of the browser.
pub(crate) fn user_agent() -> String {
    web_sys::window()
        .and_then(|window| window.navigator().user_agent().ok())
        .unwrap_or_default()
}

/// What was remembered under a key. Browsers may forbid storage; then nothing is.
pub(crate) fn remembered(key: &str) -> Option<String> {
    storage()?.get_item(key).ok()?
}

/// Remembers a value for the next visit, where that is allowed.
pub(crate) fn remember(key: &str, value: &str) {
    if let Some(storage) = storage() {
        // A full or forbidden storage only means that the next visit starts with defaults.
        let _ = storage.set_item(key, value);
    }
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// `performance.now()`: the time line of everything that this page reports, in ms.
pub(crate) fn now_ms() -> f64 {
    web_sys::window()
        .and_then(|window| window.performance())
        .map_or(0.0, |performance| performance.now())
}

/// The beginning of that time line, in ms since 1970: workers have one of their own.
pub(crate) fn origin_ms() -> f64 {
    web_sys::window()
        .and_then(|window| window.performance())
        .map_or(0.0, |performance| performance.time_origin())
}

/// A time in ms since 1970, on the clock of the browser and as its readers write times: to the minute, the day in words.
pub(crate) fn local_minute(ms: i64, language: crate::Language) -> String {
    let date = js_sys::Date::new(&JsValue::from_f64(ms as f64));
    let styles = object(&[("dateStyle", &"medium".into()), ("timeStyle", &"short".into())]);
    date.to_locale_string(&locale(language), &styles).into()
}

/// How the reader writes numbers and dates in this language: as the browser's settings say, where they speak of it.
fn locale(language: crate::Language) -> String {
    let preferred = web_sys::window().map(|window| window.navigator().languages());
    let mut tags = preferred.iter().flat_map(js_sys::Array::iter);
    tags.find_map(|tag| {
        tag.as_string()
            .filter(|tag| crate::Language::from_tag(tag) == Some(language))
    })
    .unwrap_or_else(|| language.tag().to_owned())
}

/// The reader's time zone, such as `Europe/Berlin`.
pub(crate) fn time_zone() -> Option<String> {
    let format = js_sys::Intl::DateTimeFormat::new(&js_sys::Array::new(), &Object::new());
    property(&format.resolved_options(), "timeZone").as_string()
}

/// The URL path of one of the bundle's files, as the server wrote it into the document.
pub(crate) fn asset(name: &str) -> Option<String> {
    let document = web_sys::window()?.document()?;
    let meta = document.query_selector("meta[name='viva-assets']").ok()??;
    let assets = crate::SiteAssets::from_json(&meta.get_attribute("content")?).ok()?;
    Some(assets.path(name))
}

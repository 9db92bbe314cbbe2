//! What the browser remembers from one visit to the next, applied after hydration so that it fits what the server wrote.

use leptos::prelude::*;

use crate::browser::{remember, remembered, set_root_attribute, user_agent};
use crate::state::context::{Preferences, Talk, Theme};
use crate::state::microphone::Browser;
use crate::state::settings::Settings;
use crate::{Language, Page};

const LANGUAGE: &str = "viva.language";
const THEME: &str = "viva.theme";
const SETTINGS: &str = "viva.settings";
const MICROPHONE: &str = "viva.microphone";
const SPEAKER: &str = "viva.speaker";

/// Takes the language and the theme from the last visit, then keeps the document and the memory in step with them.
pub(crate) fn keep_preferences(preferences: Preferences, page: Page) {
    after_hydration(move || {
        if let Some(language) = remembered(LANGUAGE).and_then(|tag| Language::from_tag(&tag)) {
            preferences.language.set(language);
        }
        if let Some(theme) = remembered(THEME) {
            preferences.theme.set(Theme::from_name(&theme));
        }
    });
    on_change(preferences.language, move |language| {
        remember(LANGUAGE, language.tag());
        set_root_attribute("lang", Some(language.tag()));
        document().set_title(&page.title(*language));
    });
    on_change(preferences.theme, |theme| {
        remember(THEME, theme.name());
        set_root_attribute("data-theme", (*theme != Theme::Auto).then(|| theme.name()));
    });
}

/// The same for the choices of the Talk page.
pub(crate) fn keep_choices(talk: Talk) {
    after_hydration(move || {
        let settings = remembered(SETTINGS).and_then(|json| serde_json::from_str::<Settings>(&json).ok());
        if let Some(settings) = settings {
            talk.settings.set(settings);
        }
        talk.microphone.set(remembered(MICROPHONE).unwrap_or_default());
        talk.speaker.set(remembered(SPEAKER).unwrap_or_default());
        talk.browser.set(Some(Browser::from_user_agent(&user_agent())));
    });
    on_change(talk.settings, |settings| {
        if let Ok(json) = serde_json::to_string(settings) {
            remember(SETTINGS, &json);
        }
    });
    on_change(talk.microphone, |id| remember(MICROPHONE, id));
    on_change(talk.speaker, |id| remember(SPEAKER, id));
}

/// Effects run once the document is live.
fn after_hydration(apply: impl Fn() + 'static) {
    Effect::new(move |_| untrack(&apply));
}

/// Calls back with each new value, not with the present one: that is the server's.
fn on_change<T: Clone + PartialEq + Send + Sync + 'static>(
    signal: RwSignal<T>,
    react: impl Fn(&T) + 'static,
) {
    // The effect runs first when the memory has been applied already.
    let present = signal.get_untracked();
    Effect::new(move |last: Option<T>| {
        let value = signal.get();
        if last.as_ref().unwrap_or(&present) != &value {
            react(&value);
        }
        value
    });
}

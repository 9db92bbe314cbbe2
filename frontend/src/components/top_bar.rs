use leptos::prelude::*;

use super::{Icon, Shape};
use crate::erase::Erase;
use crate::state::context::{Preferences, Theme};
use crate::words::shared::{Words, say};
use crate::{Language, Page};

/// Name, the way to the other pages, language, theme.
#[component]
pub fn TopBar() -> impl IntoView {
    let preferences = expect_context::<Preferences>();
    let current = expect_context::<Page>();
    let switch_language = move |_| {
        preferences.language.update(|language| {
            *language = other(*language);
        });
    };
    let theme_words = move || match preferences.theme.get() {
        Theme::Auto => Words::now(preferences).theme_auto,
        Theme::Light => Words::now(preferences).theme_light,
        Theme::Dark => Words::now(preferences).theme_dark,
    };
    let theme_shape = Signal::derive(move || match preferences.theme.get() {
        Theme::Auto => Shape::Auto,
        Theme::Light => Shape::Sun,
        Theme::Dark => Shape::Moon,
    });
    let link = move |page: Page| {
        let is_current = (page == current).then_some("page");
        let name = move || page.name(Words::now(preferences));
        view! {
            <a href=page.path() aria-current=is_current>
                {name}
            </a>
        }
    };
    view! {
        <header class="vv-top">
            <svg class="vv-logo" viewBox="0 0 32 32" aria-hidden="true">
                <path d="M5 14v4M10.5 9.5v13M16 13v6M21.5 6.5v19M27 13v6" />
            </svg>
            <h1>"Viva"</h1>
            <nav class="vv-pages" aria-label=say(|words| words.pages)>
                {Page::IN_BAR.map(link).collect_view()}
            </nav>
            <span class="vv-tagline">{say(|words| words.tagline)}</span>
            <button
                class="vv-plain vv-language"
                type="button"
                title=say(|words| words.switch_language)
                lang=move || other(preferences.language.get()).tag()
                on:click=switch_language
            >
                {say(|words| words.other_language)}
            </button>
            <button
                class="vv-plain"
                type="button"
                aria-label=theme_words
                title=theme_words
                on:click=move |_| preferences.theme.update(|theme| *theme = theme.next())
            >
                <Icon shape=theme_shape />
            </button>
        </header>
    }
    .erase()
}

/// What the language button switches to.
fn other(language: Language) -> Language {
    match language {
        Language::English => Language::TraditionalChinese,
        Language::TraditionalChinese => Language::English,
    }
}

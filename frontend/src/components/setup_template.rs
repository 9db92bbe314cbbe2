use leptos::ev;
use leptos::prelude::*;
use viva_protocol::rest::Template;

use super::{Choice, Picker};
use crate::erase::Erase;
use crate::session::Controls;
use crate::state::choices::COMMON_LANGUAGES;
use crate::state::context::{Preferences, Talk};
use crate::state::settings::Settings;
use crate::state::templates::{Templates, Trouble};
use crate::words::fill;
use crate::words::talk::{Words, say};

/// Which template the prompt begins with.
#[component]
pub fn SetupTemplate() -> impl IntoView {
    let talk = expect_context::<Talk>();
    let preferences = expect_context::<Preferences>();
    let controls = expect_context::<Controls>();
    let page = move || preferences.language.get();
    let languages = Memo::new(move |_| {
        let tags = talk.templates.with(|templates| templates.languages(page()));
        with_all(tags, Words::now(preferences), |tag, _| language_name(tag))
    });
    let categories = Memo::new(move |_| {
        let names = talk.templates.with(|templates| templates.categories(page()));
        with_all(names, Words::now(preferences), category_name)
    });
    let offered = Memo::new(move |_| {
        let (words, page) = (Words::now(preferences), page());
        let none = Choice::new("", words.template_none);
        let offered = with_both(talk, |templates, settings| {
            let offered = templates.offered(settings, page);
            offered
                .map(|template| choice(template, words))
                .collect::<Vec<_>>()
        });
        std::iter::once(none).chain(offered).collect::<Vec<_>>()
    });
    let chosen = Memo::new(move |_| {
        with_both(talk, |templates, settings| {
            let chosen = templates.chosen(settings);
            chosen.map_or(String::new(), |template| template.id.to_string())
        })
    });
    let language = move || {
        talk.templates
            .with(|templates| templates.language(page()).to_owned())
    };
    let category = move || talk.templates.with(|templates| templates.category().to_owned());
    let choose = Callback::new(move |id: String| {
        talk.prompt(|templates, settings| templates.choose(&id, settings));
    });
    let bring_back = move |_| {
        talk.prompt(Templates::bring_back);
        if talk
            .templates
            .with_untracked(|templates| templates.preview().is_some())
        {
            controls.preview();
        }
    };
    let standing = Memo::new(move |_| {
        let words = Words::now(preferences);
        with_both(talk, |templates, settings| standing(templates, settings, words))
    });
    let can_bring_back = Memo::new(move |_| talk.templates.with(Templates::can_bring_back));
    view! {
        <div class="vv-pair">
            <Picker
                label=Signal::derive(say(|words| words.template_language))
                choices=languages
                chosen=Signal::derive(language)
                on_choose=Callback::new(move |tag| talk.templates.update(|it| it.look_through(tag)))
            />
            <Picker
                label=Signal::derive(say(|words| words.template_category))
                choices=categories
                chosen=Signal::derive(category)
                on_choose=Callback::new(move |name| talk.templates.update(|it| it.want(name)))
            />
        </div>
        <div class="vv-template">
            <Picker label=Signal::derive(say(|words| words.template)) choices=offered chosen on_choose=choose />
            <p class="vv-hint" role="status">{move || standing.get()}</p>
            <Show when=move || can_bring_back.get()>
                <button type="button" on:click=bring_back>
                    {say(|words| words.bring_back)}
                </button>
            </Show>
        </div>
    }
    .erase()
}

/// Saves the prompt as a template, or deletes the one that is chosen.
#[component]
pub fn KeepTemplate() -> impl IntoView {
    let talk = expect_context::<Talk>();
    let preferences = expect_context::<Preferences>();
    let controls = expect_context::<Controls>();
    let name = Memo::new(move |_| with_both(talk, |templates, settings| templates.name(settings).to_owned()));
    let replaces =
        Memo::new(move |_| with_both(talk, |templates, settings| templates.namesake(settings).is_some()));
    let can_save = Memo::new(move |_| {
        with_both(talk, |templates, settings| {
            templates.can_save(settings) && !templates.is_busy()
        })
    });
    let own = Memo::new(move |_| {
        with_both(talk, |templates, settings| {
            let own = templates.chosen(settings).filter(|template| !template.built_in);
            own.map(|template| template.content.name.clone())
        })
    });
    let save = move |event: ev::SubmitEvent| {
        event.prevent_default();
        controls.save_template(preferences.language.get_untracked());
    };
    let action = move || {
        let words = Words::now(preferences);
        if replaces.get() { words.replace } else { words.save }
    };
    let note = move || {
        let words = Words::now(preferences);
        if replaces.get() {
            words.template_replaces
        } else {
            ""
        }
    };
    let warning = move || {
        let own = own.get().unwrap_or_default();
        fill(Words::now(preferences).delete_hint, &[("name", &own)])
    };
    let trouble = move || {
        let words = Words::now(preferences);
        talk.templates.with(|templates| match templates.trouble() {
            Some(Trouble::Refused(_)) => words.template_trouble,
            Some(Trouble::Unreachable) => words.template_unreachable,
            None => "",
        })
    };
    let why = move || {
        talk.templates.with(|templates| match templates.trouble() {
            Some(Trouble::Refused(why)) => why.clone(),
            _ => String::new(),
        })
    };
    view! {
        <details class="vv-more">
            <summary>{say(|words| words.save_template)}</summary>
            <form class="vv-save" on:submit=save>
                <label class="vv-field">
                    <span class="vv-label">{say(|words| words.template_name)}</span>
                    <input
                        type="text"
                        autocomplete="off"
                        maxlength="100"
                        prop:value=move || name.get()
                        on:input=move |event| {
                            talk.templates.update(|templates| templates.set_name(event_target_value(&event)));
                        }
                    />
                </label>
                <p class="vv-hint" role="status">{note}</p>
                <button disabled=move || !can_save.get()>{action}</button>
            </form>
        </details>
        <Show when=move || own.with(Option::is_some)>
            <details class="vv-more vv-delete">
                <summary>{say(|words| words.delete_template)}</summary>
                <p class="vv-hint">{warning}</p>
                <button type="button" on:click=move |_| controls.delete_template()>
                    {say(|words| words.delete)}
                </button>
            </details>
        </Show>
        <p class="vv-hint vv-trouble" role="alert">
            <span>{trouble}</span>
            <span lang="en">{why}</span>
        </p>
    }
    .erase()
}

fn with_both<T>(talk: Talk, look: impl FnOnce(&Templates, &Settings) -> T) -> T {
    talk.settings
        .with(|settings| talk.templates.with(|templates| look(templates, settings)))
}

/// Everything, or one of these.
fn with_all(ids: Vec<String>, words: &Words, name: fn(&str, &Words) -> String) -> Vec<Choice> {
    let all = Choice::new("", words.template_any);
    let each = ids.into_iter().map(|id| {
        let name = name(&id, words);
        Choice::new(id, name)
    });
    std::iter::once(all).chain(each).collect()
}

fn choice(template: &Template, words: &Words) -> Choice {
    let name = &template.content.name;
    let name = if template.built_in {
        name.clone()
    } else {
        fill(words.template_own, &[("name", name)])
    };
    Choice::new(template.id.to_string(), name)
}

/// What the texts have to do with the template.
fn standing(templates: &Templates, settings: &Settings, words: &Words) -> String {
    let Some(template) = templates.chosen(settings) else {
        return String::new();
    };
    if templates.is_changed(settings) {
        return fill(words.template_changed, &[("name", &template.content.name)]);
    }
    let text = fill(words.template_as_it_is, &[("name", &template.content.name)]);
    format!("{text} {}", template.content.description)
}

fn language_name(tag: &str) -> String {
    let known = COMMON_LANGUAGES.into_iter().find(|(known, _)| *known == tag);
    known.map_or(tag, |(_, name)| name).to_owned()
}

/// What a built-in category is called; others go by their own name.
fn category_name(category: &str, words: &Words) -> String {
    let name = match category {
        "customer_service" => words.category_customer_service,
        "language_teacher" => words.category_language_teacher,
        "technical_support" => words.category_technical_support,
        "general_assistant" => words.category_general_assistant,
        "storyteller" => words.category_storyteller,
        "medical_intake" => words.category_medical_intake,
        "other" => words.category_other,
        own => own,
    };
    name.to_owned()
}

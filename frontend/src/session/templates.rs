use leptos::prelude::{GetUntracked, Update, WithUntracked};
use leptos::task::spawn_local;

use super::event::{Event, Events, send};
use crate::Language;
use crate::api::{self, Refused};
use crate::browser::focus;
use crate::state::context::Talk;
use crate::state::templates::{Templates, Trouble};

/// Nobody is signed in.
const UNAUTHORIZED: u16 = 401;
/// It is not there (any more).
const NOT_FOUND: u16 = 404;
/// Another one has the name.
const CONFLICT: u16 = 409;
/// Where templates are chosen.
const PICKER: &str = ".vv-template select";

/// Asks which templates there are.
pub(super) fn load(talk: Talk, events: Events) {
    spawn_local(async move { look(talk, &events).await });
}

/// Saves the prompt, in place of the template that has its name.
pub(super) fn save(talk: Talk, events: Events, page: Language) {
    retry(talk, &events);
    let Some(Some((id, began, content))) = talk.prompt(|templates, settings| {
        let id = templates.namesake(settings).map(|template| template.id);
        let began = settings.template;
        templates
            .ask()
            .then(|| (id, began, templates.content(settings, page)))
    }) else {
        return;
    };
    spawn_local(async move {
        match api::save_template(id, &content).await {
            Ok(template) => {
                let sent = (began, &content);
                talk.prompt(|templates, settings| templates.saved(template, sent, settings));
                // A list of this one alone would be no list.
                if !talk.templates.with_untracked(Templates::are_known) {
                    look(talk, &events).await;
                }
            }
            Err(refused) => {
                learn(talk, &events, &refused).await;
                fail(talk, &events, refused);
            }
        }
    });
}

/// Deletes the chosen template.
pub(super) fn delete(talk: Talk, events: Events) {
    let settings = talk.settings.get_untracked();
    let chosen = talk.templates.with_untracked(|templates| {
        let own = templates.chosen(&settings).filter(|template| !template.built_in);
        own.map(|template| template.id)
    });
    let Some(id) = chosen.filter(|_| talk.templates.try_update(Templates::ask) == Some(true)) else {
        return;
    };
    spawn_local(async move {
        match api::delete_template(id).await {
            Err(refused) if refused.status != Some(NOT_FOUND) => fail(talk, &events, refused),
            // Whoever deleted it.
            _ => {
                talk.prompt(|templates, settings| templates.deleted(id, settings));
                // The button is gone, and with it the focus.
                focus(PICKER);
            }
        }
    });
}

/// Shows the composed prompt.
pub(super) fn preview(talk: Talk, events: Events) {
    retry(talk, &events);
    let texts = talk.settings.with_untracked(|settings| {
        let asked = talk
            .templates
            .try_update(|templates| templates.show_preview(settings));
        asked.flatten()
    });
    let Some(texts) = texts else { return };
    spawn_local(async move {
        let answer = api::compose(&texts).await;
        let answer = answer.map_err(|refused| trouble(&events, refused));
        talk.templates
            .update(|templates| templates.composed(texts, answer));
    });
}

/// What is not as the page knew it was changed in another window: so it asks again.
async fn learn(talk: Talk, events: &Events, refused: &Refused) {
    if matches!(refused.status, Some(NOT_FOUND | CONFLICT)) {
        look(talk, events).await;
    }
}

/// Asks again which templates there are, where the server did not say so.
fn retry(talk: Talk, events: &Events) {
    if talk.templates.with_untracked(Templates::is_lost) {
        load(talk, events.clone());
    }
}

async fn look(talk: Talk, events: &Events) {
    let Some(lookup) = talk.templates.try_update(Templates::look) else {
        return;
    };
    let answer = api::templates().await;
    let answer = answer.map_err(|failed| trouble(events, failed.into()));
    talk.templates.update(|templates| templates.hear(lookup, answer));
}

fn fail(talk: Talk, events: &Events, refused: Refused) {
    let trouble = trouble(events, refused);
    talk.templates.update(|templates| templates.fail(trouble));
}

/// Why it was not done. Whoever is signed out is shown the way in.
fn trouble(events: &Events, refused: Refused) -> Trouble {
    if refused.status == Some(UNAUTHORIZED) {
        send(events, Event::SignedOut);
    }
    refused.into()
}

use leptos::prelude::{GetUntracked, Update, WithUntracked};
use leptos::task::spawn_local;

use crate::Language;
use crate::api::{self, Refused};
use crate::browser::focus;
use crate::state::context::Talk;
use crate::state::templates::{Templates, Trouble};

/// It is not there (any more).
const NOT_FOUND: u16 = 404;
/// Another one has the name.
const CONFLICT: u16 = 409;
/// Where templates are chosen.
const PICKER: &str = ".vv-template select";

/// Asks which templates there are.
pub(super) fn load(talk: Talk) {
    spawn_local(async move {
        match api::templates().await {
            Ok(list) => talk.templates.update(|templates| templates.hear(list)),
            Err(_) => fail(talk, Refused::default()),
        }
    });
}

/// Saves the prompt, in place of the template that has its name.
pub(super) fn save(talk: Talk, page: Language) {
    let Some(Some((id, content))) = talk.prompt(|templates, settings| {
        let id = templates.namesake(settings).map(|template| template.id);
        templates.ask().then(|| (id, templates.content(settings, page)))
    }) else {
        return;
    };
    spawn_local(async move {
        match api::save_template(id, &content).await {
            Ok(template) => {
                talk.prompt(|templates, settings| templates.saved(template, settings));
            }
            Err(refused) => {
                learn(talk, &refused).await;
                fail(talk, refused);
            }
        }
    });
}

/// Deletes the chosen template.
pub(super) fn delete(talk: Talk) {
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
            Err(refused) if refused.status != Some(NOT_FOUND) => fail(talk, refused),
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
pub(super) fn preview(talk: Talk) {
    let texts = talk.settings.with_untracked(|settings| {
        let asked = talk
            .templates
            .try_update(|templates| templates.show_preview(settings));
        asked.flatten()
    });
    let Some(texts) = texts else { return };
    spawn_local(async move {
        let answer = api::compose(&texts).await.map_err(Trouble::from);
        talk.templates
            .update(|templates| templates.composed(texts, answer));
    });
}

/// What is not as the page knew it was changed in another window: so it asks again.
async fn learn(talk: Talk, refused: &Refused) {
    if matches!(refused.status, Some(NOT_FOUND | CONFLICT))
        && let Ok(list) = api::templates().await
    {
        talk.templates.update(|templates| templates.hear(list));
    }
}

fn fail(talk: Talk, refused: Refused) {
    talk.templates.update(|templates| templates.fail(refused.into()));
}

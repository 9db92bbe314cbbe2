//! Which conversation a column is of, and what can be done with it.

use leptos::prelude::*;
use uuid::Uuid;
use viva_protocol::rest::{SessionDetail, SessionStatus};

use super::super::{Icon, Shape};
use super::grid::letter;
use super::messages::sentence;
use super::moment::{beginning, length, line, mode, turns};
use crate::Language;
use crate::api::session_page;
use crate::comparing::Comparing;
use crate::erase::Erase;
use crate::state::compare::{Column, Trouble};
use crate::words::compare::Words;
use crate::words::fill;
use crate::words::session_status::status;

/// The first row.
pub(super) fn heads(
    comparing: Comparing,
    columns: &[(Uuid, Column)],
    reference: usize,
    language: Language,
) -> AnyView {
    let words = Words::of(language);
    let heads: Vec<AnyView> = columns
        .iter()
        .enumerate()
        .map(|(index, (id, column))| {
            let place = match index {
                _ if index == reference => Place::Reference,
                0 => Place::First,
                _ => Place::Other,
            };
            head(
                comparing,
                &letter(index).to_string(),
                place,
                *id,
                column,
                language,
            )
        })
        .collect();
    view! {
        <thead role="rowgroup">
            <tr role="row">
                <th role="columnheader" scope="col" class="vv-beside-corner">
                    {words.part}
                </th>
                {heads}
            </tr>
        </thead>
    }
    .erase()
}

/// What a column is among the others.
#[derive(Clone, Copy)]
enum Place {
    /// The others are compared with it.
    Reference,
    /// They would be, if it were there.
    First,
    /// Any other.
    Other,
}

fn head(
    comparing: Comparing,
    name: &str,
    place: Place,
    id: Uuid,
    column: &Column,
    language: Language,
) -> AnyView {
    let words = Words::of(language);
    let named = |text: &str| fill(text, &[("letter", name)]);
    let state = match column {
        Column::Loading => "loading",
        Column::Loaded(_) => "loaded",
        Column::Failed(Trouble::Gone) => "gone",
        Column::Failed(_) => "failed",
    };
    let what = match column {
        Column::Loading => view! { <p class="vv-hint">{words.loading}</p> }.erase(),
        Column::Loaded(session) => facts(name, session, language),
        Column::Failed(trouble) => failure(comparing, id, trouble, words),
    };
    let lead = named(words.make_reference);
    let place = match place {
        Place::Reference => view! { <span class="vv-tag">{words.reference}</span> }.erase(),
        Place::First => ().into_any(),
        Place::Other => view! {
            <button
                class="vv-plain vv-lead"
                type="button"
                aria-label=lead.clone()
                title=lead
                on:click=move |_| {
                    comparing.lead(id);
                    // One that is not there has no link.
                    focus(&format!(
                        ".vv-beside [data-session='{id}'] :is(.vv-beside-what a, .vv-beside-remove)"
                    ));
                }
            >
                <Icon shape=Shape::Flag />
            </button>
        }
        .erase(),
    };
    let remove = named(words.remove);
    view! {
        <th role="columnheader" scope="col" data-session=id.to_string() data-state=state>
            <div class="vv-beside-head">
                <span class="vv-letter">{name.to_owned()}</span>
                <div class="vv-beside-what">{what}</div>
                <div class="vv-beside-acts">
                    {place}
                    <button
                        class="vv-plain vv-beside-remove"
                        type="button"
                        aria-label=remove.clone()
                        title=remove
                        on:click=move |_| {
                            comparing.remove(id);
                            focus(".vv-add");
                        }
                    >
                        <Icon shape=Shape::Close />
                    </button>
                </div>
            </div>
        </th>
    }
    .erase()
}

fn facts(name: &str, session: &SessionDetail, language: Language) -> AnyView {
    let words = Words::of(language);
    let when = beginning(&session.session, language);
    let label = fill(words.open, &[("letter", name), ("when", &when)]);
    // That it was completed is not worth a word.
    let ended = Some(session.session.status).filter(|status| *status != SessionStatus::Completed);
    let facts = line([
        mode(session.session.interaction.mode(), words).to_owned(),
        turns(session.turns.len() as u64, words),
        length(&session.session),
        ended.map_or(String::new(), |ended| status(ended, words).to_owned()),
    ]);
    view! {
        <a href=session_page(session.session.id) aria-label=label>
            {when}
        </a>
        <p class="vv-hint vv-number">{facts}</p>
    }
    .erase()
}

/// Why there is nothing to see, and what to do.
fn failure(comparing: Comparing, id: Uuid, trouble: &Trouble, words: &'static Words) -> AnyView {
    let can_try = !matches!(trouble, Trouble::Gone | Trouble::SignedOut);
    let again = can_try.then(|| {
        view! {
            <button class="vv-control vv-again" type="button" on:click=move |_| comparing.try_again(id)>
                {words.try_again}
            </button>
        }
    });
    view! {
        <p class="vv-beside-trouble" role="alert">
            {sentence(trouble, words)}
        </p>
        {again}
    }
    .erase()
}

/// What had the focus may be gone, or belong to another conversation.
#[cfg(feature = "hydrate")]
fn focus(selector: &str) {
    let selector = selector.to_owned();
    request_animation_frame(move || crate::browser::focus(&selector));
}

#[cfg(not(feature = "hydrate"))]
fn focus(_selector: &str) {}

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

/// The first row.
pub(super) fn heads(comparing: Comparing, columns: &[(Uuid, Column)], language: Language) -> AnyView {
    let words = Words::of(language);
    let heads: Vec<AnyView> = columns
        .iter()
        .enumerate()
        .map(|(index, (id, column))| head(comparing, index, *id, column, language))
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

fn head(comparing: Comparing, index: usize, id: Uuid, column: &Column, language: Language) -> AnyView {
    let words = Words::of(language);
    let name = letter(index).to_string();
    let named = |text: &str| fill(text, &[("letter", &name)]);
    let state = match column {
        Column::Loading => "loading",
        Column::Loaded(_) => "loaded",
        Column::Failed(Trouble::Gone) => "gone",
        Column::Failed(_) => "failed",
    };
    let what = match column {
        Column::Loading => view! { <p class="vv-hint">{words.loading}</p> }.erase(),
        Column::Loaded(session) => facts(&name, session, language),
        Column::Failed(trouble) => failure(comparing, id, trouble, words),
    };
    let lead = named(words.make_reference);
    let place = if index == 0 {
        view! { <span class="vv-tag">{words.reference}</span> }.erase()
    } else {
        view! {
            <button
                class="vv-plain vv-lead"
                type="button"
                aria-label=lead.clone()
                title=lead
                on:click=move |_| {
                    comparing.lead(id);
                    focus(".vv-beside-what a");
                }
            >
                <Icon shape=Shape::Flag />
            </button>
        }
        .erase()
    };
    let remove = named(words.remove);
    view! {
        <th role="columnheader" scope="col" data-session=id.to_string() data-state=state>
            <div class="vv-beside-head">
                <span class="vv-letter">{name}</span>
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
    let facts = line([
        mode(session.session.interaction.mode(), words).to_owned(),
        turns(session.turns.len() as u64, words),
        length(&session.session),
        status(session.session.status, words).to_owned(),
    ]);
    view! {
        <a href=session_page(session.session.id) aria-label=label>
            {when}
        </a>
        <p class="vv-hint vv-number">{facts}</p>
    }
    .erase()
}

/// What is worth a word; that it came to its end is not.
fn status(status: SessionStatus, words: &Words) -> &'static str {
    match status {
        SessionStatus::Active => words.is_active,
        SessionStatus::Completed | SessionStatus::Superseded => "",
        SessionStatus::Disconnected => words.is_disconnected,
        SessionStatus::Error => words.is_error,
    }
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
fn focus(selector: &'static str) {
    request_animation_frame(move || crate::browser::focus(selector));
}

#[cfg(not(feature = "hydrate"))]
fn focus(_selector: &'static str) {}

use leptos::ev::SubmitEvent;
use leptos::html::Input;
use leptos::prelude::*;
use viva_protocol::rest::SessionOverview;

use super::super::{Icon, Shape};
use super::messages::sentence;
use super::moment::{beginning, length, line, mode, turns};
use crate::comparing::Comparing;
use crate::erase::Erase;
use crate::state::compare::{Picker, Selection, Trouble};
use crate::state::context::Preferences;
use crate::state::figures;
use crate::state::history::Names;
use crate::words::compare::{Words, say};
use crate::words::fill;
use crate::{Language, Page};

/// The newest conversations, to be added as columns, or removed.
#[component]
pub fn SessionPicker() -> impl IntoView {
    let comparing = expect_context::<Comparing>();
    let preferences = expect_context::<Preferences>();
    let compared = Memo::new(move |_| comparing.selection.with(|selection| selection.ids().len()));
    let is_full = Memo::new(move |_| comparing.selection.with(Selection::is_full));
    let is_unfolded = Memo::new(move |_| comparing.picker.with(|picker| picker.is_unfolded(compared.get())));
    let field = NodeRef::<Input>::new();
    let find = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(field) = field.get_untracked() {
            comparing.find(&field.value());
        }
    };
    let unfold = move |_| {
        let unfolded = !is_unfolded.get_untracked();
        comparing.picker.update(|picker| picker.unfold(unfolded));
    };
    let waits = move || {
        comparing
            .picker
            .with(|picker| picker.page().is_none() && picker.trouble().is_none())
            .to_string()
    };
    let full = move || is_full.get().then(|| Words::now(preferences).add_full);
    view! {
        <div class="vv-choose">
            <div class="vv-choose-head">
                <button
                    class="vv-control vv-add"
                    type="button"
                    aria-expanded=move || is_unfolded.get().to_string()
                    aria-controls="vv-choose-list"
                    on:click=unfold
                >
                    {say(|words| words.add)}
                </button>
                <span class="vv-hint">{full}</span>
            </div>
            <div id="vv-choose-list" class="vv-choose-list" hidden=move || !is_unfolded.get()>
                <form role="search" class="vv-choose-search" on:submit=find>
                    <label class="vv-field">
                        <span class="vv-label">{say(|words| words.search)}</span>
                        <input node_ref=field type="text" maxlength="200" autocomplete="off" />
                    </label>
                    <button class="vv-control" type="submit">
                        {say(|words| words.find)}
                    </button>
                </form>
                <Status />
                <ul class="vv-choices" data-waits=waits>
                    {move || choices(comparing, preferences)}
                </ul>
                {move || pages(comparing, preferences)}
            </div>
        </div>
    }
    .erase()
}

/// How many there are, or why they are not there.
#[component]
fn Status() -> impl IntoView {
    let comparing = expect_context::<Comparing>();
    let preferences = expect_context::<Preferences>();
    let trouble = Memo::new(move |_| comparing.picker.with(|picker| picker.trouble().cloned()));
    let said = move || {
        let words = Words::now(preferences);
        comparing.picker.with(|picker| match picker.found() {
            _ if picker.is_loading() => words.looking.to_owned(),
            Some(found) if found.list.page.total > 0 => {
                fill(words.found, &[("n", &found.list.page.total.to_string())])
            }
            Some(_) if picker.is_empty() => words.none_yet.to_owned(),
            Some(_) => words.found_none.to_owned(),
            None => String::new(),
        })
    };
    let way_out = move || {
        comparing.picker.with(Picker::is_empty).then(|| {
            let word = say(|words| words.talk);
            view! { <a href=Page::Talk.path()>{word}</a> }
        })
    };
    // That nobody is signed in stands above the page.
    let failure = move || {
        let trouble = trouble.get().filter(|trouble| *trouble != Trouble::SignedOut)?;
        Some(view! {
            <p class="vv-beside-trouble">{sentence(&trouble, Words::now(preferences))}</p>
            <button class="vv-control vv-again" type="button" on:click=move |_| comparing.list()>
                {say(|words| words.try_again)}
            </button>
        })
    };
    view! {
        <p class="vv-hint" role="status">
            {said}
        </p>
        {way_out}
        <div class="vv-choose-trouble" role="alert">
            {failure}
        </div>
    }
    .erase()
}

/// What there is on this page of the list.
fn choices(comparing: Comparing, preferences: Preferences) -> Vec<AnyView> {
    let language = preferences.language.get();
    let names = comparing
        .names
        .with(|list| list.as_ref().map(Names::of))
        .unwrap_or_default();
    comparing.selection.track();
    comparing.picker.with(|picker| {
        let items = picker.page().map_or(&[][..], |page| &page.page.items);
        items
            .iter()
            .map(|item| choice(comparing, item, &names, language))
            .collect()
    })
}

fn choice(comparing: Comparing, item: &SessionOverview, names: &Names, language: Language) -> AnyView {
    let words = Words::of(language);
    let id = item.session.id;
    let (is_chosen, is_full) = comparing
        .selection
        .with_untracked(|selection| (selection.contains(id), selection.is_full()));
    let choose = move |_| {
        if is_chosen {
            comparing.remove(id);
        } else {
            comparing.add(id);
        }
    };
    let latency = item.avg_latency_ms.zip(item.p95_latency_ms).map(|(avg, p95)| {
        fill(
            words.latency_of_list,
            &[("avg", &figures::ms(avg)), ("p95", &figures::ms(p95))],
        )
    });
    let providers: Vec<&str> = item.providers.iter().map(|id| names.name(id)).collect();
    let facts = line([
        providers.join(words.list_separator),
        turns(item.total_turns, words),
        length(&item.session),
        latency.unwrap_or_default(),
    ]);
    view! {
        <li>
            <button
                class="vv-choice"
                type="button"
                data-session=id.to_string()
                aria-pressed=is_chosen.to_string()
                aria-disabled=(is_full && !is_chosen).then_some("true")
                on:click=choose
            >
                <Icon shape=if is_chosen { Shape::Close } else { Shape::Plus } />
                <span class="vv-choice-when vv-number">{beginning(&item.session, language)}</span>
                <span class="vv-tag">{mode(item.session.interaction.mode(), words)}</span>
                <span class="vv-choice-facts vv-number">{facts}</span>
            </button>
        </li>
    }
    .erase()
}

/// The way to the other pages of the list, where there are some.
fn pages(comparing: Comparing, preferences: Preferences) -> Option<AnyView> {
    let words = Words::now(preferences);
    let (page, of) = comparing.picker.with(|picker| {
        let page = &picker.page()?.page;
        Some((page.page, page.total_pages))
    })?;
    if of < 2 {
        return None;
    }
    let place = fill(
        words.page_of,
        &[("n", &page.to_string()), ("of", &of.to_string())],
    );
    let step = |class: &'static str, word: &'static str, to: u32, is_there: bool| {
        let go = move |_| {
            if is_there {
                comparing.turn_to(to);
            }
        };
        view! {
            <button class=class type="button" aria-disabled=(!is_there).then_some("true") on:click=go>
                {word}
            </button>
        }
        .erase()
    };
    let newer = step(
        "vv-control vv-newer",
        words.newer,
        page.saturating_sub(1),
        page > 1,
    );
    let older = step("vv-control vv-older", words.older, page + 1, u64::from(page) < of);
    Some(
        view! {
            <nav class="vv-choose-pages" aria-label=words.pages>
                {newer}
                <span class="vv-hint vv-number">{place}</span>
                {older}
            </nav>
        }
        .erase(),
    )
}

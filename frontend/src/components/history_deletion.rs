use leptos::ev::Event;
use leptos::html::Dialog;
use leptos::prelude::*;

use super::history_words::{count, told, when};
use crate::archive::Archive;
use crate::erase::Erase;
use crate::state::context::Preferences;
use crate::state::history::Removal;
use crate::words::fill;
use crate::words::history::{Words, say};

/// The question before conversations are deleted: which, from when, and what goes with them. The way back has the focus.
#[component]
pub fn HistoryDeletion() -> impl IntoView {
    let archive = expect_context::<Archive>();
    let preferences = expect_context::<Preferences>();
    let dialog = NodeRef::<Dialog>::new();
    let is_open = Memo::new(move |_| archive.removal.with(Removal::is_open));
    show_while_asked(is_open, dialog);

    let number = Memo::new(move |_| archive.removal.with(|removal| removal.chosen().len()));
    let is_working = Memo::new(move |_| archive.removal.with(Removal::is_working));
    let trouble = Memo::new(move |_| archive.removal.with(|removal| removal.trouble().cloned()));
    let one_or_many = move |one: fn(&Words) -> &'static str, many: fn(&Words) -> &'static str| {
        let words = Words::now(preferences);
        match number.get() {
            1 => one(words).to_owned(),
            number => fill(many(words), &[("count", &count(number))]),
        }
    };
    let period = move || {
        let language = preferences.language.get();
        let words = Words::of(language);
        let (oldest, newest) = archive.removal.with(Removal::period)?;
        let (first, last) = (when(oldest, language), when(newest, language));
        let text = match number.get() {
            1 => words.of_one,
            _ if first == last => words.of_same,
            _ => words.of_many,
        };
        Some(fill(
            text,
            &[("when", &first), ("first", &first), ("last", &last)],
        ))
    };
    let do_delete = move || {
        if is_working.get() {
            Words::now(preferences).deleting.to_owned()
        } else {
            one_or_many(|words| words.do_delete_one, |words| words.do_delete_many)
        }
    };
    let is_busy = move || is_working.get().then_some("true");
    let cancel = move |event: Event| {
        event.prevent_default();
        archive.removal.update(Removal::keep);
    };
    // A browser closes it on the second key in spite of that. What the server does already goes on, and is told here.
    let left = move |_| {
        archive.removal.update(Removal::keep);
        if let Some(dialog) = dialog.get_untracked().filter(|_| is_open.get_untracked()) {
            // Fails only for an element without a document.
            let _ = dialog.show_modal();
        }
    };
    view! {
        <dialog
            node_ref=dialog
            class="vv-dialog"
            aria-labelledby="deletion-title"
            aria-describedby="deletion-what"
            on:cancel=cancel
            on:close=left
        >
            <h3 id="deletion-title">{move || one_or_many(|words| words.ask_one, |words| words.ask_many)}</h3>
            <div id="deletion-what">
                <p class="vv-number">{period}</p>
                <p>{move || one_or_many(|words| words.goes_with_one, |words| words.goes_with_many)}</p>
            </div>
            <div class="vv-dialog-trouble" role="alert">
                {move || trouble.get().map(|trouble| told(&trouble, Words::now(preferences)))}
            </div>
            <div class="vv-dialog-actions">
                <button
                    class="vv-control vv-dialog-keep"
                    type="button"
                    autofocus
                    aria-disabled=is_busy
                    on:click=move |_| archive.removal.update(Removal::keep)
                >
                    {say(|words| words.keep)}
                </button>
                <button
                    class="vv-control vv-dialog-do"
                    type="button"
                    aria-disabled=is_busy
                    on:click=move |_| archive.delete()
                >
                    {do_delete}
                </button>
            </div>
        </dialog>
    }
    .erase()
}

/// A dialog is opened and closed by its methods only: the browser keeps the focus in it, and gives it back.
fn show_while_asked(is_open: Memo<bool>, dialog: NodeRef<Dialog>) {
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        match (is_open.get(), dialog.open()) {
            // Fails only for an element without a document.
            (true, false) => drop(dialog.show_modal()),
            (false, true) => dialog.close(),
            (true, true) | (false, false) => {}
        }
    });
}

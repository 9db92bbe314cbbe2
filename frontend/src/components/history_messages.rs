use leptos::prelude::*;

use super::history_words::{deleted, flaw, kept, more_kept, told};
use super::{Icon, Shape};
use crate::archive::Archive;
use crate::erase::Erase;
use crate::state::context::Preferences;
use crate::state::history::{Outcome, Removal, Trouble};
use crate::words::history::{Words, say};

/// Of so many is told why they are still there; up to a hundred would leave no room for the page.
const KEPT_SHOWN: usize = 5;

/// Why there is no list, or what came of a deletion, and one button.
#[component]
pub fn HistoryMessages() -> impl IntoView {
    let archive = expect_context::<Archive>();
    let preferences = expect_context::<Preferences>();
    let trouble = Memo::new(move |_| archive.listing.with(|listing| listing.trouble().cloned()));
    let flaws = Memo::new(move |_| archive.listing.with(|listing| listing.flaws().to_vec()));
    let outcome = Memo::new(move |_| archive.removal.with(|removal| removal.outcome().cloned()));

    let flawed = move || {
        let words = Words::now(preferences);
        let sentences = flaws.with(|flaws| {
            let sentence = |it| view! { <span>{flaw(it, words)}</span> };
            (!flaws.is_empty()).then(|| flaws.iter().map(sentence).collect_view())
        })?;
        let message = view! {
            <div class="vv-message" data-severity="warning">
                <Icon shape=Shape::Warning />
                <p>{sentences}</p>
                <button type="button" on:click=move |_| archive.leave_flaws_out()>
                    {words.leave_out}
                </button>
            </div>
        };
        Some(message.erase())
    };
    view! {
        <div class="vv-messages" role="alert">
            {move || trouble.get().map(|trouble| failure(archive, &trouble, Words::now(preferences)))}
            {flawed}
            {move || outcome.get().map(|outcome| done(archive, &outcome, preferences))}
        </div>
    }
    .erase()
}

fn failure(archive: Archive, trouble: &Trouble, words: &Words) -> AnyView {
    let again = (!trouble.is_signed_out()).then(|| {
        view! {
            <button type="button" on:click=move |_| archive.retry()>
                {words.try_again}
            </button>
        }
    });
    view! {
        <div class="vv-message" data-severity="failure">
            <Icon shape=Shape::Warning />
            {told(trouble, words)}
            {again}
        </div>
    }
    .erase()
}

fn done(archive: Archive, outcome: &Outcome, preferences: Preferences) -> AnyView {
    let language = preferences.language.get();
    let is_whole = outcome.kept.is_empty();
    let shown = outcome.kept.iter().take(KEPT_SHOWN);
    let more = outcome.kept.len().saturating_sub(KEPT_SHOWN);
    let reasons = shown
        .map(|it| kept(it, language))
        .chain((more > 0).then(|| more_kept(more, Words::of(language))))
        .map(|reason| view! { <span class="vv-history-kept">{reason}</span> });
    view! {
        <div class="vv-message vv-history-done" data-severity=if is_whole { "info" } else { "warning" }>
            <Icon shape=if is_whole { Shape::Bin } else { Shape::Warning } />
            <p>
                <strong>{deleted(outcome, Words::of(language))}</strong>
                {reasons.collect_view()}
            </p>
            <button type="button" on:click=move |_| archive.removal.update(Removal::dismiss)>
                {say(|words| words.dismiss)}
            </button>
        </div>
    }
    .erase()
}

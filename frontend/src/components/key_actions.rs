use leptos::ev::KeyboardEvent;
use leptos::html::Button;
use leptos::prelude::*;

use super::NewKey;
use super::key_trouble::told;
use crate::erase::Erase;
use crate::keyring::Keyring;
use crate::state::context::Preferences;
use crate::state::provider_cards::{Card, Entry, Outcome, Unfolded, Work};
use crate::words::fill;
use crate::words::providers::{Words, say};

/// Give, check and delete a key of one's own.
#[component]
pub fn KeyActions(
    /// The provider.
    entry: Memo<Option<Entry>>,
) -> impl IntoView {
    let preferences = expect_context::<Preferences>();
    let keyring = expect_context::<Keyring>();
    let card = RwSignal::new(Card::default());
    let id = Memo::new(move |_| entry.with(|entry| entry.as_ref().map_or(String::new(), |it| it.id.clone())));
    let name =
        Memo::new(move |_| entry.with(|entry| entry.as_ref().map_or(String::new(), |it| it.name.clone())));
    let has_own =
        Memo::new(move |_| entry.with(|entry| entry.as_ref().is_some_and(|it| it.standing.own().is_some())));
    let key_url = Memo::new(move |_| {
        entry.with(|entry| entry.as_ref().and_then(|it| it.form.as_ref()?.key_url.clone()))
    });
    let unfolded = Memo::new(move |_| card.with(Card::unfolded));
    let (opener, remover) = (NodeRef::<Button>::new(), NodeRef::<Button>::new());
    focus_what_follows(card, opener, remover);

    let unfold = move |what| card.update(|card| card.unfold(what));
    let is_busy = move || card.with(|card| card.work().is_some()).then_some("true");
    let open_word = move |words: &Words| if has_own.get() { words.replace } else { words.add };
    let of_provider = move |what: &'static str| {
        let words = Words::now(preferences);
        fill(words.of_provider, &[("what", what), ("name", &name.read())])
    };
    let link = move || {
        let words = Words::now(preferences);
        let hint = format!("{} ({})", of_provider(words.where_made), words.new_window);
        key_url.get().map(|url| {
            view! {
                <a class="vv-key-link" href=url target="_blank" rel="noopener noreferrer" aria-label=hint>
                    {words.where_made}
                    <span aria-hidden="true">" ↗"</span>
                </a>
            }
        })
    };
    view! {
        <div class="vv-key-actions">
            <button
                node_ref=opener
                class="vv-control vv-key-open"
                type="button"
                aria-label=move || of_provider(open_word(Words::now(preferences)))
                aria-expanded=move || (unfolded.get() == Unfolded::Form).to_string()
                aria-disabled=is_busy
                on:click=move |_| unfold(Unfolded::Form)
            >
                {move || open_word(Words::now(preferences))}
            </button>
            <Show when=move || has_own.get()>
                <button
                    class="vv-control vv-key-check"
                    type="button"
                    aria-label=move || of_provider(Words::now(preferences).check)
                    aria-disabled=is_busy
                    on:click=move |_| keyring.check(card, id.get_untracked())
                >
                    {say(|words| words.check)}
                </button>
                <button
                    node_ref=remover
                    class="vv-control vv-key-delete"
                    type="button"
                    aria-label=move || of_provider(Words::now(preferences).delete)
                    aria-expanded=move || (unfolded.get() == Unfolded::Deletion).to_string()
                    aria-disabled=is_busy
                    on:click=move |_| unfold(Unfolded::Deletion)
                >
                    {say(|words| words.delete)}
                </button>
            </Show>
            {link}
        </div>
        <Show when=move || unfolded.get() == Unfolded::Form>
            <NewKey entry card />
        </Show>
        <Show when=move || unfolded.get() == Unfolded::Deletion>
            <Deletion card id name />
        </Show>
        <p class="vv-key-said" role="status" data-said=move || card.with(said_name)>
            {move || said(card, entry, Words::now(preferences))}
        </p>
    }
    .erase()
}

/// The question before a key is deleted. The way back has the focus.
#[component]
fn Deletion(
    /// What is done with the provider.
    card: RwSignal<Card>,
    /// The provider's id.
    id: Memo<String>,
    /// The provider's name.
    name: Memo<String>,
) -> impl IntoView {
    let preferences = expect_context::<Preferences>();
    let keyring = expect_context::<Keyring>();
    let way_back = NodeRef::<Button>::new();
    Effect::new(move |_| focus(way_back.get()));
    let question = move || fill(Words::now(preferences).ask_delete, &[("name", &name.read())]);
    let is_busy = move || card.with(|card| card.work().is_some()).then_some("true");
    let fold = move || card.update(|card| card.unfold(Unfolded::Nothing));
    view! {
        <div
            class="vv-key-deletion"
            role="group"
            aria-label=question
            on:keydown=move |event| on_escape(&event, fold)
        >
            <p>{question}</p>
            <button
                class="vv-control vv-key-do-delete"
                type="button"
                aria-disabled=is_busy
                on:click=move |_| keyring.delete(card, id.get_untracked())
            >
                {say(|words| words.do_delete)}
            </button>
            <button
                node_ref=way_back
                class="vv-control vv-key-keep"
                type="button"
                aria-disabled=is_busy
                on:click=move |_| fold()
            >
                {say(|words| words.keep)}
            </button>
        </div>
    }
    .erase()
}

/// Escape leads out of what is unfolded.
pub(super) fn on_escape(event: &KeyboardEvent, act: impl Fn()) {
    if event.key() == "Escape" && !event.is_composing() {
        act();
    }
}

/// When something folds up the focus was in it, and must not get lost.
fn focus_what_follows(card: RwSignal<Card>, opener: NodeRef<Button>, remover: NodeRef<Button>) {
    Effect::new(move |was: Option<Unfolded>| {
        let (unfolded, is_deleted) = card.with(|card| {
            let is_deleted = card.outcome() == Some(&Outcome::Done(Work::Delete));
            (card.unfolded(), is_deleted)
        });
        if unfolded == Unfolded::Nothing {
            match was {
                Some(Unfolded::Deletion) if !is_deleted => focus(remover.get_untracked()),
                Some(Unfolded::Deletion | Unfolded::Form) => focus(opener.get_untracked()),
                Some(Unfolded::Nothing) | None => {}
            }
        }
        unfolded
    });
}

fn focus(button: Option<leptos::web_sys::HtmlButtonElement>) {
    if let Some(button) = button {
        // Fails only for an element without a document.
        let _ = button.focus();
    }
}

/// A word for tests.
fn said_name(card: &Card) -> Option<&'static str> {
    match (card.work(), card.outcome()) {
        (Some(_), _) => Some("working"),
        (None, Some(Outcome::Done(Work::Save))) => Some("saved"),
        (None, Some(Outcome::Done(Work::Check))) => Some("checked"),
        (None, Some(Outcome::Done(Work::Delete))) => Some("deleted"),
        (None, Some(Outcome::Failed(_))) => Some("failed"),
        (None, None) => None,
    }
}

/// What happens, or came of it; trouble with a field stands beside that.
fn said(card: RwSignal<Card>, entry: Memo<Option<Entry>>, words: &'static Words) -> Option<AnyView> {
    let card = card.get();
    let plain = |text: &'static str| Some(view! { <span>{text}</span> }.erase());
    match (card.work(), card.outcome()) {
        (Some(Work::Save | Work::Check), _) => plain(words.saving),
        (Some(Work::Delete), _) => plain(words.deleting),
        (None, Some(Outcome::Done(Work::Save))) => plain(words.saved),
        (None, Some(Outcome::Done(Work::Check))) => plain(words.checked),
        (None, Some(Outcome::Done(Work::Delete))) => plain(words.deleted),
        (None, Some(Outcome::Failed(trouble))) => {
            let is_in_form = entry.with(|entry| {
                let form = entry.as_ref().and_then(|entry| entry.form.as_ref());
                card.unfolded() == Unfolded::Form
                    && trouble
                        .field
                        .is_some_and(|field| form.is_some_and(|form| form.has(field)))
            });
            (!is_in_form).then(|| told(trouble, words))
        }
        (None, None) => None,
    }
}

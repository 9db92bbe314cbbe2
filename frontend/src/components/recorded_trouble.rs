use leptos::prelude::*;
use viva_protocol::rest::SessionStatus;

use super::{Icon, Shape};
use crate::Page;
use crate::api::sign_in_from_here;
use crate::erase::Erase;
use crate::listening::{Listener, Sound};
use crate::state::context::Preferences;
use crate::state::recorded::{Opening, Trouble, TroubleKind};
use crate::words::conversation::{Words, say};
use crate::words::fill;

/// Where conversations are listed.
const HISTORY: &str = "/history";

/// Why there is no conversation, or less of it than there might be, and what to do.
#[component]
pub fn RecordedTrouble() -> impl IntoView {
    let listener = expect_context::<Listener>();
    let preferences = expect_context::<Preferences>();
    let failed = Memo::new(move |_| {
        listener.opening.with(|opening| match opening {
            Opening::Failed(trouble) => Some(trouble.clone()),
            Opening::Loading | Opening::Open(_) => None,
        })
    });
    let goes_on = Memo::new(move |_| {
        let recorded = listener.recorded();
        recorded.is_some_and(|recorded| recorded.session.status == SessionStatus::Active)
    });
    let is_silent = Memo::new(move |_| listener.sound.get() == Sound::Failed);
    let trouble = move || {
        let trouble = failed.get()?;
        let again = trouble.may_pass().then(|| {
            view! {
                <button type="button" on:click=move |_| listener.open()>
                    {say(|words| words.try_again)}
                </button>
            }
        });
        let elsewhere = (trouble.kind == TroubleKind::Gone).then(|| {
            view! {
                <a href=HISTORY>{say(|words| words.to_history)}</a>
                <a href=Page::Talk.path()>{say(|words| words.to_talk)}</a>
            }
        });
        let message = view! {
            <div class="vv-message" data-severity="failure">
                <Icon shape=Shape::Warning />
                <p>{told(&trouble, Words::now(preferences))}</p>
                {again}
                {elsewhere}
            </div>
        };
        Some(message.erase())
    };
    let active = move || {
        let message = view! {
            <div class="vv-message" data-severity="notice" data-message="active">
                <Icon shape=Shape::Clock />
                <p>{say(|words| words.goes_on)}</p>
                <button type="button" on:click=move |_| listener.reload()>
                    {say(|words| words.reload)}
                </button>
            </div>
        };
        goes_on.get().then(|| message.erase())
    };
    let silent = move || {
        let message = view! {
            <div class="vv-message" data-severity="failure" data-message="silent">
                <Icon shape=Shape::Warning />
                <p>{say(|words| words.sound_failed)}</p>
            </div>
        };
        is_silent.get().then(|| message.erase())
    };
    view! {
        <div class="vv-messages" role="alert">
            {trouble}
            {active}
            {silent}
        </div>
    }
    .erase()
}

/// What happened and what to do, then what the server says of it, which speaks English.
pub(super) fn told(trouble: &Trouble, words: &'static Words) -> AnyView {
    let sign_in = (trouble.kind == TroubleKind::SignedOut).then(|| {
        view! { <a href=sign_in_from_here()>{words.sign_in}</a> }
    });
    view! {
        <span>{sentence(trouble.kind, words)}</span>
        <span>{wait(trouble.kind, words)}</span>
        <span lang="en">{trouble.detail.clone()}</span>
        {sign_in}
    }
    .erase()
}

fn sentence(kind: TroubleKind, words: &Words) -> &'static str {
    match kind {
        TroubleKind::NoServer => words.err_no_server,
        TroubleKind::SignedOut => words.err_signed_out,
        TroubleKind::TooManyRequests { .. } => words.err_too_many,
        TroubleKind::Gone => words.err_gone,
        TroubleKind::Active => words.err_active,
        TroubleKind::Unfinished => words.err_unfinished,
        TroubleKind::Away => words.err_away,
        TroubleKind::Other => words.err_other,
    }
}

fn wait(kind: TroubleKind, words: &Words) -> Option<String> {
    let TroubleKind::TooManyRequests { wait_s } = kind else {
        return None;
    };
    Some(fill(words.err_wait, &[("s", &wait_s?.to_string())]))
}

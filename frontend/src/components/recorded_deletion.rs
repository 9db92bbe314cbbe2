use leptos::html::Dialog;
use leptos::prelude::*;

use super::recorded_head::moment;
use super::recorded_trouble::told;
use crate::Language;
use crate::erase::Erase;
use crate::listening::Listener;
use crate::state::context::Preferences;
use crate::state::recorded::{Deletion, Recorded, clock};
use crate::words::conversation::{Words, say};
use crate::words::fill;

/// The question before a conversation is deleted, which says what goes. The way back has the focus.
#[component]
pub fn RecordedDeletion() -> impl IntoView {
    let listener = expect_context::<Listener>();
    let preferences = expect_context::<Preferences>();
    let dialog = NodeRef::<Dialog>::new();
    let is_asked = Memo::new(move |_| listener.deletion.with(Deletion::is_asked));
    Effect::new(move |_| {
        let is_asked = is_asked.get();
        if let Some(dialog) = dialog.get() {
            if is_asked && !dialog.open() {
                // Fails only for a dialog that is open already.
                let _ = dialog.show_modal();
            } else if !is_asked {
                dialog.close();
            }
        }
    });
    let is_busy = move || {
        let is_busy = listener.deletion.with(|deletion| *deletion == Deletion::UnderWay);
        is_busy.then_some("true")
    };
    let what = move || {
        let recorded = listener.recorded()?;
        Some(what_goes(&recorded, preferences.language.get()))
    };
    let said = move || {
        let words = Words::now(preferences);
        listener.deletion.with(|deletion| match deletion {
            Deletion::Failed(trouble) => Some(told(trouble, words)),
            Deletion::UnderWay => Some(view! { <span>{words.deleting}</span> }.erase()),
            Deletion::Unwanted | Deletion::Asked | Deletion::Done => None,
        })
    };
    // The browser's own key closes it. What the server does already goes on, and what comes of it is told there.
    let left = move |_| {
        listener.deletion.update(Deletion::leave);
        if let Some(dialog) = dialog.get_untracked().filter(|_| is_asked.get_untracked()) {
            // Fails only for a dialog that is open already.
            let _ = dialog.show_modal();
        }
    };
    view! {
        <dialog
            node_ref=dialog
            class="vv-recorded-deletion"
            aria-labelledby="vv-ask-delete"
            aria-describedby="vv-what-goes"
            on:close=left
        >
            <h2 id="vv-ask-delete">{say(|words| words.ask_delete)}</h2>
            <p id="vv-what-goes">{what}</p>
            <p class="vv-recorded-deletion-said" role="alert">
                {said}
            </p>
            <div>
                <button
                    class="vv-control vv-keep"
                    type="button"
                    autofocus
                    aria-disabled=is_busy
                    on:click=move |_| listener.deletion.update(Deletion::leave)
                >
                    {say(|words| words.keep)}
                </button>
                <button
                    class="vv-control vv-do-delete"
                    type="button"
                    aria-disabled=is_busy
                    on:click=move |_| listener.delete()
                >
                    {say(|words| words.do_delete)}
                </button>
            </div>
        </dialog>
    }
    .erase()
}

fn what_goes(recorded: &Recorded, language: Language) -> String {
    let turns = recorded.turns.iter().map(|turn| &turn.exported.turn);
    let recordings = turns.flat_map(|turn| [turn.user_audio_ms, turn.ai_audio_ms]);
    let sound_ms: u64 = recordings.flatten().sum();
    #[expect(clippy::cast_precision_loss, reason = "a session lasts hours at most")]
    let sound = clock(sound_ms as f64);
    fill(
        Words::of(language).what_goes,
        &[
            ("when", &moment(recorded, language)),
            ("turns", &recorded.turns.len().to_string()),
            ("sound", &sound),
        ],
    )
}

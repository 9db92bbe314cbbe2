use std::sync::Arc;

use leptos::html::Ol;
use leptos::prelude::*;
use viva_protocol::ws::Role;

use super::{Icon, Rows, Shape};
use crate::session::Controls;
use crate::state::context::{Preferences, Talk};
use crate::state::conversation::Conversation;
use crate::state::figures;
use crate::state::transcript::Place;
use crate::words::{fill, say};

/// Scrolled at most so far from the end, in pixels, the list follows what is said.
const FOLLOW_PX: i32 = 120;

/// A line with what the rest of the page knows about its turn.
#[derive(Debug, Clone, Default, PartialEq)]
struct Entry {
    text: String,
    unheard: String,
    is_final: bool,
    /// How much of an interrupted answer had been heard, in ms.
    cut_after_ms: Option<f64>,
    /// How long the answer took, in ms.
    total_ms: Option<f64>,
    /// How long the interruption took to silence it, in ms.
    interrupt_ms: Option<f64>,
    /// Whether there is a recording of it.
    recorded: bool,
}

impl Entry {
    fn of(conversation: &Conversation, place: Place) -> Option<Self> {
        let line = conversation.lines.at(place)?;
        let is_answer = line.role == Role::Assistant;
        let turn = conversation.figures.turn(line.turn_number).filter(|_| is_answer);
        let recording = conversation
            .stored_turn(line.turn_number)
            .and_then(|turn| match line.role {
                Role::User => turn.user_audio_ms,
                Role::Assistant => turn.ai_audio_ms,
            });
        Some(Self {
            text: line.text.clone(),
            unheard: line.unheard.clone(),
            is_final: line.is_final,
            cut_after_ms: line.cut_after_ms,
            total_ms: turn.and_then(|turn| turn.latency.total_ms),
            interrupt_ms: turn.and_then(|turn| turn.latency.interrupt_ms),
            recorded: recording.is_some(),
        })
    }
}

/// What both sides say, as they say it. Only finished lines are announced, each of them once: the list itself changes with
/// every word.
#[component]
pub fn Transcript() -> impl IntoView {
    let talk = expect_context::<Talk>();
    let places = Memo::new(move |_| talk.conversation.with(|conversation| conversation.lines.places()));
    let finished = Memo::new(move |_| {
        talk.conversation
            .with(|conversation| conversation.lines.finished())
    });
    let list = NodeRef::<Ol>::new();
    Effect::new(move |_| {
        talk.conversation.track();
        // The rows are written by then.
        request_animation_frame(move || {
            if let Some(list) = list.get_untracked() {
                let hidden = list.scroll_height() - list.client_height() - list.scroll_top();
                if hidden < FOLLOW_PX {
                    list.set_scroll_top(list.scroll_height());
                }
            }
        });
    });
    view! {
        <section class="vv-transcript" aria-label=say(|words| words.transcript)>
            <ol node_ref=list tabindex="0" aria-label=say(|words| words.transcript)>
                <Rows places row=Arc::new(line) />
            </ol>
            <Show when=move || places.with(Vec::is_empty)>
                <p class="vv-empty">{say(|words| words.transcript_empty)}</p>
            </Show>
            <div class="vv-announcements" role="log">
                <Rows places=finished row=Arc::new(announcement) />
            </div>
        </section>
    }
    .into_any()
}

/// What one side said in one turn.
fn line(place: Place) -> AnyView {
    let talk = expect_context::<Talk>();
    let preferences = expect_context::<Preferences>();
    let (turn_number, role) = (place.0, role_at(place));
    let entry = Memo::new(move |_| {
        talk.conversation
            .with(|conversation| Entry::of(conversation, place))
            .unwrap_or_default()
    });
    let recorded = Memo::new(move |_| entry.with(|entry| entry.recorded));
    let unheard = move || {
        let unheard = entry.with(|entry| entry.unheard.clone());
        (!unheard.is_empty()).then(|| view! { <del title=preferences.words().unheard>{unheard}</del> })
    };
    let wordless = move || {
        let wordless = entry.with(|entry| entry.text.is_empty() && entry.unheard.is_empty());
        wordless.then(|| view! { <span class="vv-hint">{preferences.words().no_words}</span> })
    };
    let cut = move || {
        let (after_ms, interrupt_ms) = entry.with(|entry| (entry.cut_after_ms, entry.interrupt_ms));
        after_ms.map(|ms| {
            let words = preferences.words();
            let at = fill(words.cut_at, &[("s", &figures::seconds(ms))]);
            let after = interrupt_ms.map(|ms| fill(words.interrupt_after, &[("ms", &figures::ms(ms))]));
            let cut = after.map_or(at.clone(), |after| format!("{at} · {after}"));
            view! { <p class="vv-line-cut">{cut}</p> }
        })
    };
    let total = move || {
        entry.with(|entry| entry.total_ms).map(|ms| {
            view! {
                <span class="vv-number">{figures::ms(ms)}</span>
                <span class="vv-unit">{preferences.words().ms}</span>
            }
        })
    };
    view! {
        <li
            data-role=if role == Role::User { "user" } else { "ai" }
            data-final=move || entry.with(|entry| entry.is_final).to_string()
        >
            <span class="vv-line-role">{move || label(role)}</span>
            <div class="vv-line-body">
                <p>
                    {move || entry.with(|entry| entry.text.clone())} {unheard} {wordless}
                </p>
                {cut}
            </div>
            <span class="vv-line-figure">{total}</span>
            <span class="vv-line-play">
                {move || recorded.get().then(|| view! { <PlayButton turn_number role /> })}
            </span>
        </li>
    }
    .into_any()
}

/// A finished line, as it is said aloud; it never changes.
fn announcement(place: Place) -> AnyView {
    let talk = expect_context::<Talk>();
    let said = untrack(|| {
        let text = talk.conversation.with(|conversation| {
            let line = conversation.lines.at(place);
            line.map(|line| line.text.clone()).unwrap_or_default()
        });
        format!("{}: {text}", label(role_at(place)))
    });
    view! { <p>{said}</p> }.into_any()
}

fn role_at((_, is_answer): Place) -> Role {
    if is_answer { Role::Assistant } else { Role::User }
}

/// The name of a side: the chosen one, or a word.
fn label(role: Role) -> String {
    let words = expect_context::<Preferences>().words();
    let (chosen, default) = expect_context::<Talk>().settings.with(|settings| match role {
        Role::User => (settings.user_role.trim().to_owned(), words.you),
        Role::Assistant => (settings.ai_role.trim().to_owned(), words.ai),
    });
    if chosen.is_empty() {
        default.to_owned()
    } else {
        chosen
    }
}

/// Plays the recording of a line; it covers the whole line for the mouse.
#[component]
fn PlayButton(
    /// The turn.
    turn_number: u16,
    /// Whose side of it.
    role: Role,
) -> impl IntoView {
    let talk = expect_context::<Talk>();
    let preferences = expect_context::<Preferences>();
    let controls = expect_context::<Controls>();
    let playing = Memo::new(move |_| talk.replayed.get() == Some((turn_number, role)));
    let label = move || {
        let words = preferences.words();
        if playing.get() {
            words.stop_recording
        } else {
            words.play_recording
        }
    };
    let shape = Signal::derive(move || if playing.get() { Shape::Stop } else { Shape::Play });
    view! {
        <button
            class="vv-plain vv-play"
            type="button"
            aria-label=label
            aria-pressed=move || playing.get().to_string()
            on:click=move |_| controls.replay(turn_number, role)
        >
            <Icon shape />
        </button>
    }
    .into_any()
}

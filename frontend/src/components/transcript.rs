use leptos::html::Ol;
use leptos::prelude::*;
use viva_protocol::ws::Role;

use super::{Icon, Shape};
use crate::session::Controls;
use crate::state::context::{Preferences, Talk};
use crate::state::conversation::Conversation;
use crate::state::figures;
use crate::state::transcript::Line;
use crate::words::{fill, say};

/// Scrolled at most so far from the end, in pixels, the list follows what is said.
const FOLLOW_PX: i32 = 120;

/// A line with what the rest of the page knows about its turn.
#[derive(Debug, Clone, PartialEq)]
struct Entry {
    line: Line,
    /// How long the answer took, in ms.
    total_ms: Option<f64>,
    /// How long the interruption took to silence it, in ms.
    interrupt_ms: Option<f64>,
    /// Whether there is a recording of it.
    recorded: bool,
}

/// What both sides say, as they say it.
#[component]
pub fn Transcript() -> impl IntoView {
    let talk = expect_context::<Talk>();
    let entries = Memo::new(move |_| talk.conversation.with(entries));
    let list = NodeRef::<Ol>::new();
    Effect::new(move |_| {
        entries.track();
        if let Some(list) = list.get() {
            let hidden = list.scroll_height() - list.client_height() - list.scroll_top();
            if hidden < FOLLOW_PX {
                list.set_scroll_top(list.scroll_height());
            }
        }
    });
    view! {
        <section class="vv-transcript" aria-label=say(|words| words.transcript)>
            <ol node_ref=list role="log" tabindex="0" aria-label=say(|words| words.transcript)>
                {move || entries.get().into_iter().map(|entry| view! { <TranscriptLine entry /> }).collect_view()}
            </ol>
            <Show when=move || entries.with(Vec::is_empty)>
                <p class="vv-empty">{say(|words| words.transcript_empty)}</p>
            </Show>
        </section>
    }
    .into_any()
}

fn entries(conversation: &Conversation) -> Vec<Entry> {
    let entry = |line: &Line| {
        let is_answer = line.role == Role::Assistant;
        let turn = conversation.figures.turn(line.turn_number).filter(|_| is_answer);
        let recording = conversation
            .stored_turn(line.turn_number)
            .and_then(|turn| match line.role {
                Role::User => turn.user_audio_ms,
                Role::Assistant => turn.ai_audio_ms,
            });
        Entry {
            line: line.clone(),
            total_ms: turn.and_then(|turn| turn.latency.total_ms),
            interrupt_ms: turn.and_then(|turn| turn.latency.interrupt_ms),
            recorded: recording.is_some(),
        }
    };
    conversation.lines.iter().map(entry).collect()
}

/// What one side said in one turn.
#[component]
fn TranscriptLine(
    /// The line and what is known about it.
    entry: Entry,
) -> impl IntoView {
    let talk = expect_context::<Talk>();
    let preferences = expect_context::<Preferences>();
    let Entry {
        line,
        total_ms,
        interrupt_ms,
        recorded,
    } = entry;
    let role = line.role;
    let label = move || {
        let chosen = talk.settings.with(|settings| match role {
            Role::User => settings.user_role.trim().to_owned(),
            Role::Assistant => settings.ai_role.trim().to_owned(),
        });
        let words = preferences.words();
        let default = if role == Role::User { words.you } else { words.ai };
        if chosen.is_empty() {
            default.to_owned()
        } else {
            chosen
        }
    };
    let cut = line.cut_after_ms.map(move |played_ms| {
        move || {
            let words = preferences.words();
            let at = fill(words.cut_at, &[("s", &figures::seconds(played_ms))]);
            let after = interrupt_ms.map(|ms| fill(words.interrupt_after, &[("ms", &figures::ms(ms))]));
            after.map_or(at.clone(), |after| format!("{at} · {after}"))
        }
    });
    let wordless = line.text.is_empty() && line.unheard.is_empty();
    let unheard = (!line.unheard.is_empty())
        .then(|| view! { <del title=say(|words| words.unheard)>{line.unheard.clone()}</del> });
    view! {
        <li data-role=if role == Role::User { "user" } else { "ai" } data-final=line.is_final.to_string()>
            <span class="vv-line-role">{label}</span>
            <div class="vv-line-body">
                <p>
                    {line.text.clone()} {unheard}
                    {wordless.then(|| view! { <span class="vv-hint">{say(|words| words.no_words)}</span> })}
                </p>
                {cut.map(|cut| view! { <p class="vv-line-cut">{cut}</p> })}
            </div>
            <span class="vv-line-figure">
                {total_ms.map(|ms| view! {
                    <span class="vv-number">{figures::ms(ms)}</span>
                    <span class="vv-unit">{say(|words| words.ms)}</span>
                })}
            </span>
            <span class="vv-line-play">
                {recorded.then(|| view! { <PlayButton turn_number=line.turn_number role /> })}
            </span>
        </li>
    }
    .into_any()
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

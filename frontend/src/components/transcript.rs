use leptos::html::Ol;
use leptos::prelude::*;
use viva_protocol::ws::{InterruptReason, Role};

use super::{Icon, Shape};
use crate::erase::Erase;
use crate::session::Controls;
use crate::state::context::{Preferences, Replayed, Talk};
use crate::state::conversation::Conversation;
use crate::state::figures;
use crate::state::transcript::Line;
use crate::words::fill;
use crate::words::talk::{Words, say};

/// Scrolled at most so far from the end, in pixels, the list follows what is said.
const FOLLOW_PX: i32 = 120;

/// Whether the list follows what is said. It stops when a person scrolls back, which is the only way up, and goes on once the
/// end is near again.
#[derive(Debug, Clone, Copy)]
struct Follow {
    follows: bool,
    /// Where it was scrolled to, in pixels.
    top: i32,
}

impl Default for Follow {
    fn default() -> Self {
        Self {
            follows: true,
            top: 0,
        }
    }
}

impl Follow {
    /// The list is scrolled to `top`, with so much below what can be seen.
    fn scrolled(&mut self, top: i32, hidden: i32) {
        if hidden < FOLLOW_PX {
            self.follows = true;
        } else if top < self.top {
            self.follows = false;
        }
        self.top = top;
    }
}

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

/// What the sides are called: whom they play, or a word.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Names {
    user: String,
    ai: String,
}

impl Names {
    fn of(conversation: &Conversation, words: &Words) -> Self {
        let name = |role: Option<&str>, word: &str| role.unwrap_or(word).to_owned();
        Self {
            user: name(conversation.user_role.as_deref(), words.you),
            ai: name(conversation.ai_role.as_deref(), words.ai),
        }
    }

    fn of_side(&self, side: Role) -> &str {
        match side {
            Role::User => &self.user,
            Role::Assistant => &self.ai,
        }
    }
}

/// What both sides say, as they say it. The list changes with every word, so only finished lines are announced, each of them
/// once.
#[component]
pub fn Transcript() -> impl IntoView {
    let talk = expect_context::<Talk>();
    let preferences = expect_context::<Preferences>();
    let controls = expect_context::<Controls>();
    let entries = Memo::new(move |_| talk.conversation.with(entries));
    let names = Memo::new(move |_| {
        let words = Words::now(preferences);
        talk.conversation
            .with(|conversation| Names::of(conversation, words))
    });
    let list = NodeRef::<Ol>::new();
    let follow = StoredValue::new(Follow::default());
    let on_scroll = move |_| {
        if let Some(list) = list.get_untracked() {
            let hidden = list.scroll_height() - list.client_height() - list.scroll_top();
            follow.update_value(|follow| follow.scrolled(list.scroll_top(), hidden));
        }
    };
    Effect::new(move |_| {
        entries.track();
        if let Some(list) = list.get().filter(|_| follow.with_value(|follow| follow.follows)) {
            // By then what was added is there, in whatever order the effects run.
            request_animation_frame(move || list.set_scroll_top(list.scroll_height()));
        }
    });
    let lines = move || {
        let replayed = talk.replayed.get();
        let (names, words) = (names.get(), Words::now(preferences));
        let line = |entry| shown(entry, replayed, &names, words, controls);
        entries.get().into_iter().map(line).collect_view()
    };
    let announced = move || {
        let names = names.get();
        talk.conversation.with(|conversation| {
            let line = conversation.lines.last_finished();
            line.map(|line| format!("{}: {}", names.of_side(line.role), line.text))
        })
    };
    view! {
        <section class="vv-transcript" aria-label=say(|words| words.transcript)>
            <ol node_ref=list tabindex="0" aria-label=say(|words| words.transcript) on:scroll=on_scroll>
                {lines}
            </ol>
            <Show when=move || entries.with(Vec::is_empty)>
                <p class="vv-empty">{say(|words| words.transcript_empty)}</p>
            </Show>
            <p class="vv-announced" role="status">
                {announced}
            </p>
        </section>
    }
    .erase()
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

/// What one side said in one turn. It has no signals of its own: so only what differs from the last time is written, the
/// elements stay, and with them the focus.
fn shown(
    entry: Entry,
    replayed: Option<Replayed>,
    names: &Names,
    words: &'static Words,
    controls: Controls,
) -> AnyView {
    let Entry {
        line,
        total_ms,
        interrupt_ms,
        recorded,
    } = entry;
    let (turn_number, role) = (line.turn_number, line.role);
    let playing = replayed == Some((turn_number, role));
    let cut = line.cut_after_ms.map(|ms| {
        let said = match line.cut_by {
            Some(InterruptReason::Client) => words.cut_at_by_client,
            Some(InterruptReason::Speech) | None => words.cut_at,
        };
        let at = fill(said, &[("s", &figures::seconds(ms))]);
        let after = interrupt_ms.map(|ms| fill(words.interrupt_after, &[("ms", &figures::ms(ms))]));
        let cut = after.map_or(at.clone(), |after| format!("{at} · {after}"));
        view! {
            <p class="vv-line-cut" data-silent-ms=interrupt_ms.map(|ms| ms.to_string())>
                {cut}
            </p>
        }
    });
    let paused = (line.false_interruptions > 0).then(|| {
        let count = line.false_interruptions.to_string();
        view! {
            <p class="vv-line-paused" data-count=count.clone()>
                {fill(words.false_interruptions, &[("n", &count)])}
            </p>
        }
    });
    let wordless = line.text.is_empty() && line.unheard.is_empty();
    let unheard = (!line.unheard.is_empty()).then(|| view! { <del title=words.unheard>{line.unheard}</del> });
    let total = total_ms.map(|ms| {
        view! {
            <span class="vv-number">{figures::ms(ms)}</span>
            <span class="vv-unit">{words.ms}</span>
        }
    });
    // It covers the whole line for the mouse.
    let play = recorded.then(|| {
        view! {
            <button
                class="vv-plain vv-play"
                type="button"
                aria-label=fill(words.play_recording, &[("side", names.of_side(role)), ("n", &turn_number.to_string())])
                aria-pressed=playing.to_string()
                on:click=move |_| controls.replay(turn_number, role)
            >
                <Icon shape=if playing { Shape::Stop } else { Shape::Play } />
            </button>
        }
    });
    view! {
        <li data-role=if role == Role::User { "user" } else { "ai" } data-final=line.is_final.to_string()>
            <span class="vv-line-role">{names.of_side(role).to_owned()}</span>
            <div class="vv-line-body">
                <p>
                    {line.text} {unheard}
                    {wordless.then(|| view! { <span class="vv-hint">{words.no_words}</span> })}
                </p>
                {cut}
                {paused}
            </div>
            <span class="vv-line-figure">{total}</span>
            <span class="vv-line-play">{play}</span>
        </li>
    }
    .erase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_addition_does_not_end_following_but_a_person_does() {
        let mut follow = Follow::default();
        follow.scrolled(300, 0);
        // Something long was added before the browser told where it had scrolled to.
        follow.scrolled(300, 500);
        follow.scrolled(800, 130);
        assert!(follow.follows);
        follow.scrolled(700, 230);
        assert!(!follow.follows, "they want to read what was said before");
        follow.scrolled(750, 180);
        assert!(!follow.follows);
        follow.scrolled(850, 80);
        assert!(follow.follows);
    }
}

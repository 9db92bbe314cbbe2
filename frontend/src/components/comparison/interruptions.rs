//! How often answers were cut, and how fast they were silent.

use leptos::prelude::*;
use viva_protocol::rest::{SessionDetail, Turn};

use super::{grid, latency};
use crate::erase::Erase;
use crate::state::compare::{Measure, Scale};
use crate::words::compare::Words;
use crate::words::fill;

/// How many turns, how fast, and what they were like themselves, which is counted nowhere else.
pub(super) fn section(sessions: &[Option<&SessionDetail>], scale: &Scale, words: &'static Words) -> AnyView {
    let is_any = |of: fn(&Turn) -> bool| {
        let mut turns = sessions.iter().flatten().flat_map(|session| &session.turns);
        turns.any(of)
    };
    let measures = is_any(|turn| turn.interrupted)
        .then_some([Measure::UntilSilence, Measure::InterruptedTotal])
        .into_iter()
        .flatten()
        .map(|measure| latency::row(measure, sessions, scale, words));
    let rows = std::iter::once(interrupted(sessions, words))
        .chain(measures)
        .chain([false_ones(sessions, words)])
        .collect();
    grid::section(
        "interruptions",
        words.interruptions,
        ().into_any(),
        sessions.len(),
        rows,
    )
}

fn interrupted(sessions: &[Option<&SessionDetail>], words: &'static Words) -> AnyView {
    let text = |session: &SessionDetail| {
        let count = session.turns.iter().filter(|turn| turn.interrupted).count();
        let of = session.turns.len().to_string();
        fill(words.of_turns, &[("n", &count.to_string()), ("of", &of)])
    };
    counts("interrupted", words.interrupted_turns, sessions, &text)
}

fn false_ones(sessions: &[Option<&SessionDetail>], words: &'static Words) -> AnyView {
    let text = |session: &SessionDetail| {
        let counts = session
            .turns
            .iter()
            .map(|turn| u64::from(turn.false_interruptions));
        counts.sum::<u64>().to_string()
    };
    counts("false-interruptions", words.false_interruptions, sessions, &text)
}

fn counts(
    name: &str,
    title: &'static str,
    sessions: &[Option<&SessionDetail>],
    text: &dyn Fn(&SessionDetail) -> String,
) -> AnyView {
    let cell = |session: Option<&SessionDetail>| {
        let text = session.map(text);
        let content = view! { <p class="vv-number">{text}</p> };
        grid::cell(content.erase())
    };
    let cells = sessions.iter().copied().map(cell).collect();
    grid::row(
        name.to_owned(),
        None,
        view! { <span>{title}</span> }.erase(),
        cells,
    )
}

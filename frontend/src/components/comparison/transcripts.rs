//! What was said, turn by turn.

use leptos::prelude::*;
use viva_protocol::rest::{SessionDetail, Turn};
use viva_protocol::ws::{InterruptReason, Role};

use super::grid;
use crate::erase::Erase;
use crate::state::figures;
use crate::state::said::Said;
use crate::words::compare::Words;
use crate::words::fill;

/// A row for each turn that some conversation has.
pub(super) fn section(sessions: &[Option<&SessionDetail>], words: &'static Words) -> AnyView {
    let last = sessions
        .iter()
        .flatten()
        .filter_map(|session| session.turns.last())
        .map(|turn| turn.turn_number)
        .max();
    let rows: Vec<AnyView> = (1..=last.unwrap_or(0))
        .map(|turn_number| row(turn_number, sessions, words))
        .collect();
    let nothing = rows
        .is_empty()
        .then(|| view! { <p class="vv-hint">{words.transcripts_none}</p> });
    grid::section(
        "transcripts",
        words.transcripts,
        nothing.erase(),
        sessions.len(),
        rows,
    )
}

fn row(turn_number: u16, sessions: &[Option<&SessionDetail>], words: &'static Words) -> AnyView {
    let cell = |session: Option<&SessionDetail>| {
        let turn = session.and_then(|session| {
            let turn = find(&session.turns, turn_number)?;
            Some(said(session, turn, words))
        });
        turn.map_or_else(grid::empty, grid::cell)
    };
    let title = fill(words.turn, &[("n", &turn_number.to_string())]);
    grid::row(
        format!("turn-{turn_number}"),
        None,
        view! { <span class="vv-number">{title}</span> }.erase(),
        sessions.iter().copied().map(cell).collect(),
    )
}

/// Turns are in order, and nearly always without gaps.
fn find(turns: &[Turn], turn_number: u16) -> Option<&Turn> {
    let index = turns.binary_search_by_key(&turn_number, |turn| turn.turn_number);
    turns.get(index.ok()?)
}

fn said(session: &SessionDetail, turn: &Turn, words: &'static Words) -> AnyView {
    let role = |role: &Option<String>, word: &str| {
        let role = role.clone().filter(|role| !role.is_empty());
        role.unwrap_or_else(|| word.to_owned())
    };
    let user = role(&session.session.user_role, words.you);
    let ai = role(&session.session.ai_role, words.ai);
    let total = turn.latency.total_ms.map(|ms| {
        let label = fill(words.latency_of, &[("n", &turn.turn_number.to_string())]);
        view! {
            <p class="vv-said-latency vv-number" title=label>
                {figures::ms(ms)}
                <span class="vv-unit">{words.ms}</span>
            </p>
        }
    });
    let cut = turn
        .interrupted
        .then(|| view! { <p class="vv-said-cut vv-number">{cut(turn, words)}</p> });
    let failed = turn.failure.as_ref().map(|why| {
        view! { <p class="vv-said-failure">{fill(words.failed, &[("why", why)])}</p> }
    });
    view! {
        <div class="vv-said-turn">
            {Said::of(turn, Role::User).map(|said| line("user", user, said, words))}
            {Said::of(turn, Role::Assistant).map(|said| line("ai", ai, said, words))}
            {cut}
            {failed}
            {total}
        </div>
    }
    .erase()
}

/// What one side said, and what of it was not heard.
fn line(side: &'static str, name: String, said: Said<'_>, words: &'static Words) -> AnyView {
    let wordless = said
        .is_wordless()
        .then(|| view! { <span class="vv-hint">{words.no_words}</span> });
    let text = said.text.map(ToOwned::to_owned);
    let unheard = said.unheard.map(ToOwned::to_owned);
    let unheard = unheard.map(|text| view! { <del title=words.unheard>{text}</del> });
    view! {
        <p class="vv-said" data-role=side>
            <span class="vv-said-role">{name}</span>
            <span class="vv-said-text">
                {text} " " {unheard} {wordless}
            </span>
        </p>
    }
    .erase()
}

/// When the answer was cut, by what, and how fast it was silent.
fn cut(turn: &Turn, words: &Words) -> String {
    #[expect(clippy::cast_precision_loss, reason = "an answer takes no centuries")]
    let played_ms = turn.played_ms.map(|ms| ms as f64);
    let at = match played_ms {
        Some(ms) => fill(words.cut_at, &[("s", &figures::seconds(ms))]),
        None => words.cut.to_owned(),
    };
    let by_client =
        (turn.interrupt_reason == Some(InterruptReason::Client)).then(|| words.cut_by_client.to_owned());
    let silent = turn.latency.interrupt_ms;
    let silent = silent.map(|ms| fill(words.silent_after, &[("ms", &figures::ms(ms))]));
    let texts: Vec<String> = [Some(at), by_client, silent].into_iter().flatten().collect();
    texts.join(" · ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Language;
    use crate::state::compare::samples::turn;

    #[test]
    fn an_answer_that_was_cut_says_when_by_what_and_how_fast_it_was_silent() {
        let words = Words::of(Language::English);
        let more = json!({"interrupted": true, "played_ms": 1_234, "interrupt_reason": "client"});
        let whole = turn(1, json!({"interrupt_ms": 83.6}), more);
        assert_eq!(
            cut(&whole, words),
            "interrupted after 1.2 s · by hand · silent after 84 ms"
        );
        let bare = turn(1, json!({}), json!({"interrupted": true}));
        assert_eq!(cut(&bare, words), "interrupted");
    }

    #[test]
    fn a_turn_is_found_by_its_number() {
        let turns = [1, 2, 4].map(|number| turn(number, json!({}), json!({})));
        for (number, there) in [(0, false), (1, true), (3, false), (4, true), (5, false)] {
            let found = find(&turns, number).map(|turn| turn.turn_number);
            assert_eq!(found, there.then_some(number));
        }
    }
}

//! When a conversation began, and how long it was.

use viva_protocol::rest::Session;
use viva_protocol::ws::Mode;

use crate::Language;
use crate::state::figures;
use crate::words::compare::Words;
use crate::words::fill;

/// On the reader's clock.
#[cfg(feature = "hydrate")]
pub(super) fn beginning(session: &Session, language: Language) -> String {
    crate::browser::local_minute(session.started_at.timestamp_millis(), language)
}

/// The server shows no conversations.
#[cfg(not(feature = "hydrate"))]
pub(super) fn beginning(session: &Session, _language: Language) -> String {
    session.started_at.to_rfc3339()
}

/// In minutes and seconds; empty while it goes on.
pub(super) fn length(session: &Session) -> String {
    let length = session
        .ended_at
        .and_then(|ended_at| u64::try_from((ended_at - session.started_at).num_seconds()).ok());
    length.map_or(String::new(), figures::clock)
}

pub(super) fn mode(mode: Mode, words: &Words) -> &'static str {
    match mode {
        Mode::Realtime => words.mode_realtime,
        Mode::Cascade => words.mode_cascade,
        Mode::Unknown => words.nothing,
    }
}

pub(super) fn turns(count: u64, words: &Words) -> String {
    if count == 1 {
        words.turn_single.to_owned()
    } else {
        fill(words.turns, &[("n", &count.to_string())])
    }
}

/// Facts in one line.
pub(super) fn line(facts: impl IntoIterator<Item = String>) -> String {
    let facts: Vec<String> = facts.into_iter().filter(|fact| !fact.is_empty()).collect();
    facts.join(" · ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::state::compare::samples::{realtime, session};

    #[test]
    fn a_conversation_is_told_by_its_length_once_it_is_over() {
        assert_eq!(length(&realtime(1).session), "01:05");
        let goes_on = session(
            1,
            json!({"mode": "realtime", "config": {}, "ended_at": null}),
            &[],
        );
        assert_eq!(length(&goes_on.session), "");
        let words = Words::of(Language::English);
        assert_eq!([1, 2].map(|count| turns(count, words)), ["1 turn", "2 turns"]);
        let facts = ["a", "", "b"].map(ToOwned::to_owned);
        assert_eq!(line(facts), "a · b");
    }
}

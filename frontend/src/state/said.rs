//! What the sides of a turn said.

use viva_protocol::rest::Turn;
use viva_protocol::ws::Role;

/// What one side of a turn said; without words, where nobody wrote them down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said<'a> {
    /// What the other side heard.
    pub text: Option<&'a str>,
    /// What it would have heard, had it not been cut.
    pub unheard: Option<&'a str>,
}

impl<'a> Said<'a> {
    /// What a side said in a turn; `None` where there is neither a word nor a recording of it.
    pub fn of(turn: &'a Turn, side: Role) -> Option<Self> {
        let (audio_ms, text, unheard) = match side {
            Role::User => (turn.user_audio_ms, &turn.user_transcript, &None),
            Role::Assistant => (turn.ai_audio_ms, &turn.ai_transcript, &turn.ai_unheard),
        };
        let words = |text: &'a Option<String>| text.as_deref().filter(|text| !text.is_empty());
        let said = Self {
            text: words(text),
            unheard: words(unheard),
        };
        (audio_ms.is_some() || !said.is_wordless()).then_some(said)
    }

    /// Whether there is sound, but no word.
    pub fn is_wordless(&self) -> bool {
        self.text.is_none() && self.unheard.is_none()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::state::compare::samples::turn;

    #[test]
    fn a_side_without_words_and_without_a_recording_said_nothing() {
        let said = |text, unheard| Some(Said { text, unheard });
        let table: [(Value, Role, Option<Said<'_>>); 8] = [
            (json!({}), Role::User, None),
            (json!({}), Role::Assistant, None),
            (json!({"user_transcript": ""}), Role::User, None),
            (json!({"user_audio_ms": 900}), Role::User, said(None, None)),
            (json!({"ai_audio_ms": 900}), Role::User, None),
            (
                json!({"user_transcript": "Hello"}),
                Role::User,
                said(Some("Hello"), None),
            ),
            (
                json!({"ai_unheard": "and on"}),
                Role::Assistant,
                said(None, Some("and on")),
            ),
            (
                json!({"ai_audio_ms": 900, "ai_transcript": "Yes", "ai_unheard": "and no"}),
                Role::Assistant,
                said(Some("Yes"), Some("and no")),
            ),
        ];
        for (more, side, expected) in table {
            let turn = turn(1, json!({}), more);
            let said = Said::of(&turn, side);
            assert_eq!(said, expected, "{turn:?}");
            let is_silent = said.is_some_and(|said| said.is_wordless());
            assert_eq!(
                is_silent,
                said == Some(Said {
                    text: None,
                    unheard: None
                })
            );
        }
    }
}

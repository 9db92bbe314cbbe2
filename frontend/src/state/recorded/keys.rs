//! What keys do on the page of a conversation.

use super::Zoom;
use crate::state::keys::Focus;

/// A step along the time line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Step {
    /// So many ms.
    By(f64),
    /// To the beginning of the conversation.
    Begin,
    /// To its end.
    End,
    /// To the beginning of the turn, or of the one before it.
    PreviousTurn,
    /// To the next turn.
    NextTurn,
    /// To the mark before.
    PreviousMark,
    /// To the next mark.
    NextMark,
}

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum KeyAction {
    /// Play, or pause.
    Toggle,
    /// Go somewhere else.
    Go(Step),
    /// Look closer, or at more.
    Zoom(Zoom),
}

/// In which part of the page the focus is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// In the player.
    Player,
    /// Elsewhere, where the keys that scroll do so.
    Rest,
}

const ARROW_MS: f64 = 5_000.0;

/// What a key does, or nothing. Keys with modifiers belong to the browser.
pub fn action(key: &str, focus: Focus, within: Within) -> Option<KeyAction> {
    if focus == Focus::Field {
        return None;
    }
    let action = match key {
        // It presses what has the focus.
        " " if focus == Focus::Control => return None,
        " " => KeyAction::Toggle,
        "ArrowLeft" => KeyAction::Go(Step::By(-ARROW_MS)),
        "ArrowRight" => KeyAction::Go(Step::By(ARROW_MS)),
        // Others scroll, or are letters that somebody may say or press by mistake.
        _ if within == Within::Rest => return None,
        "ArrowUp" => KeyAction::Go(Step::PreviousTurn),
        "ArrowDown" => KeyAction::Go(Step::NextTurn),
        "Home" => KeyAction::Go(Step::Begin),
        "End" => KeyAction::Go(Step::End),
        "," => KeyAction::Go(Step::PreviousMark),
        "." => KeyAction::Go(Step::NextMark),
        "+" | "=" => KeyAction::Zoom(Zoom::In),
        "-" => KeyAction::Zoom(Zoom::Out),
        "0" => KeyAction::Zoom(Zoom::Fit),
        _ => return None,
    };
    Some(action)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_play_go_and_zoom_but_not_where_somebody_types() {
        for (key, expected) in [
            (" ", KeyAction::Toggle),
            ("ArrowLeft", KeyAction::Go(Step::By(-5_000.0))),
            ("ArrowDown", KeyAction::Go(Step::NextTurn)),
            ("Home", KeyAction::Go(Step::Begin)),
            (".", KeyAction::Go(Step::NextMark)),
            ("+", KeyAction::Zoom(Zoom::In)),
            ("-", KeyAction::Zoom(Zoom::Out)),
        ] {
            assert_eq!(action(key, Focus::Page, Within::Player), Some(expected), "{key}");
            assert_eq!(action(key, Focus::Field, Within::Player), None, "{key}");
        }
        assert_eq!(action("x", Focus::Page, Within::Player), None);
    }

    #[test]
    fn outside_the_player_space_and_two_arrows_act_and_the_others_scroll() {
        let elsewhere = |key| action(key, Focus::Page, Within::Rest);
        assert_eq!(elsewhere(" "), Some(KeyAction::Toggle));
        assert_eq!(elsewhere("ArrowLeft"), Some(KeyAction::Go(Step::By(-5_000.0))));
        assert_eq!(elsewhere("ArrowRight"), Some(KeyAction::Go(Step::By(5_000.0))));
        for key in [
            "ArrowUp",
            "ArrowDown",
            "Home",
            "End",
            ",",
            ".",
            "+",
            "=",
            "-",
            "0",
        ] {
            assert_eq!(elsewhere(key), None, "{key}");
        }
    }

    #[test]
    fn space_presses_the_button_that_has_the_focus_and_arrows_still_go() {
        assert_eq!(action(" ", Focus::Control, Within::Player), None);
        assert_eq!(
            action("ArrowRight", Focus::Control, Within::Player),
            Some(KeyAction::Go(Step::By(5_000.0)))
        );
    }
}

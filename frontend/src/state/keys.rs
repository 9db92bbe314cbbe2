//! The keyboard shortcuts.

use super::phase::Phase;

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyAction {
    /// Begin a session.
    Start,
    /// The user is done speaking.
    EndTurn,
    /// Silence the AI.
    Interrupt,
    /// Mute the microphone, or open it again.
    ToggleMute,
    /// Close the sheet that is open.
    CloseSheet,
}

/// Where a key was pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus {
    /// In a field that takes text, or that finds its entries by their letters.
    Field,
    /// On something that reacts to keys itself, such as a button.
    Control,
    /// Elsewhere.
    Page,
}

/// What a key does now, or nothing. Keys with modifiers belong to the browser.
pub fn action(key: &str, focus: Focus, phase: Phase, sheet_open: bool) -> Option<KeyAction> {
    match (key, focus) {
        ("Escape", _) if sheet_open => Some(KeyAction::CloseSheet),
        ("Escape", _) if phase.is_live() => Some(KeyAction::Interrupt),
        (" ", Focus::Page) if phase.can_start() => Some(KeyAction::Start),
        (" ", Focus::Page) if phase.is_live() => Some(KeyAction::EndTurn),
        ("m" | "M", Focus::Page | Focus::Control) => Some(KeyAction::ToggleMute),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn space_starts_and_then_ends_the_turn() {
        assert_eq!(
            action(" ", Focus::Page, Phase::Ready, false),
            Some(KeyAction::Start)
        );
        assert_eq!(
            action(" ", Focus::Page, Phase::HearingYou, false),
            Some(KeyAction::EndTurn)
        );
        assert_eq!(action(" ", Focus::Page, Phase::Connecting, false), None);
    }

    #[test]
    fn typing_is_never_a_shortcut_but_escape_always_interrupts() {
        for key in [" ", "m"] {
            assert_eq!(action(key, Focus::Field, Phase::Listening, false), None);
        }
        assert_eq!(action(" ", Focus::Control, Phase::Ready, false), None);
        assert_eq!(
            action("Escape", Focus::Field, Phase::AiSpeaking, false),
            Some(KeyAction::Interrupt)
        );
    }

    #[test]
    fn escape_closes_an_open_sheet_first() {
        assert_eq!(
            action("Escape", Focus::Page, Phase::AiSpeaking, true),
            Some(KeyAction::CloseSheet)
        );
    }
}

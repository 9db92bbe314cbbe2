//! How a conversation that is kept came to its end, on every page that says so.

use viva_protocol::rest::SessionStatus;

use super::Spoken;

words! {
    active: "Going on", "進行中";
    completed: "Completed", "已完成";
    disconnected: "Connection lost", "連線中斷";
    error: "Failed", "失敗";
    superseded: "Replaced by another", "被另一場取代";
}

/// What a state is called.
pub fn status(status: SessionStatus, words: &impl Spoken) -> &'static str {
    let words = Words::of(words.language());
    match status {
        SessionStatus::Active => words.active,
        SessionStatus::Completed => words.completed,
        SessionStatus::Disconnected => words.disconnected,
        SessionStatus::Error => words.error,
        SessionStatus::Superseded => words.superseded,
    }
}

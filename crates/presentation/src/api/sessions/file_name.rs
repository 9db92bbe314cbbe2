//! What files are called that people take away: all of these names are plain ASCII without quotes or spaces.

use chrono::{DateTime, Utc};
use viva_domain::ids::SessionId;
use viva_domain::turns::TurnNumber;
use viva_protocol::rest::AudioSide;

/// Of a whole session: `viva-2026-11-30-<id>.zip`, by the day (UTC) on which it began.
pub(super) fn of_session(began: DateTime<Utc>, id: SessionId, extension: &str) -> String {
    format!("viva-{}-{id}.{extension}", began.format("%Y-%m-%d"))
}

/// Of one side of one turn: `viva-2026-11-30-<id>-turn-001-user.wav`.
pub(super) fn of_recording(began: DateTime<Utc>, id: SessionId, turn: TurnNumber, side: AudioSide) -> String {
    let side = side_name(side);
    format!(
        "viva-{}-{id}-turn-{:03}-{side}.wav",
        began.format("%Y-%m-%d"),
        turn.get()
    )
}

/// The same within an archive of its session.
pub(super) fn in_archive(turn: u16, side: AudioSide) -> String {
    format!("audio/turn_{turn:03}_{}.wav", side_name(side))
}

pub(super) const fn side_name(side: AudioSide) -> &'static str {
    match side {
        AudioSide::User => "user",
        AudioSide::Ai => "ai",
    }
}

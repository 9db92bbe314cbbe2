//! Sessions for tests.

#![expect(
    clippy::needless_pass_by_value,
    reason = "what is handed over is written down where it is"
)]

use serde_json::{Value, json};
use uuid::Uuid;
use viva_protocol::rest::{SessionDetail, Turn};

pub(crate) fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub(crate) fn session(number: u128, more: Value, turns: &[Turn]) -> SessionDetail {
    let mut session = json!({
        "id": id(number), "status": "completed", "started_at": "2026-11-29T10:00:00Z", "ended_at": "2026-11-29T10:01:05Z",
        "barge_in_enabled": true, "turns": turns,
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        session[name] = value.clone();
    }
    serde_json::from_value(session).unwrap()
}

pub(crate) fn realtime(number: u128) -> SessionDetail {
    session(number, json!({"mode": "realtime", "config": {}}), &[])
}

pub(crate) fn turn(turn_number: u16, latency: Value, more: Value) -> Turn {
    let mut turn = json!({
        "id": id(u128::from(turn_number)), "turn_number": turn_number, "started_at": "2026-11-29T10:00:00Z",
        "ended_at": "2026-11-29T10:00:05Z", "interrupted": false, "latency": latency,
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        turn[name] = value.clone();
    }
    serde_json::from_value(turn).unwrap()
}

//! A session that goes on in another mode.

use std::sync::Arc;

use serde_json::{Value, json};
use viva_domain::ports::{Message, MessageRole, ProviderError, ProviderErrorKind, RealtimeEventKind};

use super::conversation::play_until;
use crate::bench::{Server, Socket};

pub(super) fn switch_to(offer: &Value) -> Value {
    json!({"type": "switch_mode", "mode": offer["mode"], "config": offer["config"]})
}

/// The realtime provider says that it cannot go on.
pub(super) fn fail(server: &Server) {
    server
        .voice
        .say(RealtimeEventKind::Failed(Arc::new(ProviderError {
            kind: ProviderErrorKind::Unavailable,
            provider: "offline".to_owned(),
            retry_after: None,
            source: None,
        })));
}

/// Speaks a turn of 100 ms, and waits for the first audio of its answer.
pub(super) async fn is_answered(socket: &mut Socket) -> u16 {
    for _ in 0..5 {
        socket.speak([1, 1].repeat(480)).await;
    }
    socket.until("speech_started").await;
    socket.say(json!({"type": "end_turn"})).await;
    socket.until_audio().await.turn_number
}

#[tokio::test]
async fn a_provider_that_fails_is_replaced_by_the_offered_cascade() {
    let server = Server::with_cascade().await;
    let mut socket = server.connect().await;
    socket.start().await;
    fail(&server);
    let offer = socket.until("fallback_offered").await;
    socket.say(switch_to(&offer)).await;
    let switched = socket.json().await;
    insta::assert_json_snapshot!([&offer, &switched]);
    assert_eq!(is_answered(&mut socket).await, 1);
}

#[tokio::test]
async fn a_wrong_wish_is_refused_and_the_session_goes_on() {
    let server = Server::with_cascade().await;
    let mut socket = server.connect().await;
    let started = socket.start().await;
    let mut answers = Vec::new();
    for (mode, config) in [
        ("telepathy", json!({})),
        ("cascade", json!({"llm_provider": "nobody"})),
        ("cascade", json!({"options": {"llm_mood": "sour"}})),
        ("realtime", json!({"voice": 5})),
    ] {
        let wish = json!({"type": "switch_mode", "mode": mode, "config": config});
        socket.say(wish).await;
        answers.push(socket.json().await);
    }
    insta::assert_json_snapshot!(answers);
    server.exchange(240);
    assert_eq!(socket.until_audio().await.turn_number, 1);
    socket
        .say(json!({"type": "switch_mode", "mode": "cascade"}))
        .await;
    let switched = socket.until("mode_switched").await;
    assert_eq!(switched["mode"], "cascade");
    socket.say(json!({"type": "end_session"})).await;
    let ended = socket.until("session_ended").await;
    assert_eq!(ended["session_id"], started["session_id"]);
}

#[tokio::test]
async fn a_cascade_gives_way_to_a_provider_that_knows_the_conversation() {
    let server = Server::with_cascade().await;
    let mut socket = server.connect().await;
    socket
        .say(json!({"type": "start_session", "mode": "cascade"}))
        .await;
    assert_eq!(socket.until("session_started").await["mode"], "cascade");
    for _ in 0..5 {
        socket.speak([1, 1].repeat(480)).await;
    }
    socket.until("speech_started").await;
    socket.say(json!({"type": "end_turn"})).await;
    play_until(&mut socket, "response_ended").await;

    socket
        .say(json!({"type": "switch_mode", "mode": "realtime"}))
        .await;
    let switched = socket.until("mode_switched").await;
    assert_eq!(switched["mode"], "realtime");
    assert_eq!(switched.get("reason"), None, "it was asked for");
    server.ears.until_closed().await;
    let message = |role, text: &str| Message {
        role,
        text: text.to_owned(),
    };
    assert_eq!(
        server.voice.recorded().requests[0].history,
        [
            message(MessageRole::User, "Hello."),
            message(MessageRole::Assistant, "Hello there.")
        ]
    );
    server.exchange(240);
    assert_eq!(socket.until_audio().await.turn_number, 2);
}

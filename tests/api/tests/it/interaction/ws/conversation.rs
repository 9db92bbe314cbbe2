//! A conversation over a real socket, and what is kept of it.

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use viva_protocol::ws::AudioFrame;

use crate::bench::{RATE, Server, Socket};

/// Plays answers to their end until a message of this type, and answers everything up to it.
pub(super) async fn play_until(socket: &mut Socket, kind: &str) -> Vec<Value> {
    let mut messages: Vec<Value> = Vec::new();
    let mut samples = 0;
    while messages.last().is_none_or(|message| message["type"] != kind) {
        match socket.next().await {
            Message::Text(text) => messages.push(serde_json::from_str(&text).unwrap()),
            Message::Binary(bytes) => {
                let frame = AudioFrame::decode(bytes).unwrap();
                samples += frame.payload.len() / 2;
                let event = if frame.is_last { "finished" } else { "started" };
                let played_ms = samples * 1_000 / RATE as usize;
                socket
                    .say(json!({
                        "type": "playback", "turn_number": frame.turn_number, "event": event, "played_ms": played_ms,
                        "at": 0,
                    }))
                    .await;
            }
            other => panic!("{other:?}"),
        }
    }
    messages
}

/// What differs from run to run, made the same.
fn steady(mut message: Value) -> Value {
    for field in ["timestamp", "duration_ms", "latency"] {
        if let Some(value) = message.get_mut(field) {
            *value = json!(format!("[{field}]"));
        }
    }
    if let Some(summary) = message.get_mut("summary") {
        for (name, value) in summary.as_object_mut().unwrap() {
            if name.ends_with("_ms") {
                *value = json!(format!("[{name}]"));
            }
        }
    }
    message
}

#[tokio::test]
async fn a_turn_is_spoken_answered_and_kept() {
    let server = Server::start().await;
    let mut socket = server.connect().await;
    let started = socket.start().await;
    server.exchange(2_400);
    let mut messages = vec![started.clone()];
    messages.extend(play_until(&mut socket, "response_ended").await);
    socket.say(json!({"type": "end_session"})).await;
    messages.push(socket.until("session_ended").await);
    // A turn's latency is told when it is known, before or after what else is said meanwhile.
    messages.retain(|message| message["type"] != "turn_latency");
    for message in &mut messages {
        message.as_object_mut().unwrap().remove("seq");
    }
    let messages: Vec<Value> = messages.into_iter().map(steady).collect();
    insta::assert_json_snapshot!(messages);

    let id = started["session_id"].as_str().unwrap();
    let kept = server
        .get(&format!("/api/v1/interaction/sessions/{id}"))
        .await
        .json();
    assert_eq!(kept["status"], "completed");
    let turn = &kept["turns"][0];
    assert_eq!(
        (&turn["user_transcript"], &turn["ai_transcript"]),
        (&json!("What time is it?"), &json!("Noon."))
    );
    assert_eq!(
        (&turn["ai_audio_ms"], &turn["interrupted"]),
        (&json!(100), &json!(false))
    );
    let path = format!(
        "/api/v1/interaction/sessions/{id}/turns/{}/audio?type=ai",
        turn["id"].as_str().unwrap()
    );
    let audio = server.get(&path).await;
    assert_eq!((audio.status.as_u16(), &audio.body[..4]), (200, &b"RIFF"[..]));
    assert_eq!(audio.body.len(), 44 + 4_800);
}

#[tokio::test]
async fn messages_of_a_session_are_numbered_without_gaps() {
    let server = Server::start().await;
    let mut socket = server.connect().await;
    socket.start().await;
    server.exchange(2_400);
    let messages = play_until(&mut socket, "response_ended").await;
    let numbers: Vec<u64> = messages
        .iter()
        .map(|message| message["seq"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, (1..=messages.len() as u64).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_second_session_supersedes_the_first() {
    let server = Server::start().await;
    let (mut first, mut second) = (server.connect().await, server.connect().await);
    let started = first.start().await;
    second.start().await;
    let ended = first.until("session_ended").await;
    assert_eq!(
        (&ended["session_id"], &ended["status"]),
        (&started["session_id"], &json!("superseded"))
    );
    assert_eq!(server.state.sessions.live_count(), 1);
}

#[tokio::test]
async fn a_broken_connection_is_resumed_where_it_broke() {
    let server = Server::start().await;
    let mut socket = server.connect().await;
    let started = socket.start().await;
    server.exchange(24_000);
    let heard = socket.until_audio().await;
    drop(socket);

    let mut again = server.connect().await;
    again.resume(&started, Some(heard.seq), Some(0)).await;
    assert_eq!(again.json().await["type"], "session_resumed");
    assert_eq!(
        again.json().await["seq"],
        1,
        "messages after the last one that arrived"
    );
    assert_eq!(again.until_audio().await.seq, heard.seq + 1);
}

#[tokio::test]
async fn a_connection_that_still_lives_gives_way_to_the_one_that_resumes() {
    let server = Server::start().await;
    let mut old = server.connect().await;
    let started = old.start().await;
    let mut new = server.connect().await;
    new.resume(&started, None, Some(0)).await;
    assert_eq!(new.json().await["type"], "session_resumed");
    assert_eq!(old.close_code().await, 4009);
}

#[tokio::test]
async fn a_websocket_ping_is_answered() {
    let server = Server::start().await;
    let mut socket = server.connect().await;
    socket.send(Message::Ping("are you there".into())).await;
    assert_eq!(socket.next().await, Message::Pong("are you there".into()));
}

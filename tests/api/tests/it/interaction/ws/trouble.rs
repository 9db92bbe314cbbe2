//! Bad input and bad luck on a real socket.

use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::Message;
use viva_domain::ids::UserId;
use viva_domain::ports::StoreErrorKind;
use viva_domain::sessions::{EndStatus, SessionStatus};

use crate::bench::{RATE, Server};

/// The largest message.
const MOST: usize = 256 * 1024;

#[tokio::test]
async fn bad_messages_are_answered_and_the_session_goes_on() {
    let server = Server::start().await;
    let mut socket = server.connect().await;
    socket.speak(vec![0; 960]).await;
    let mut answers = vec![socket.json().await];
    let started = socket.start().await;
    for text in [
        "nonsense",
        r#"{"type":"start_session","mode":"realtime"}"#,
        r#"{"type":"audio_chunk","audio":"AA=="}"#,
        r#"{"type":"switch_mode","mode":"cascade"}"#,
        r#"{"type":"from_the_future"}"#,
    ] {
        socket.send(Message::text(text)).await;
    }
    for _ in 0..4 {
        answers.push(socket.json().await);
    }
    insta::assert_json_snapshot!(answers);
    socket.say(json!({"type": "end_session"})).await;
    assert_eq!(
        socket.until("session_ended").await["session_id"],
        started["session_id"]
    );
}

#[tokio::test]
async fn the_largest_message_passes_and_a_larger_one_closes() {
    let server = Server::start().await;
    let ping = |bytes: usize| {
        let least = json!({"type": "ping", "timestamp": 1, "padding": ""})
            .to_string()
            .len();
        json!({"type": "ping", "timestamp": 1, "padding": "x".repeat(bytes - least)})
    };
    let mut socket = server.connect().await;
    let started = socket.start().await;
    socket.say(ping(MOST)).await;
    assert_eq!(socket.until("pong").await["client_timestamp"], 1.0);
    socket.say(ping(MOST + 1)).await;
    assert_eq!(socket.until("error").await["code"], "INVALID_MESSAGE");
    assert_eq!(socket.close_code().await, 1009);

    let mut again = server.connect().await;
    again.resume(&started, None, None).await;
    assert_eq!(again.json().await["type"], "session_resumed");
    again.speak(vec![0; MOST - 14]).await;
    assert_eq!(again.close_code().await, 1009);
}

#[tokio::test]
async fn audio_that_comes_too_fast_is_refused() {
    let server = Server::start().await;
    let mut socket = server.connect().await;
    socket.start().await;
    // 20 s as fast as it goes: the burst is 5 s, and a busy machine may take a while.
    for _ in 0..1_000 {
        socket.speak(vec![0; 960]).await;
    }
    let error = socket.until("error").await;
    assert_eq!(
        (&error["code"], &error["recoverable"]),
        (&json!("INVALID_AUDIO"), &json!(true))
    );
    assert_eq!(server.state.sessions.live_count(), 1);
}

#[tokio::test]
async fn a_client_that_vanishes_within_a_frame_may_come_back() {
    let server = Server::start().await;
    let mut socket = server.connect().await;
    let started = socket.start().await;
    // A masked binary frame of 976 bytes, of which ten arrive.
    let mut stream = socket.0.into_inner();
    stream
        .write_all(&[0x82, 0xfe, 0x03, 0xd0, 1, 2, 3, 4, 5, 6])
        .await
        .unwrap();
    drop(stream);
    let mut again = server.connect().await;
    again.resume(&started, None, Some(0)).await;
    assert_eq!(again.json().await["type"], "session_resumed");
}

#[tokio::test]
async fn a_client_that_never_reads_is_let_go() {
    let server = Server::resumable_for(Duration::from_millis(50)).await;
    let mut socket = server.connect().await;
    socket.start().await;
    server.exchange(60 * RATE as usize);
    // The session ends 50 ms after the server has let the client go, which takes it 5 s.
    server.voice.until(|told| told.open == 0).await;
    server.voice.until_closed().await;
}

#[tokio::test]
async fn a_client_that_vanishes_and_stays_away_leaves_nothing_running() {
    let server = Server::resumable_for(Duration::from_millis(50)).await;
    let mut socket = server.connect().await;
    let started = socket.start().await;
    drop(socket);
    server.voice.until(|told| told.open == 0).await;
    server.voice.until_closed().await;
    let mut late = server.connect().await;
    late.resume(&started, None, None).await;
    assert_eq!(late.json().await["code"], "RESUME_EXPIRED");
    let id = started["session_id"].as_str().unwrap().parse().unwrap();
    let session = server
        .session_store
        .find(UserId::LOCAL, id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        session.state.status(),
        SessionStatus::Ended(EndStatus::Disconnected)
    );
}

#[tokio::test]
async fn without_its_database_no_session_starts_and_the_connection_goes_on() {
    let (server, store) = Server::on_fakes().await;
    let mut socket = server.connect().await;
    store.faults().fail_next(1, StoreErrorKind::Unavailable);
    socket
        .say(json!({"type": "start_session", "mode": "realtime"}))
        .await;
    let error = socket.json().await;
    assert_eq!(
        (&error["code"], &error["recoverable"]),
        (&json!("INTERNAL_ERROR"), &json!(true))
    );
    assert_eq!(server.state.sessions.live_count(), 0);
    socket.start().await;
}

#[tokio::test]
async fn a_database_that_goes_away_costs_no_finished_turn() {
    let (server, store) = Server::on_fakes().await;
    let mut socket = server.connect().await;
    let started = socket.start().await;
    store.faults().fail(StoreErrorKind::Unavailable);
    server.exchange(2_400);
    let turn = socket.until_audio().await.turn_number;
    for event in ["started", "finished"] {
        socket
            .say(json!({"type": "playback", "turn_number": turn, "event": event, "played_ms": 100, "at": 0}))
            .await;
    }
    let notice = socket.until("notice").await;
    assert_eq!(notice["code"], "storage_delayed");
    store.faults().recover();
    socket.say(json!({"type": "end_session"})).await;
    assert_eq!(socket.until("session_ended").await["status"], "completed");
    let id = started["session_id"].as_str().unwrap();
    let kept = server
        .get(&format!("/api/v1/interaction/sessions/{id}/turns"))
        .await
        .json();
    assert_eq!(kept["total"], 1);
}

//! One message at a time: what is understood, and what is refused and how.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::Message;
use serde_json::{Value, json};
use tokio::time::{Instant, advance};
use viva_domain::ports::{ProviderErrorKind, RealtimeCommand, StoreErrorKind};
use viva_protocol::ws::{AudioFrame, FrameKind};

use super::bench::{Bench, Client, FRAME};
use crate::ws::connection::Received;

/// What one message is answered with: the type, and the code of an error.
async fn answer(client: &mut Client, message: Value) -> (String, String) {
    client.say(message).await;
    let answer = client.json().await;
    (
        answer["type"].as_str().unwrap().to_owned(),
        answer["code"].as_str().unwrap_or_default().to_owned(),
    )
}

async fn code(client: &mut Client, message: Value) -> String {
    let (kind, code) = answer(client, message.clone()).await;
    assert_eq!(kind, "error", "{message}");
    code
}

fn frame(kind: FrameKind, payload: &'static [u8]) -> Received {
    let payload = Bytes::from_static(payload);
    Received::Binary(
        AudioFrame {
            kind,
            is_last: false,
            turn_number: 0,
            seq: 0,
            position: 0,
            payload,
        }
        .encode(),
    )
}

#[tokio::test(start_paused = true)]
async fn the_first_message_introduces_the_server() {
    let mut client = Bench::new().connect_silently();
    insta::assert_json_snapshot!(client.json().await, @r#"
    {
      "protocol_version": 1,
      "server_time": "2026-01-01T00:00:00Z",
      "type": "connection_ready"
    }
    "#);
}

#[tokio::test(start_paused = true)]
async fn text_that_is_no_message_is_refused_and_the_connection_goes_on() {
    let bench = Bench::new();
    let mut client = bench.connect().await;
    for text in [
        "",
        "nonsense",
        "[]",
        "{}",
        r#"{"type":5}"#,
        r#"{"type":"ping"}"#,
        "{\"type\":\"ping\",\"timestamp\":1e999}",
    ] {
        client.send_text(text).await;
        let error = client.json().await;
        assert_eq!(
            (&error["type"], &error["code"]),
            (&json!("error"), &json!("INVALID_MESSAGE")),
            "{text}"
        );
        assert_eq!(error["recoverable"], true);
        assert!(
            error.get("seq").is_none(),
            "an error about a message has no place in the session's stream"
        );
    }
    assert_eq!(client.start().await["seq"], 0);
}

#[tokio::test(start_paused = true)]
async fn unknown_types_and_fields_are_ignored() {
    let bench = Bench::new();
    let mut client = bench.connect().await;
    for _ in 0..20 {
        client.say(json!({"type": "dance", "style": "waltz"})).await;
    }
    client
        .say(json!({"type": "authenticate", "token": "anything"}))
        .await;
    let (kind, _) = answer(
        &mut client,
        json!({"type": "ping", "timestamp": 5.5, "mood": "good"}),
    )
    .await;
    assert_eq!(kind, "pong");
}

#[tokio::test(start_paused = true)]
async fn a_ping_brings_its_number_back_with_the_servers_clock() {
    let bench = Bench::new();
    let mut client = bench.connect().await;
    advance(Duration::from_millis(1_250)).await;
    client.say(json!({"type": "ping", "timestamp": 5.5})).await;
    assert_eq!(
        client.json().await,
        json!({"type": "pong", "client_timestamp": 5.5, "server_timestamp": 1250.0})
    );
}

#[tokio::test(start_paused = true)]
async fn before_a_session_there_is_nobody_to_tell() {
    let bench = Bench::new();
    for message in [
        json!({"type": "audio_chunk", "audio": "AAA="}),
        json!({"type": "end_turn"}),
        json!({"type": "ready"}),
        json!({"type": "interrupt"}),
        json!({"type": "update_session"}),
        json!({"type": "playback", "turn_number": 1, "event": "started", "played_ms": 0, "at": 0}),
        json!({"type": "switch_mode", "mode": "cascade"}),
        json!({"type": "end_session"}),
    ] {
        assert_eq!(
            code(&mut bench.connect().await, message.clone()).await,
            "NO_SESSION",
            "{message}"
        );
    }
    let mut client = bench.connect().await;
    client.speak(0).await;
    assert_eq!(client.json().await["code"], "NO_SESSION");
}

#[tokio::test(start_paused = true)]
async fn a_connection_has_one_session_at_a_time() {
    let bench = Bench::new();
    let mut client = bench.connect().await;
    let started = client.start().await;
    assert_eq!(
        code(&mut client, json!({"type": "start_session", "mode": "realtime"})).await,
        "SESSION_EXISTS"
    );
    client.resume(&started, None, None).await;
    assert_eq!(client.json().await["code"], "SESSION_EXISTS");
    assert_eq!(bench.ended(&started).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_start_that_cannot_work_says_why() {
    let bench = Bench::new();
    for (fields, expected) in [
        (json!({"mode": "telepathy"}), "INVALID_MODE"),
        (json!({"mode": "holographic"}), "INVALID_MODE"),
        (
            json!({"mode": "cascade", "config": {"stt_provider": "nobody"}}),
            "INVALID_CONFIG",
        ),
        (
            json!({"mode": "realtime", "audio": {"input_rate": 12345}}),
            "INVALID_CONFIG",
        ),
        (
            json!({"mode": "realtime", "audio": {"output_rate": 0}}),
            "INVALID_CONFIG",
        ),
        (
            json!({"mode": "realtime", "audio": {"transport": "smoke"}}),
            "INVALID_MESSAGE",
        ),
        (
            json!({"mode": "realtime", "turn_detection": {"threshold": 7}}),
            "INVALID_CONFIG",
        ),
        (
            json!({"mode": "realtime", "config": {"realtime_provider": "nobody"}}),
            "INVALID_CONFIG",
        ),
        (
            json!({"mode": "realtime", "config": {"options": {"colour": "red"}}}),
            "INVALID_CONFIG",
        ),
        (
            json!({"mode": "realtime", "ai_role": "x".repeat(201)}),
            "INVALID_CONFIG",
        ),
        (json!({"config": {}}), "INVALID_MESSAGE"),
    ] {
        let mut message = fields;
        message["type"] = json!("start_session");
        assert_eq!(
            code(&mut bench.connect().await, message.clone()).await,
            expected,
            "{message}"
        );
    }
    assert_eq!(bench.sessions.live_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn failures_of_others_do_not_count_against_the_client() {
    let bench = Bench::new();
    let mut client = bench.connect().await;
    let start = json!({"type": "start_session", "mode": "realtime"});
    bench.voice.faults().fail_next(10, ProviderErrorKind::Unavailable);
    for _ in 0..10 {
        assert_eq!(code(&mut client, start.clone()).await, "PROVIDER_UNAVAILABLE");
    }
    bench
        .session_store
        .faults()
        .fail_next(1, StoreErrorKind::Unavailable);
    assert_eq!(code(&mut client, start).await, "INTERNAL_ERROR");
    client.start().await;
}

#[tokio::test(start_paused = true)]
async fn audio_that_cannot_be_used_is_refused_and_the_session_goes_on() {
    let bench = Bench::new();
    let mut client = bench.connect().await;
    client.start().await;
    for bad in [
        frame(FrameKind::User, &[0, 0, 0]),
        frame(FrameKind::Ai, &[0, 0]),
        Received::Binary(Bytes::from_static(b"short")),
        Received::Binary(Bytes::from_static(&[9; 18])),
        Received::Text(r#"{"type":"audio_chunk","audio":"AA=="}"#.into()),
        Received::Text(r#"{"type":"audio_chunk","audio":"no base64"}"#.into()),
    ] {
        client.send(bad.clone()).await;
        assert_eq!(client.json().await["code"], "INVALID_AUDIO", "{bad:?}");
        advance(Duration::from_secs(7)).await;
    }
    client.speak(20_000).await;
    client
        .send_text(r#"{"type":"audio_chunk","audio":"AQABAA==","timestamp":40}"#)
        .await;
    let heard = bench.voice.until(|told| told.audio().len() == FRAME + 2).await;
    assert_eq!(heard.audio()[FRAME..], [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn what_makes_no_sense_in_a_session_is_refused_and_it_goes_on() {
    let bench = Bench::new();
    let mut client = bench.connect().await;
    let started = client.start().await;
    let playback = |turn_number: u16, played_ms: f64, at: f64| json!({"type": "playback", "turn_number": turn_number, "event": "progress", "played_ms": played_ms, "at": at});
    for (message, expected) in [
        (playback(0, 0.0, 0.0), "INVALID_MESSAGE"),
        (playback(1, -1.0, 0.0), "INVALID_MESSAGE"),
        (playback(1, 0.0, -1.0), "INVALID_MESSAGE"),
        (json!({"type": "interrupt", "played_ms": -5}), "INVALID_MESSAGE"),
        (
            json!({"type": "update_session", "turn_detection": {"silence_ms": 4_000_000}}),
            "INVALID_CONFIG",
        ),
        (
            json!({"type": "switch_mode", "mode": "holographic"}),
            "INVALID_MODE",
        ),
        (
            json!({"type": "switch_mode", "mode": "cascade"}),
            "INVALID_CONFIG",
        ),
    ] {
        assert_eq!(code(&mut client, message.clone()).await, expected, "{message}");
    }
    assert_eq!(bench.ended(&started).await, None);
}

#[tokio::test(start_paused = true)]
async fn audio_within_the_burst_passes_and_a_flood_is_refused_once_a_second() {
    let bench = Bench::new();
    let mut client = bench.connect().await;
    client.start().await;
    // 5 s at once are the burst. After it, twice real time passes and three times does not.
    for frame in 0..250 {
        client.speak(frame * 20_000).await;
    }
    bench.voice.until(|told| told.audio().len() == 250 * FRAME).await;
    for frame in 0..100 {
        advance(Duration::from_millis(10)).await;
        client.speak((250 + frame) * 20_000).await;
    }
    bench.voice.until(|told| told.audio().len() == 350 * FRAME).await;

    let flood = Instant::now();
    let mut refused = Vec::new();
    for frame in 0..600 {
        advance(Duration::from_millis(5)).await;
        client.speak((350 + frame) * 20_000).await;
        while let Ok(message) = client.try_next() {
            let Message::Text(text) = message else {
                panic!("{message:?}")
            };
            assert!(text.contains("INVALID_AUDIO"), "{text}");
            refused.push(flood.elapsed().as_secs());
        }
    }
    assert!(
        (3..=4).contains(&refused.len()),
        "3 s of flood, told at {refused:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_heard_reaches_the_provider_as_told() {
    let bench = Bench::new();
    let mut client = bench.connect().await;
    client
        .say(json!({"type": "start_session", "mode": "realtime", "greeting": true}))
        .await;
    client.until("session_started").await;
    client.say(json!({"type": "ready"})).await;
    let told = bench.voice.until(|told| !told.control().is_empty()).await;
    assert!(matches!(told.control()[0], RealtimeCommand::Greet(_)));
    client.until("response_started").await;
    client.say(json!({"type": "interrupt", "played_ms": 50})).await;
    let interrupted = client.until("interrupted").await;
    assert_eq!(
        (&interrupted["turn_number"], &interrupted["reason"]),
        (&json!(1), &json!("client"))
    );
    let told = bench.voice.until(|told| told.control().len() == 2).await;
    let RealtimeCommand::Interrupt {
        heard: Some(heard), ..
    } = &told.control()[1]
    else {
        panic!("{told:?}")
    };
    assert_eq!(heard.audio, Duration::from_millis(50));
}

//! Sessions over a connection: started, answered, resumed, replaced, ended.

use std::time::Duration;

use axum::extract::ws::Message;
use serde_json::{Value, json};
use tokio::time::sleep;
use viva_domain::ports::{ProviderErrorKind, RealtimeEventKind};
use viva_domain::sessions::EndStatus;
use viva_fakes::Answer;

use super::bench::{Bench, Client, FRAME, RATE};
use crate::ws::connection::Received;

/// Speaks for half a second, so that the session knows when what was.
async fn speak_for_a_while(client: &Client) {
    for frame in 0..25 {
        sleep(Duration::from_millis(20)).await;
        client.speak(1_000_000 + frame * 20_000).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_turn_is_told_in_order_and_measured_to_the_write() {
    let bench = Bench::new();
    let mut client = bench.connect().await;
    client.start().await;
    speak_for_a_while(&client).await;
    bench.exchange(FRAME);
    let mut kinds = Vec::new();
    let response_ended = loop {
        let message = client.json().await;
        kinds.push(message["type"].as_str().unwrap().to_owned());
        if message["type"] == "response_started" {
            let frame = client.until_audio().await;
            assert_eq!(
                (frame.turn_number, frame.position, frame.payload.len()),
                (1, 0, FRAME * 2)
            );
            for event in ["started", "finished"] {
                let at = 1_600.0;
                client
                    .say(json!({"type": "playback", "turn_number": 1, "event": event, "played_ms": 20, "at": at}))
                    .await;
            }
        }
        if message["type"] == "response_ended" {
            break message;
        }
    };
    let mut expected = vec![
        "speech_started",
        "speech_ended",
        // At the end of the turn, and at the first audio.
        "latency_progress",
        "latency_progress",
        "response_started",
        "turn_latency",
        "response_ended",
    ];
    kinds.sort();
    expected.sort_unstable();
    assert_eq!(kinds, expected);
    // The overhead ends with the write, so it is only known when the write was reported.
    assert!(
        response_ended["latency"]["overhead_ms"].is_number(),
        "{response_ended}"
    );
    client.say(json!({"type": "end_session"})).await;
    let ended = client.until("session_ended").await;
    assert_eq!(
        (&ended["status"], &ended["summary"]["total_turns"]),
        (&json!("completed"), &json!(1))
    );
}

#[tokio::test(start_paused = true)]
async fn after_a_session_the_connection_may_start_another() {
    let bench = Bench::new();
    let mut client = bench.connect().await;
    let first = client.start().await;
    client.say(json!({"type": "end_session"})).await;
    client.until("session_ended").await;
    // What was under way when the session ended is no mistake.
    client.speak(0).await;
    client
        .say(json!({"type": "playback", "turn_number": 1, "event": "progress", "played_ms": 5, "at": 0}))
        .await;
    let second = client.start().await;
    assert_ne!(first["session_id"], second["session_id"]);
    client.say(json!({"type": "end_session"})).await;
    client.until("session_ended").await;
    sleep(Duration::from_secs(6)).await;
    client.speak(0).await;
    assert_eq!(client.json().await["code"], "NO_SESSION");
}

#[tokio::test(start_paused = true)]
async fn audio_for_a_session_that_is_just_ending_is_no_mistake() {
    let bench = Bench::new();
    let mut client = bench.connect().await;
    let started = client.start().await;
    // The client does not read for a while: the end of the session waits behind what was said.
    bench.exchange(FRAME);
    sleep(Duration::from_millis(100)).await;
    client.say(json!({"type": "end_session"})).await;
    bench.session_ends(&started).await;
    while bench.sessions.live_count() > 0 {
        sleep(Duration::from_millis(10)).await;
    }
    client.speak(0).await;
    client.say(json!({"type": "ping", "timestamp": 1})).await;
    let mut awaited = vec!["pong", "session_ended"];
    while !awaited.is_empty() {
        let message = client.json().await;
        assert_ne!(message["type"], "error", "{message}");
        awaited.retain(|kind| message["type"] != *kind);
    }
}

#[tokio::test(start_paused = true)]
async fn base64_audio_is_asked_for_and_outlives_a_resume() {
    let bench = Bench::new();
    let mut client = bench.connect().await;
    client
        .say(json!({"type": "start_session", "mode": "realtime", "audio": {"output_rate": 16_000, "transport": "base64"}}))
        .await;
    let started = client.until("session_started").await;
    bench.exchange(RATE as usize / 10);
    let chunk = client.until("audio_chunk").await;
    assert_eq!(
        (&chunk["format"], &chunk["sample_rate"]),
        (&json!("pcm16"), &json!(16_000))
    );
    client.vanish();
    let mut again = bench.connect().await;
    again.resume(&started, None, None).await;
    again.until("session_resumed").await;
    let chunk = again.until("audio_chunk").await;
    assert_eq!(
        (&chunk["turn_number"], &chunk["sample_rate"]),
        (&json!(1), &json!(16_000))
    );
}

#[tokio::test(start_paused = true)]
async fn a_client_that_comes_back_gets_what_it_missed() {
    let bench = Bench::new();
    let mut client = bench.connect().await;
    let started = client.start().await;
    bench.exchange(RATE as usize);
    let first = client.until_audio().await;
    client.vanish();
    bench.all_closed().await;

    let mut again = bench.connect().await;
    again.resume(&started, Some(first.seq), Some(0)).await;
    let resumed = again.json().await;
    assert_eq!(
        (&resumed["type"], &resumed["session_id"]),
        (&json!("session_resumed"), &started["session_id"])
    );
    assert_eq!(resumed["turn_number"], 1);
    let (mut next_message, mut next_audio) = (1, first.seq + 1);
    loop {
        match again.next().await.unwrap() {
            Message::Binary(bytes) => {
                let frame = viva_protocol::ws::AudioFrame::decode(bytes).unwrap();
                assert_eq!(frame.seq, next_audio);
                next_audio += 1;
                if frame.is_last {
                    break;
                }
            }
            Message::Text(text) => {
                let message: Value = serde_json::from_str(&text).unwrap();
                assert_eq!(message["seq"], next_message, "{message}");
                next_message += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(next_message > 3 && next_audio > first.seq + 1);
}

#[tokio::test(start_paused = true)]
async fn a_resumed_session_leaves_its_old_connection() {
    let bench = Bench::new();
    let mut old = bench.connect().await;
    let started = old.start().await;
    let mut new = bench.connect().await;
    new.resume(&started, None, Some(0)).await;
    assert_eq!(new.json().await["type"], "session_resumed");
    assert_eq!(old.close_code().await, 4009);
    assert_eq!(bench.ended(&started).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_token_or_an_old_session_cannot_be_resumed() {
    let bench = Bench::new();
    let mut client = bench.connect().await;
    let started = client.start().await;
    let mut thief = bench.connect().await;
    let mut guess = started.clone();
    guess["resume_token"] = json!("guess");
    thief.resume(&guess, None, None).await;
    assert_eq!(thief.json().await["code"], "RESUME_EXPIRED");
    assert_eq!(bench.ended(&started).await, None);

    client.vanish();
    bench.session_ends(&started).await;
    assert_eq!(bench.ended(&started).await, Some(EndStatus::Disconnected));
    let mut late = bench.connect().await;
    late.resume(&started, None, None).await;
    assert_eq!(late.json().await["code"], "RESUME_EXPIRED");
    late.start().await;
}

#[tokio::test(start_paused = true)]
async fn a_second_session_of_the_user_supersedes_the_first() {
    let bench = Bench::new();
    let mut first = bench.connect().await;
    first.start().await;
    let mut second = bench.connect().await;
    second.start().await;
    assert_eq!(first.until("session_ended").await["status"], "superseded");
    // The connection stays; its user may want to go on here.
    first.start().await;
    assert_eq!(second.until("session_ended").await["status"], "superseded");
}

#[tokio::test(start_paused = true)]
async fn failures_of_the_provider_are_told_with_their_code() {
    let bench = Bench::new();
    bench
        .voice
        .answer(Answer::new().fails(ProviderErrorKind::RateLimited));
    bench
        .voice
        .answer(Answer::new().breaks_off(ProviderErrorKind::QuotaExceeded));
    let mut client = bench.connect().await;
    client
        .say(json!({"type": "start_session", "mode": "realtime", "greeting": true}))
        .await;
    client.until("session_started").await;
    client.say(json!({"type": "ready"})).await;
    let error = client.until("error").await;
    assert_eq!(
        (&error["code"], &error["recoverable"]),
        (&json!("RATE_LIMITED"), &json!(true))
    );
    assert!(error["seq"].is_number(), "it belongs to the session");

    bench.voice.say(RealtimeEventKind::Failed(std::sync::Arc::new(
        viva_domain::ports::ProviderError {
            kind: ProviderErrorKind::QuotaExceeded,
            provider: "offline".to_owned(),
            retry_after: None,
            source: None,
        },
    )));
    let error = client.until("error").await;
    assert_eq!(
        (&error["code"], &error["recoverable"]),
        (&json!("QUOTA_EXCEEDED"), &json!(false))
    );
    assert_eq!(client.until("session_ended").await["status"], "error");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_closes_normally_has_ended_its_session() {
    let bench = Bench::new();
    for (code, expected) in [
        (Some(1000), Some(EndStatus::Completed)),
        (Some(1001), None),
        (None, None),
    ] {
        let mut client = bench.connect().await;
        let started = client.start().await;
        client.send(Received::Closed(code)).await;
        bench.all_closed().await;
        sleep(Duration::from_secs(3)).await;
        assert_eq!(bench.ended(&started).await, expected, "closed with {code:?}");
    }
}

//! How connections end.

use std::time::Duration;

use axum::extract::ws::Message;
use serde_json::json;
use tokio::time::{Instant, advance, sleep};
use viva_domain::sessions::EndStatus;

use super::bench::{Bench, RATE};
use crate::ws::connection::Received;

#[tokio::test(start_paused = true)]
async fn the_tenth_bad_message_closes_the_connection_and_the_session_waits() {
    let bench = Bench::new();
    let mut client = bench.connect().await;
    let started = client.start().await;
    for _ in 0..10 {
        client.send_text("nonsense").await;
        assert_eq!(client.json().await["code"], "INVALID_MESSAGE");
    }
    assert_eq!(client.close_code().await, 1008);
    assert_eq!(bench.ended(&started).await, None);
}

#[tokio::test(start_paused = true)]
async fn ten_bad_messages_in_more_than_a_minute_are_forgiven() {
    let bench = Bench::new();
    let mut client = bench.connect().await;
    for _ in 0..30 {
        client.send_text("nonsense").await;
        assert_eq!(client.json().await["code"], "INVALID_MESSAGE");
        advance(Duration::from_secs(7)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_over_the_limit_is_told_and_closes() {
    let bench = Bench::new();
    let mut client = bench.connect().await;
    let started = client.start().await;
    client.send(Received::TooBig).await;
    let error = client.until("error").await;
    assert_eq!(
        (&error["code"], &error["recoverable"]),
        (&json!("INVALID_MESSAGE"), &json!(true))
    );
    assert_eq!(client.close_code().await, 1009);
    assert_eq!(bench.ended(&started).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_reads_is_let_go_and_may_come_back() {
    let bench = Bench::new();
    let mut client = bench.connect().await;
    let started = client.start().await;
    let begin = Instant::now();
    bench.exchange(RATE as usize * 20);
    bench.all_closed().await;
    // 5 s for the client, 1 s for the farewell that it does not take either.
    let took = begin.elapsed();
    assert!(
        (Duration::from_secs(5)..Duration::from_secs(7)).contains(&took),
        "{took:?}"
    );
    assert_eq!(bench.ended(&started).await, None);

    let mut again = bench.connect().await;
    again.resume(&started, None, Some(0)).await;
    assert_eq!(again.json().await["type"], "session_resumed");
    client.vanish();
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_late_is_told_that_it_was_too_slow() {
    let bench = Bench::new();
    let mut client = bench.connect().await;
    client.start().await;
    bench.exchange(RATE as usize * 20);
    sleep(Duration::from_millis(5_500)).await;
    assert_eq!(client.close_code().await, 4008);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_only_asks_is_let_go_too() {
    let bench = Bench::new();
    let client = bench.connect().await;
    for _ in 0..100 {
        client.say(json!({"type": "ping", "timestamp": 1})).await;
    }
    let begin = Instant::now();
    bench.all_closed().await;
    assert!(begin.elapsed() < Duration::from_secs(7), "{:?}", begin.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_vanishes_may_come_back_for_30_s() {
    let bench = Bench::new();
    let mut client = bench.connect().await;
    let started = client.start().await;
    client.vanish();
    sleep(Duration::from_secs(29)).await;
    assert_eq!(bench.ended(&started).await, None);
    sleep(Duration::from_secs(2)).await;
    assert_eq!(bench.ended(&started).await, Some(EndStatus::Disconnected));
    assert_eq!(bench.sessions.live_count(), 0);
    bench.voice.until_closed().await;
}

#[tokio::test(start_paused = true)]
async fn silence_is_asked_about_and_no_answer_is_a_lost_client() {
    let bench = Bench::new();
    let mut quiet = bench.connect().await;
    let started = quiet.start().await;
    let begin = Instant::now();
    let asked = quiet.next().await;
    assert!(matches!(asked, Some(Message::Ping(_))), "{asked:?}");
    assert_eq!(begin.elapsed(), Duration::from_secs(15));
    quiet.send(Received::Alive).await;
    assert!(matches!(quiet.next().await, Some(Message::Ping(_))));
    assert_eq!(quiet.next().await, None);
    assert_eq!(begin.elapsed(), Duration::from_secs(45));
    assert_eq!(
        bench.ended(&started).await,
        None,
        "the session waits to be resumed"
    );
}

#[tokio::test(start_paused = true)]
async fn shutting_down_ends_sessions_first_and_then_connections() {
    let bench = Bench::new();
    let mut talking = bench.connect().await;
    let mut idle = bench.connect().await;
    let started = talking.start().await;
    bench.stopping.cancel();
    assert_eq!(idle.close_code().await, 1001);
    let ending = bench.sessions.shut_down();
    let farewell = async {
        let ended = talking.until("session_ended").await;
        (ended, talking.close_code().await)
    };
    let ((), (ended, code)) = tokio::join!(ending, farewell);
    assert_eq!((&ended["status"], code), (&json!("disconnected"), 1001));
    assert_eq!(bench.ended(&started).await, Some(EndStatus::Disconnected));
}

#[tokio::test(start_paused = true)]
async fn nothing_starts_while_the_server_shuts_down() {
    let bench = Bench::new();
    let mut client = bench.connect().await;
    bench.sessions.shut_down().await;
    client
        .say(json!({"type": "start_session", "mode": "realtime"}))
        .await;
    assert_eq!(client.json().await["code"], "INTERNAL_ERROR");
}

//! A server that is told to stop.

use std::time::Duration;

use serde_json::json;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::bench::Server;

#[tokio::test]
async fn live_sessions_end_cleanly_and_nothing_is_accepted_after() {
    let server = Server::start().await;
    let mut talking = server.connect().await;
    let mut idle = server.connect().await;
    let started = talking.start().await;
    server.stop();
    let ended = talking.until("session_ended").await;
    assert_eq!(
        (&ended["status"], &ended["session_id"]),
        (&json!("disconnected"), &started["session_id"])
    );
    assert_eq!(talking.close_code().await, 1001);
    assert_eq!(idle.close_code().await, 1001);
    server.stopped().await;
    assert!(TcpStream::connect(server.address).await.is_err());
    assert_eq!(server.state.sessions.live_count(), 0);
    server.voice.until_closed().await;

    let path = format!(
        "/api/v1/interaction/sessions/{}",
        started["session_id"].as_str().unwrap()
    );
    assert_eq!(server.get(&path).await.json()["status"], "disconnected");
}

#[tokio::test]
async fn a_connection_that_says_nothing_does_not_hold_it_up() {
    let server = Server::start().await;
    let silent = TcpStream::connect(server.address).await.unwrap();
    let begin = Instant::now();
    server.stop();
    server.stopped().await;
    // After 10 s the server gives up, which would look the same otherwise.
    assert!(begin.elapsed() < Duration::from_secs(9), "{:?}", begin.elapsed());
    drop(silent);
}

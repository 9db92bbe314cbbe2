//! Sessions that begin with a template.

use serde_json::json;
use viva_domain::ids::UserId;
use viva_domain::ports::{SessionStore as _, StoreErrorKind};

use super::bench::Bench;

/// A template that is built in, and one that nobody has.
const GREETER: &str = "01a20000-0000-0000-0000-000000000001";
const NONE: &str = "01a20000-0000-0000-0000-0000000000ff";

#[tokio::test(start_paused = true)]
async fn the_ai_is_told_what_the_template_says_and_what_the_message_says_instead() {
    let bench = Bench::new();
    let mut client = bench.connect().await;
    client
        .say(
            json!({"type": "start_session", "mode": "realtime", "template_id": GREETER, "ai_role": "porter"}),
        )
        .await;
    let started = client.until("session_started").await;
    let told = bench.voice.recorded().requests.remove(0);
    assert_eq!(told.instructions, "Say hello.\n\nYou play this role: porter.");
    let id = started["session_id"].as_str().unwrap().parse().unwrap();
    let kept = bench
        .session_store
        .find(UserId::LOCAL, id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(kept.instructions, told.instructions);
    assert_eq!(
        (kept.prompt.system_prompt(), kept.prompt.ai_role()),
        (Some("Say hello."), Some("porter"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_template_that_cannot_be_had_starts_nothing() {
    let bench = Bench::new();
    let mut client = bench.connect().await;
    let start =
        |template: &str| json!({"type": "start_session", "mode": "realtime", "template_id": template});
    client.say(start(NONE)).await;
    let error = client.json().await;
    assert_eq!(
        (&error["code"], &error["message"]),
        (
            &json!("INVALID_CONFIG"),
            &json!(format!("there is no template {NONE}"))
        )
    );
    let mut too_long = start(GREETER);
    too_long["ai_role"] = "x".repeat(201).into();
    client.say(too_long).await;
    let error = client.json().await;
    assert_eq!(
        (&error["code"], &error["message"]),
        (
            &json!("INVALID_CONFIG"),
            &json!("ai_role is longer than 200 characters")
        )
    );
    bench
        .template_store
        .faults()
        .fail_next(1, StoreErrorKind::Unavailable);
    client.say(start(GREETER)).await;
    assert_eq!(client.json().await["code"], "INTERNAL_ERROR");
    assert_eq!(bench.sessions.live_count(), 0);
    client.say(start(GREETER)).await;
    assert_eq!(client.json().await["type"], "session_started");
}

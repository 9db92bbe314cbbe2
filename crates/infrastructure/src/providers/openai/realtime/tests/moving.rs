use std::time::Duration;

use serde_json::json;
use viva_domain::ports::RealtimeCommand;
use viva_fakes::CapturedLogs;
use viva_fakes::vendors::RecordedLine;
use viva_fakes::vendors::openai::realtime::{OpenAiRealtimeScript, RealtimeAnswer};

use super::bench::{Bench, KEY, ORDERED, patiently, settings};
use crate::providers::openai::realtime::RealtimeSettings;

/// A connection of this age is replaced.
async fn aging(age: Duration) -> Bench {
    let settings = RealtimeSettings {
        connection_age: age,
        ..settings()
    };
    Bench::with(OpenAiRealtimeScript::default(), settings, Some(KEY)).await
}

fn reminded(line: &RecordedLine) -> Vec<(&str, &str)> {
    let items = line
        .texts
        .iter()
        .filter(|text| text["type"] == "conversation.item.create");
    items
        .map(|text| {
            let item = &text["item"];
            (
                item["role"].as_str().unwrap_or_default(),
                item["content"][0]["text"].as_str().unwrap_or_default(),
            )
        })
        .collect()
}

#[tokio::test]
async fn an_old_connection_is_replaced_and_nothing_is_lost() {
    let bench = aging(Duration::from_secs(2)).await;
    bench
        .server
        .answer(RealtimeAnswer::of("It is noon.").heard("What time is it?"));
    let mut talk = bench.talk(&[ORDERED]).await;
    assert_eq!(talk.ask().await.text, "It is noon.");
    // The user's audio goes on all the while; it is numbered so that a gap would show.
    let mut number = 0_i16;
    let mut microphone = tokio::time::interval(Duration::from_millis(20));
    while bench.server.requests()[0].closed.is_none() {
        microphone.tick().await;
        number += 1;
        talk.send(RealtimeCommand::Audio(vec![number; 480].into())).await;
    }
    for _ in 0..5 {
        number += 1;
        talk.send(RealtimeCommand::Audio(vec![number; 480].into())).await;
    }
    talk.commit().await;
    assert!(talk.answer().await.is_done());
    let lines = bench.server.requests();
    assert_eq!(lines[0].closed.unwrap().code, Some(1_000));
    assert_eq!(lines[1].texts[0]["session"], lines[0].texts[0]["session"]);
    assert_eq!(
        reminded(&lines[1]),
        [("user", "What time is it?"), ("assistant", "It is noon.")]
    );
    let expected: Vec<i16> = (1..=number).flat_map(|number| [number; 480]).collect();
    assert_eq!(lines[1].audio, expected);
    assert_eq!(bench.server.complaints(), Vec::<String>::new());
}

#[tokio::test]
async fn the_new_connection_is_told_anew_what_was_heard() {
    let bench = aging(Duration::from_millis(300)).await;
    bench
        .server
        .answer(RealtimeAnswer::of("It is noon.").heard("What time is it?"));
    let mut talk = bench.talk(&[ORDERED]).await;
    assert_eq!(talk.ask().await.text, "It is noon.");
    bench
        .until_told(|lines| lines.len() == 2 && reminded(&lines[1]).len() == 2)
        .await;
    talk.interrupt(150, 5).await;
    let is_deleted = |text: &serde_json::Value| text["type"] == "conversation.item.delete";
    bench
        .until_told(|lines| lines[1].texts.iter().any(is_deleted))
        .await;
    let lines = bench.server.requests();
    assert_eq!(reminded(&lines[1])[2..], [("assistant", "It is")]);
    let texts = lines[1].texts.iter();
    let created: Vec<_> = texts.clone().filter(|text| text["item"].is_object()).collect();
    let deleted: Vec<_> = texts.filter(|text| is_deleted(text)).collect();
    assert_eq!(deleted.len(), 1);
    assert_eq!(deleted[0]["item_id"], created[1]["item"]["id"]);
    assert_eq!(created[2]["previous_item_id"], created[1]["item"]["id"]);
    assert!(talk.ask().await.is_done());
    assert_eq!(bench.server.complaints(), Vec::<String>::new());
}

#[tokio::test]
async fn an_old_connection_stays_where_no_new_one_can_be_had() {
    let logs = CapturedLogs::start();
    let bench = aging(Duration::from_millis(300)).await;
    let mut talk = bench.talk(&[ORDERED]).await;
    bench.server.refuse(401, "invalid_api_key", "No more.", None);
    let noticed = async {
        while !logs.text().contains("No new connection") {
            tokio::task::yield_now().await;
        }
    };
    patiently(noticed).await;
    for _ in 0..2 {
        assert!(talk.ask().await.is_done());
    }
    let lines = bench.server.requests();
    assert_eq!((lines.len(), lines[0].closed), (1, None));
    assert_eq!(bench.server.complaints(), Vec::<String>::new());
}

#[tokio::test]
async fn an_old_connection_answers_until_the_new_one_is_open() {
    let bench = aging(Duration::from_millis(300)).await;
    let mut talk = bench.talk(&[ORDERED]).await;
    bench.server.keep_waiting();
    let called = async {
        while bench.server.attempts() < 2 {
            tokio::task::yield_now().await;
        }
    };
    patiently(called).await;
    assert!(talk.ask().await.is_done());
    let lines = bench.server.requests();
    assert_eq!(
        lines[0].closed, None,
        "it was closed before the new one was of use"
    );
    bench.server.admit();
    bench.until_told(|lines| lines[0].closed.is_some()).await;
    assert!(talk.ask().await.is_done());
    assert_eq!(bench.server.requests().len(), 2);
}

#[tokio::test]
async fn an_answer_is_not_torn_apart_by_age() {
    let bench = aging(Duration::from_millis(300)).await;
    let slow = RealtimeAnswer::of("This takes a while")
        .lasting(1_000)
        .paced(Duration::from_millis(60));
    bench.server.answer(slow);
    let mut talk = bench.talk(&[ORDERED]).await;
    let answer = talk.ask().await;
    assert!(answer.is_done());
    assert_eq!(answer.samples.len(), 24_000);
    assert_eq!(bench.server.requests().len(), 1, "it is still being heard");
    bench.until_told(|lines| lines.len() == 2).await;
    assert!(talk.ask().await.is_done());
}

#[tokio::test]
async fn a_session_that_expired_is_replaced() {
    let bench = Bench::new().await;
    let mut talk = bench.talk(&[ORDERED]).await;
    assert!(talk.ask().await.is_done());
    bench
        .server
        .say(json!({ "type": "error", "error": { "code": "session_expired", "message": "60 minutes." } }));
    bench.until_told(|lines| lines.len() == 2).await;
    assert!(talk.ask().await.is_done());
}

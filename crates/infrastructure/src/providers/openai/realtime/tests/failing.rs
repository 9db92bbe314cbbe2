use rstest::rstest;
use serde_json::json;
use viva_domain::ports::{ProviderErrorKind, RealtimeEventKind};
use viva_fakes::CapturedLogs;
use viva_fakes::vendors::openai::realtime::{RealtimeAnswer, RealtimeHost};

use super::bench::{Bench, KEY, ORDERED, PROVIDER};

fn failed(message: &str) -> ProviderErrorKind {
    ProviderErrorKind::Failed(message.to_owned())
}

#[rstest]
#[case(RealtimeAnswer::of("No.").fails("rate_limit_exceeded", 1), ProviderErrorKind::RateLimited)]
#[case(RealtimeAnswer::of("No.").fails("internal_error", 0), ProviderErrorKind::Unavailable)]
#[case(RealtimeAnswer::of("No.").is_incomplete("content_filter"), failed("its content filter stopped the answer"))]
#[case(RealtimeAnswer::of("No.").is_garbled(), failed("it sent audio that cannot be decoded"))]
#[tokio::test]
async fn an_answer_fails_and_the_next_does_not(
    #[case] answer: RealtimeAnswer,
    #[case] kind: ProviderErrorKind,
    #[values(RealtimeHost::OpenAi, RealtimeHost::Azure)] host: RealtimeHost,
) {
    let bench = Bench::at(host).await;
    bench.server.answer(answer);
    let mut talk = bench.talk(&[ORDERED]).await;
    let answer = talk.ask().await;
    assert_eq!(answer.failure().kind, kind);
    let is_limited = kind == ProviderErrorKind::RateLimited;
    assert_eq!(
        answer.failure().retry_after.is_some(),
        is_limited,
        "the limit says when it is reset"
    );
    assert!(talk.ask().await.is_done());
    assert_eq!(bench.server.attempts(), 1);
}

#[tokio::test]
async fn an_answer_that_got_too_long_is_an_answer() {
    let bench = Bench::new().await;
    bench
        .server
        .answer(RealtimeAnswer::of("And so on").is_incomplete("max_output_tokens"));
    let mut talk = bench.talk(&[ORDERED]).await;
    let answer = talk.ask().await;
    assert!(answer.is_done());
    assert_eq!(answer.text, "And so on");
}

#[tokio::test]
async fn complaints_that_mean_nothing_change_nothing() {
    let bench = Bench::new().await;
    let mut talk = bench.talk(&[ORDERED]).await;
    let error = json!({ "type": "invalid_request_error", "code": "odd", "message": "Odd.", "param": null, "event_id": null });
    bench.server.say(json!({ "type": "error", "error": error }));
    bench
        .server
        .say(json!({ "type": "response.output_audio.delta", "delta": 1 }));
    assert!(talk.ask().await.is_done());
}

#[tokio::test]
async fn without_money_the_conversation_is_over() {
    let bench = Bench::new().await;
    bench
        .server
        .answer(RealtimeAnswer::of("No.").fails("insufficient_quota", 0));
    let mut talk = bench.talk(&[ORDERED]).await;
    let answer = talk.ask().await;
    assert!(matches!(answer.end, Some(RealtimeEventKind::Failed(_))));
    assert_eq!(answer.failure().kind, ProviderErrorKind::QuotaExceeded);
    assert_eq!(talk.next().await, None);
    bench.until_over().await;
    assert_eq!(bench.server.attempts(), 1, "it is not tried again");
}

#[rstest]
#[tokio::test]
async fn a_connection_that_breaks_off_is_replaced(
    #[values(RealtimeHost::OpenAi, RealtimeHost::Azure)] host: RealtimeHost,
) {
    let bench = Bench::at(host).await;
    bench
        .server
        .answer(RealtimeAnswer::of("Well then, my friend").heard("Who?").cuts(2));
    let mut talk = bench.talk(&[ORDERED]).await;
    let answer = talk.ask().await;
    assert_eq!(answer.failure().kind, ProviderErrorKind::Unavailable);
    assert!(matches!(answer.end, Some(RealtimeEventKind::ResponseFailed(_))));
    assert!(talk.ask().await.is_done());
    let lines = bench.server.requests();
    assert_eq!(lines.len(), 2);
    let reminded: Vec<&str> = lines[1]
        .texts
        .iter()
        .filter(|text| text["type"] == "conversation.item.create")
        .map(|text| text["item"]["content"][0]["text"].as_str().unwrap())
        .collect();
    assert_eq!(reminded, ["Who?", "Well then, "]);
    assert_eq!(lines[1].audio, [3_000; 200 * 24]);
}

#[tokio::test]
async fn a_connection_that_was_closed_for_a_reason_is_not_replaced() {
    let bench = Bench::new().await;
    bench.server.answer(RealtimeAnswer::of("No.").closes(1_008, 1));
    let mut talk = bench.talk(&[ORDERED]).await;
    let answer = talk.ask().await;
    assert_eq!(answer.failure().kind, failed("it closed the conversation"));
    assert_eq!(talk.next().await, None);
    bench.until_over().await;
    assert_eq!(bench.server.attempts(), 1);
}

#[tokio::test]
async fn replacing_a_connection_stops_where_it_is_no_use() {
    let bench = Bench::new().await;
    let mut talk = bench.talk(&[ORDERED]).await;
    bench.server.refuse(503, "server_error", "Down.", None);
    bench.server.refuse(401, "invalid_api_key", "Gone.", None);
    bench.server.cut();
    let over = talk
        .until(|kind| matches!(kind, RealtimeEventKind::Failed(_)))
        .await;
    assert!(
        matches!(over.kind, RealtimeEventKind::Failed(err) if err.kind == ProviderErrorKind::CredentialInvalid)
    );
    assert_eq!(talk.next().await, None);
    assert_eq!(bench.server.attempts(), 3);
}

#[rstest]
#[tokio::test]
async fn the_key_is_told_to_nobody(#[values(RealtimeHost::OpenAi, RealtimeHost::Azure)] host: RealtimeHost) {
    let logs = CapturedLogs::start();
    let bench = Bench::at(host).await;
    let message = format!("Not with {KEY}.");
    bench.server.refuse(400, "odd", &message, None);
    let refused = bench
        .connect(&super::bench::config(&[]), Vec::new())
        .await
        .unwrap_err();
    bench.server.answer(RealtimeAnswer::of("No.").cuts(1));
    let mut talk = bench.talk(&[ORDERED]).await;
    let answer = talk.ask().await;
    let error = json!({ "code": "invalid_api_key", "message": "Not any more." });
    bench
        .until_told(|lines| lines.len() == 2 && !lines[1].types().is_empty())
        .await;
    bench.server.say(json!({ "type": "error", "error": error }));
    let over = talk
        .until(|kind| matches!(kind, RealtimeEventKind::Failed(_)))
        .await;
    let told = format!(
        "{refused:?} {refused} {:?} {over:?} {:?} {}",
        answer.end,
        bench.voice,
        logs.text()
    );
    assert!(
        told.contains("Not with [key]") && told.contains(PROVIDER),
        "{told}"
    );
    assert!(!told.contains(KEY), "{told}");
}

use rstest::rstest;
use serde_json::{Value, json};
use viva_domain::ports::{ProviderErrorKind, RealtimeCommand};

use super::super::Standing;
use super::bench::{Bench, generation};

/// A turn whose answer is announced.
fn announced() -> Bench {
    let mut bench = Bench::hands_free();
    bench.find("u");
    bench.created("r");
    bench.said();
    bench
}

fn ended(bench: &mut Bench, status: &str, details: &Value) -> Standing {
    let response = json!({ "id": "r", "status": status, "status_details": details });
    bench.hear(json!({ "type": "response.done", "response": response }))
}

#[test]
fn an_answer_without_a_word_is_an_answer() {
    let mut bench = announced();
    bench.done("r", "completed");
    assert_eq!(bench.said(), ["@0 begins", "@0 done, 4 tokens"]);
}

#[rstest]
#[case::too_long("incomplete", json!({ "reason": "max_output_tokens" }), &["@0 begins", "@0 done"])]
#[case::filtered("incomplete", json!({ "reason": "content_filter" }), &["@0 failed: it failed: its content filter stopped the answer"])]
#[case::cancelled("cancelled", json!({ "reason": "turn_detected" }), &["@0 begins", "@0 done"])]
#[case::without_a_reason("failed", json!(null), &["@0 failed: it failed: it gave no reason"])]
#[case::outage("failed", json!({ "error": { "type": "server_error", "message": "Sorry." } }), &["@0 failed: it cannot be reached"])]
#[case::limited("failed", json!({ "error": { "code": "rate_limit_exceeded" } }), &["@0 failed: it received too many requests"])]
#[case::unknown("resting", json!({}), &["@0 begins", "@0 done"])]
fn every_end_is_told(#[case] status: &str, #[case] details: Value, #[case] said: &[&str]) {
    let mut bench = announced();
    assert_eq!(ended(&mut bench, status, &details), Standing::GoesOn);
    assert_eq!(bench.said(), said);
}

#[test]
fn without_money_the_conversation_is_over() {
    let mut bench = announced();
    let standing = ended(
        &mut bench,
        "failed",
        &json!({ "error": { "code": "insufficient_quota" } }),
    );
    let Standing::Over(err) = standing else {
        panic!("{standing:?}")
    };
    assert_eq!(err.kind, ProviderErrorKind::QuotaExceeded);
    let standing = bench.error("invalid_api_key", None);
    assert!(matches!(standing, Standing::Over(err) if err.kind == ProviderErrorKind::CredentialInvalid));
    assert_eq!(bench.error("session_expired", None), Standing::Expired);
}

#[test]
fn a_used_up_limit_says_when_to_ask_again() {
    let mut bench = announced();
    let limits = json!([{ "name": "tokens", "remaining": 0, "reset_seconds": 2.5 }, { "remaining": 9, "reset_seconds": 60 }]);
    bench.hear(json!({ "type": "rate_limits.updated", "rate_limits": limits }));
    ended(
        &mut bench,
        "failed",
        &json!({ "error": { "code": "rate_limit_exceeded" } }),
    );
    let event = bench.dialogue.out.events.pop_front().unwrap();
    let viva_domain::ports::RealtimeEventKind::ResponseFailed(err) = event.kind else {
        panic!("{event:?}")
    };
    assert_eq!(err.retry_after.unwrap().as_millis(), 2_500);
}

#[test]
fn audio_that_is_none_ends_its_answer_once() {
    let mut bench = announced();
    for _ in 0..2 {
        bench.hear(json!({ "type": "response.output_audio.delta", "response_id": "r", "item_id": "a", "delta": "***" }));
    }
    bench.done("r", "cancelled");
    assert_eq!(bench.told(), ["cancel r"]);
    assert_eq!(
        bench.said(),
        ["@0 failed: it failed: it sent audio that cannot be decoded"]
    );
}

#[test]
fn there_is_one_answer_at_a_time() {
    let mut bench = Bench::ordered();
    bench.order(RealtimeCommand::Greet(generation(1)));
    bench.audio(200);
    bench.commit(2);
    assert_eq!(
        bench.told(),
        ["ask 1", "audio 200", "commit"],
        "the greeting is not announced"
    );
    bench.created_for("r", 1);
    assert_eq!(bench.told(), ["cancel r"], "nobody waits for it any more");
    bench.done("r", "cancelled");
    assert_eq!(bench.told(), ["ask 2"]);
}

#[test]
fn an_answer_that_met_another_is_asked_for_again() {
    let mut bench = Bench::ordered();
    bench.audio(200);
    bench.commit(1);
    bench.error("conversation_already_has_active_response", Some("ask_1"));
    bench.told();
    bench.done("somebody_elses", "completed");
    assert_eq!(bench.told(), ["ask 2"]);
    assert_eq!(bench.said(), Vec::<String>::new());
    bench.created_for("r", 2);
    bench.says("r", "a", "Hi.");
    assert_eq!(bench.said(), ["@1 begins", "@1 says Hi."]);
}

#[test]
fn a_turn_that_was_found_while_an_answer_ran_is_answered_after_it() {
    let mut bench = announced();
    bench.find("v");
    bench.error("conversation_already_has_active_response", None);
    assert_eq!(bench.told(), Vec::<String>::new());
    bench.done("r", "completed");
    assert_eq!(bench.told(), ["ask 1"]);
}

#[test]
fn an_answer_that_is_refused_fails() {
    let mut bench = Bench::ordered();
    bench.commit(1);
    bench.error("invalid_value", Some("ask_1"));
    assert_eq!(bench.said(), ["@1 failed: it failed: No."]);
    bench.error("invalid_value", Some("ask_1"));
    bench.commit(2);
    bench.interrupt(3, None);
    bench.error("invalid_value", Some("ask_2"));
    assert_eq!(bench.said(), Vec::<String>::new(), "nobody waits for it");
}

#[rstest]
#[case("response_cancel_not_active", Some("cancel"))]
#[case("item_not_found", Some("correct"))]
#[case("item_create_duplicate_item_id", Some("remind"))]
#[case("something_new", None)]
fn other_complaints_change_nothing(#[case] code: &str, #[case] event_id: Option<&str>) {
    let mut bench = announced();
    assert_eq!(bench.error(code, event_id), Standing::GoesOn);
    bench.says("r", "a", "Hi.");
    assert_eq!(bench.said(), ["@0 begins", "@0 says Hi."]);
}

#[test]
fn an_empty_turn_that_is_refused_is_answered_without_it() {
    let mut bench = Bench::ordered();
    bench.audio(200);
    bench.commit(1);
    bench.error("input_audio_buffer_commit_empty", Some("commit"));
    bench.created_for("r", 1);
    bench.done("r", "completed");
    assert_eq!(bench.said(), ["@1 begins", "@1 done, 4 tokens"]);
    bench.audio(200);
    bench.commit(2);
    bench.committed("v");
    bench.transcript("v", "Now?");
    assert_eq!(bench.said(), ["@2 user Now?"]);
}

#[test]
fn servers_that_forget_metadata_are_understood() {
    let mut bench = Bench::hands_free();
    bench.order(RealtimeCommand::Greet(generation(1)));
    bench.created("r");
    bench.says("r", "a", "Hi.");
    assert_eq!(bench.said(), ["@1 begins", "@1 says Hi."]);
}

#[test]
fn names_of_the_beta_are_understood() {
    let mut bench = announced();
    for (kind, delta) in [
        ("audio_transcript", "Hi."),
        ("text", " You."),
        ("audio", "AQABAA=="),
    ] {
        let kind = format!("response.{kind}.delta");
        bench.hear(json!({ "type": kind, "response_id": "r", "item_id": "a", "delta": delta }));
    }
    assert_eq!(
        bench.said(),
        ["@0 begins", "@0 says Hi.", "@0 says  You.", "@0 sounds 0"]
    );
}

//! Whatever the server sends, in whatever order.

use proptest::prelude::*;

use super::*;
use crate::providers::gemini::live::wire::ServerMessage;
use crate::providers::transport::hostile::{nearly, with_odd};

fn messages() -> Vec<Value> {
    vec![
        json!({"setupComplete": {"sessionId": "s"}}),
        says(5, "Hi"),
        heard("What"),
        json!({"serverContent": {"inputTranscription": {"text": "What?", "finished": true}, "interrupted": true}}),
        json!({"serverContent": {"modelTurn": {"parts": [{"text": "Hm", "thought": true}]}}}),
        json!({"serverContent": {"generationComplete": true}, "usageMetadata": {
            "promptTokenCount": 1, "responseTokenCount": u64::MAX, "thoughtsTokenCount": 2,
        }}),
        json!({"serverContent": {"turnComplete": true, "turnCompleteReason": "BLOCKLIST"}}),
        complete(),
        interrupted(),
        resumable("next"),
        go_away("9.5s"),
        json!({"voiceActivity": {"voiceActivityType": "ACTIVITY_START"}}),
        json!({"voiceActivity": {"voiceActivityType": "ACTIVITY_END"}}),
    ]
}

#[derive(Debug, Clone)]
enum Step {
    Hears(Value),
    Asks,
    Greets,
    Interrupts,
    Waits(u64),
    Breaks,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => nearly(messages()).prop_map(Step::Hears),
        2 => Just(Step::Asks),
        1 => Just(Step::Greets),
        2 => Just(Step::Interrupts),
        2 => (0_u64..10_000).prop_map(Step::Waits),
        1 => Just(Step::Breaks),
    ]
}

proptest! {
    #[test]
    fn nothing_that_comes_breaks_a_conversation(
        turn_taking in prop::sample::select(vec![TurnTaking::Server, TurnTaking::Session]),
        steps in prop::collection::vec(step(), 0..60),
    ) {
        let mut bench = Bench::with(turn_taking, ClientContentUse::HistoryOnly);
        for step in steps {
            match step {
                Step::Hears(message) => {
                    if serde_json::from_value::<ServerMessage>(message.clone()).is_ok() {
                        bench.hears(message);
                    }
                }
                Step::Asks => {
                    bench.asks();
                }
                Step::Greets => {
                    bench.greet();
                }
                Step::Interrupts => {
                    bench.interrupt();
                }
                Step::Waits(ms) => {
                    bench.wait(ms);
                }
                Step::Breaks => {
                    bench.breaks();
                    bench.relinked();
                }
            }
        }
    }
}

#[test]
fn what_the_server_counts_and_announces_may_be_absurd() {
    let mut bench = Bench::new();
    bench.gets_handle("one");
    bench.asks();
    let usage = json!({"responseTokenCount": u64::MAX, "thoughtsTokenCount": 2});
    bench.hears(json!({"usageMetadata": usage, "goAway": {"timeLeft": "1e19s"}}));
    bench.hears(says(2, ""));
    let done = format!("done, None in, Some({}) out", u64::MAX);
    assert_eq!(bench.hears(complete()), [done]);
}

proptest! {
    #[test]
    fn what_is_odd_beside_a_word_is_no_harm(message in with_odd(
        &json!({
            "serverContent": {
                "modelTurn": {"role": "model", "parts": []}, "outputTranscription": {"text": "Hi", "finished": null},
                "inputTranscription": null, "turnCompleteReason": null, "groundingMetadata": {},
            },
            "usageMetadata": {"promptTokenCount": 1, "responseTokenCount": 2, "thoughtsTokenCount": 3},
            "goAway": null, "sessionResumptionUpdate": null, "voiceActivity": null,
        }),
        &[
            "/serverContent/modelTurn/role", "/serverContent/outputTranscription/finished",
            "/serverContent/turnCompleteReason", "/serverContent/groundingMetadata", "/usageMetadata",
            "/usageMetadata/promptTokenCount", "/usageMetadata/responseTokenCount",
            "/usageMetadata/thoughtsTokenCount", "/goAway", "/sessionResumptionUpdate", "/voiceActivity",
        ],
    )) {
        let mut bench = Bench::new();
        bench.asks();
        prop_assert_eq!(bench.hears(message), ["started", "text: Hi"]);
    }
}

#[test]
fn a_turn_may_have_null_in_place_of_parts() {
    let mut bench = Bench::new();
    bench.asks();
    let message =
        json!({"serverContent": {"modelTurn": {"parts": null}, "outputTranscription": {"text": "Hi"}}});
    assert_eq!(bench.hears(message), ["started", "text: Hi"]);
}

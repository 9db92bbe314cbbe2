//! Whatever the provider sends, in whatever order.

use proptest::prelude::*;
use serde_json::{Value, json};
use viva_domain::ports::RealtimeCommand;

use super::bench::Bench;
use crate::providers::openai::realtime::config::Turns;
use crate::providers::openai::realtime::dialogue::Standing;
use crate::providers::openai::realtime::wire::ServerEvent;
use crate::providers::transport::hostile::{nearly, with_odd};

#[derive(Debug, Clone)]
enum Step {
    Hear(Value),
    Audio,
    Commit,
    EndTurn,
    Interrupt(Option<(u64, usize)>),
    Lose,
    Open,
}

fn messages() -> Vec<Value> {
    let delta = |kind, delta| json!({ "type": kind, "response_id": "r", "item_id": "a", "content_index": 0, "delta": delta });
    let words = |end| format!("conversation.item.input_audio_transcription.{end}");
    vec![
        json!({ "type": "session.updated", "session": {} }),
        json!({ "type": "input_audio_buffer.speech_started", "item_id": "u" }),
        json!({ "type": "input_audio_buffer.speech_stopped", "item_id": "u" }),
        json!({ "type": "input_audio_buffer.committed", "item_id": "u" }),
        json!({ "type": words("delta"), "item_id": "u", "delta": "Wh" }),
        json!({ "type": words("completed"), "item_id": "u", "transcript": "What?" }),
        json!({ "type": words("failed"), "item_id": "u", "error": { "code": "c", "message": "m" } }),
        json!({ "type": "response.created", "response": { "id": "r", "metadata": { "viva_request": "1" } } }),
        json!({ "type": "response.created", "response": { "id": "s", "metadata": null } }),
        json!({ "type": "response.output_item.added", "response_id": "r", "item": { "id": "a", "type": "message" } }),
        delta("response.output_audio.delta", "AQACAAM="),
        delta("response.output_audio_transcript.delta", "Hi"),
        json!({ "type": "response.done", "response": { "id": "r", "status": "completed", "usage": { "input_tokens": 1, "output_tokens": 2 } } }),
        json!({ "type": "response.done", "response": { "id": "s", "status": "failed", "status_details": { "reason": "x", "error": { "code": "server_error" } } } }),
        json!({ "type": "rate_limits.updated", "rate_limits": [{ "name": "tokens", "remaining": 0, "reset_seconds": 1.5 }] }),
        json!({ "type": "error", "error": { "type": "invalid_request_error", "code": "conversation_already_has_active_response", "message": "m", "param": "p", "event_id": "ask_1" } }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let heard = prop::option::of((prop_oneof![0_u64..3_000, Just(u64::MAX)], 0_usize..9));
    prop_oneof![
        12 => nearly(messages()).prop_map(Step::Hear),
        2 => Just(Step::Audio),
        2 => Just(Step::Commit),
        1 => Just(Step::EndTurn),
        2 => heard.prop_map(Step::Interrupt),
        1 => Just(Step::Lose),
        1 => Just(Step::Open),
    ]
}

proptest! {
    #[test]
    fn what_is_odd_beside_an_answer_is_no_harm(done in with_odd(
        &json!({ "type": "response.done", "response": {
            "id": "r", "status": "completed", "status_details": null, "metadata": null,
            "usage": { "input_tokens": 1, "output_tokens": 2 },
        } }),
        &[
            "/response/status_details", "/response/metadata", "/response/usage",
            "/response/usage/input_tokens", "/response/usage/output_tokens",
        ],
    )) {
        let mut bench = Bench::hands_free();
        bench.find("u");
        bench.created("r");
        bench.says("r", "a", "Hi.");
        bench.said();
        prop_assert_eq!(bench.hear(done), Standing::GoesOn);
        let said = bench.said();
        prop_assert!(said.len() == 1 && said[0].starts_with("@0 done"), "{:?}", said);
    }

    #[test]
    fn nothing_that_comes_breaks_a_conversation(
        turns in prop::sample::select(vec![Turns::ServerVad, Turns::None]),
        steps in prop::collection::vec(step(), 0..60),
    ) {
        let mut bench = Bench::new(turns, Vec::new());
        let mut generation = 0;
        for step in steps {
            match step {
                Step::Hear(message) => {
                    if serde_json::from_value::<ServerEvent>(message.clone()).is_ok() {
                        bench.hear(message);
                    }
                }
                Step::Audio => bench.audio(20),
                Step::Commit => {
                    generation += 1;
                    bench.commit(generation);
                }
                Step::EndTurn => bench.order(RealtimeCommand::EndTurn),
                Step::Interrupt(heard) => {
                    generation += 1;
                    bench.interrupt(generation, heard);
                }
                Step::Lose => {
                    let _ = bench.lose();
                }
                Step::Open => bench.open(),
            }
            let cut = bench.told().iter().filter_map(|told| told.strip_prefix("truncate a ")?.parse().ok()).max();
            // At most 3 samples came per message.
            prop_assert!(cut.unwrap_or(0) <= 60 * 3 / 24, "cut after its end");
            bench.said();
        }
    }
}

#[test]
fn tokens_and_codes_may_be_written_in_another_way() {
    let mut bench = Bench::hands_free();
    bench.find("u");
    bench.created("r");
    bench.says("r", "a", "Hi.");
    bench.said();
    let usage = json!({ "input_tokens": -1, "output_tokens": 20.0 });
    bench.hear(
        json!({ "type": "response.done", "response": { "id": "r", "status": "completed", "usage": usage } }),
    );
    assert_eq!(bench.said(), ["@0 done, 20 tokens"]);
    let error = json!({ "type": null, "code": 500, "message": null, "param": [], "event_id": null });
    assert_eq!(
        bench.hear(json!({ "type": "error", "error": error })),
        Standing::GoesOn
    );
}

//! The session stops the AI and does not know yet what the provider said last.

use super::bench::Bench;

/// An answer of 500 ms and five characters that the session hears, and how many events it took: not that the answer is
/// complete, nor what follows.
fn answered() -> (Bench, u64) {
    let mut bench = Bench::hands_free();
    bench.find("u");
    bench.created("r");
    bench.item("r", "a");
    bench.says("r", "a", "Hello");
    bench.sounds("r", "a", 500);
    let taken = bench.dialogue.out.told;
    bench.done("r", "completed");
    bench.said();
    (bench, taken)
}

/// What another connection is told of the conversation.
fn remembered(bench: &mut Bench) -> Vec<String> {
    bench.dialogue.retire();
    bench.told();
    bench.open();
    bench.told()
}

#[test]
fn what_is_cut_is_the_answer_that_is_heard_and_not_the_one_that_began_since() {
    let (mut bench, taken) = answered();
    bench.find("v");
    bench.created("s");
    bench.item("s", "b");
    bench.says("s", "b", "Yes");
    bench.sounds("s", "b", 300);
    bench.said();
    bench.interrupt_at(taken, 1, Some((200, 2)));
    assert_eq!(bench.told(), ["truncate a 200", "cancel s"]);
    bench.heard(100, 1);
    assert_eq!(bench.told(), ["truncate a 100"], "it is that one still");
    // The turn is answered all the same.
    bench.done("s", "cancelled");
    assert_eq!(bench.told(), ["delete b", "ask 1"]);
    bench.created_for("t", 1);
    bench.says("t", "c", "Yes.");
    assert_eq!(bench.said(), ["@1 begins", "@1 says Yes."]);
    assert_eq!(
        remembered(&mut bench)[..2],
        ["remind assistant: H", "remind assistant: Yes."]
    );
}

#[test]
fn an_answer_that_the_session_has_not_heard_begin_is_not_cut_where_it_knows_of_its_turn() {
    let (mut bench, _) = answered();
    bench.find("v");
    let taken = bench.dialogue.out.told;
    bench.created("s");
    bench.item("s", "b");
    bench.sounds("s", "b", 300);
    bench.said();
    bench.interrupt_at(taken, 1, Some((200, 2)));
    bench.commit(2);
    assert_eq!(bench.told(), ["truncate a 200", "cancel s"]);
    bench.done("s", "cancelled");
    assert_eq!(bench.told(), ["delete b", "ask 1"]);
}

#[test]
fn what_answers_a_turn_that_is_news_and_was_not_told_yet_is_told_in_the_new_generation() {
    for is_announced in [false, true] {
        let (mut bench, taken) = answered();
        bench.find("v");
        if is_announced {
            bench.created("s");
        }
        bench.said();
        bench.interrupt_at(taken, 1, Some((200, 2)));
        if !is_announced {
            bench.created("s");
        }
        assert_eq!(bench.told(), ["truncate a 200"], "{is_announced}");
        bench.says("s", "b", "Yes.");
        bench.done("s", "completed");
        assert_eq!(
            bench.said(),
            ["@1 begins", "@1 says Yes.", "@1 done, 4 tokens"],
            "{is_announced}"
        );
    }
}

#[test]
fn a_turn_that_was_only_found_is_answered_in_the_new_generation() {
    let (mut bench, taken) = answered();
    for event in ["speech_started", "speech_stopped"] {
        let kind = format!("input_audio_buffer.{event}");
        bench.hear(serde_json::json!({ "type": kind, "item_id": "v" }));
    }
    bench.interrupt_at(taken, 1, Some((200, 2)));
    bench.committed("v");
    bench.created("s");
    bench.says("s", "b", "Yes.");
    assert_eq!(bench.told(), ["truncate a 200"]);
    assert_eq!(
        bench.said(),
        ["@0 speech", "@0 silence", "@1 begins", "@1 says Yes."]
    );
}

#[test]
fn of_an_answer_that_the_session_never_heard_begin_nothing_was_heard() {
    let mut bench = Bench::hands_free();
    bench.find("u");
    let taken = bench.dialogue.out.told;
    bench.created("r");
    bench.item("r", "a");
    bench.says("r", "a", "Hello");
    bench.sounds("r", "a", 500);
    bench.done("r", "completed");
    bench.find("v");
    bench.said();
    bench.interrupt_at(taken, 1, None);
    assert_eq!(bench.told(), ["delete a"]);
    bench.created("s");
    bench.says("s", "b", "Yes.");
    assert_eq!(bench.said(), ["@1 begins", "@1 says Yes."]);
    assert_eq!(remembered(&mut bench)[..1], ["remind assistant: Yes."]);
}

#[test]
fn a_turn_that_the_session_knows_of_is_stopped_with_its_answer() {
    let (mut bench, _) = answered();
    bench.find("v");
    let taken = bench.dialogue.out.told;
    bench.created("s");
    bench.item("s", "b");
    bench.says("s", "b", "Yes.");
    bench.said();
    bench.interrupt_at(taken, 1, None);
    assert_eq!(bench.told(), ["cancel s"]);
    bench.done("s", "cancelled");
    assert_eq!(bench.told(), ["delete b"]);
    assert_eq!(bench.said(), Vec::<String>::new());
}

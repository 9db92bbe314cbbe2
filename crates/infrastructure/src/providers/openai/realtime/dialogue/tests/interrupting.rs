use serde_json::json;

use super::bench::Bench;

/// A turn that is being answered: 500 ms and five characters so far.
fn answering() -> Bench {
    let mut bench = Bench::hands_free();
    bench.find("u");
    bench.created("r");
    bench.item("r", "a");
    bench.says("r", "a", "Hello");
    bench.sounds("r", "a", 500);
    bench.said();
    bench
}

#[test]
fn what_was_heard_is_what_the_provider_remembers() {
    let mut bench = answering();
    bench.interrupt(1, Some((200, 2)));
    assert_eq!(bench.told(), ["cancel r", "truncate a 200"]);
    bench.sounds("r", "a", 100);
    bench.says("r", "a", " you.");
    bench.done("r", "cancelled");
    assert_eq!(bench.said(), Vec::<String>::new(), "nobody listens");
    assert_eq!(bench.told(), Vec::<String>::new());
}

#[test]
fn what_turns_out_not_to_have_been_heard_is_forgotten_too() {
    let mut bench = answering();
    bench.interrupt(1, Some((200, 2)));
    bench.told();
    bench.heard(150, 1);
    assert_eq!(bench.told(), ["truncate a 150"]);
    bench.heard(180, 2);
    assert_eq!(bench.told(), Vec::<String>::new(), "it is forgotten");
    bench.heard(0, 0);
    assert_eq!(bench.told(), Vec::<String>::new(), "it is not complete yet");
    bench.done("r", "cancelled");
    assert_eq!(bench.told(), ["delete a"]);
    bench.heard(100, 1);
    assert_eq!(bench.told(), Vec::<String>::new());
}

#[test]
fn what_is_corrected_is_the_answer_that_was_cut() {
    let mut bench = answering();
    bench.interrupt(1, Some((200, 2)));
    bench.done("r", "cancelled");
    bench.find("v");
    bench.created("s");
    bench.item("s", "b");
    bench.says("s", "b", "Yes.");
    bench.sounds("s", "b", 500);
    bench.told();
    bench.heard(100, 1);
    assert_eq!(bench.told(), ["truncate a 100"], "not the one that is said");
    bench.dialogue.retire();
    bench.open();
    assert_eq!(
        bench.told()[..2],
        ["remind assistant: H", "remind assistant: Yes."]
    );
}

#[test]
fn an_answer_of_which_nothing_was_heard_after_all_is_forgotten_while_the_next_is_said() {
    let mut bench = answering();
    bench.interrupt(1, Some((200, 2)));
    bench.done("r", "cancelled");
    bench.find("v");
    bench.created("s");
    bench.sounds("s", "b", 500);
    bench.told();
    bench.heard(0, 0);
    assert_eq!(bench.told(), ["delete a"]);
    // The next one is cut in its turn, and then it is that one which is corrected.
    bench.interrupt(2, Some((300, 3)));
    assert_eq!(bench.told(), ["cancel s", "truncate b 300"]);
    bench.heard(200, 2);
    assert_eq!(bench.told(), ["truncate b 200"]);
}

#[test]
fn an_answer_may_be_cut_while_the_next_one_is_said() {
    for says_next in [false, true] {
        let mut bench = answering();
        bench.done("r", "completed");
        bench.find("v");
        if says_next {
            bench.created("s");
            bench.says("s", "b", "Yes.");
            bench.sounds("s", "b", 500);
            bench.done("s", "completed");
            bench.created("t");
        }
        bench.told();
        bench.cut_before(200, 2);
        assert_eq!(bench.told(), ["truncate a 200"], "{says_next}");
        bench.heard(100, 1);
        assert_eq!(bench.told(), ["truncate a 100"], "not the one that is said");
        bench.heard(0, 0);
        assert_eq!(bench.told(), ["delete a"]);
        bench.dialogue.retire();
        bench.heard(300, 3);
        bench.open();
        assert_eq!(bench.told()[0], "remind assistant: Hel");
    }
}

#[test]
fn the_answer_before_may_be_cut_when_the_next_turn_is_only_over() {
    let mut bench = answering();
    bench.done("r", "completed");
    bench.hear(json!({ "type": "input_audio_buffer.speech_started", "item_id": "v" }));
    bench.hear(json!({ "type": "input_audio_buffer.speech_stopped", "item_id": "v" }));
    bench.cut_before(200, 2);
    assert_eq!(bench.told(), ["truncate a 200"]);
}

#[test]
fn where_nothing_was_answered_before_nothing_is_cut() {
    let mut bench = answering();
    bench.interrupt(1, Some((200, 2)));
    bench.find("v");
    bench.created("s");
    bench.sounds("s", "b", 500);
    bench.told();
    bench.cut_before(200, 2);
    bench.heard(100, 1);
    assert_eq!(
        bench.told(),
        Vec::<String>::new(),
        "not the one that was cut long ago either"
    );
}

#[test]
fn the_answer_before_may_be_cut_when_its_connection_broke_while_the_next_one_was_said() {
    let mut bench = answering();
    bench.done("r", "completed");
    bench.find("v");
    bench.created("s");
    bench.says("s", "b", "Yes.");
    bench.dialogue.retire();
    bench.cut_before(200, 2);
    bench.open();
    assert_eq!(bench.told()[0], "remind assistant: He");
    bench.heard(100, 1);
    assert_eq!(
        bench.told(),
        ["remind assistant behind viva_1: H", "delete viva_1"]
    );
}

#[test]
fn an_answer_that_is_complete_is_not_cancelled() {
    let mut bench = answering();
    bench.done("r", "completed");
    bench.interrupt(1, Some((200, 2)));
    assert_eq!(bench.told(), ["truncate a 200"]);
}

#[test]
fn nothing_beyond_the_audio_is_truncated() {
    let mut bench = answering();
    bench.interrupt(1, Some((9_000, 5)));
    assert_eq!(
        bench.told(),
        ["cancel r", "truncate a 500"],
        "more may have been made"
    );
    let mut bench = answering();
    bench.done("r", "completed");
    bench.interrupt(1, Some((9_000, 5)));
    assert_eq!(bench.told(), Vec::<String>::new(), "all of it was heard");
}

/// An answer whose audio cannot be decoded after 500 ms and five characters.
fn broken_off() -> Bench {
    let mut bench = answering();
    bench.garbles("r", "a");
    assert_eq!(
        bench.said(),
        ["@0 failed: it failed: it sent audio that cannot be decoded"]
    );
    assert_eq!(bench.told(), ["cancel r", "truncate a 500"]);
    bench.says("r", "a", " you.");
    bench.sounds("r", "a", 100);
    assert_eq!(bench.said(), Vec::<String>::new(), "it is over");
    bench
}

#[test]
fn an_answer_that_broke_off_is_what_was_heard_of_it() {
    for is_done in [false, true] {
        let mut bench = broken_off();
        if is_done {
            bench.done("r", "cancelled");
        }
        bench.interrupt(1, Some((200, 2)));
        assert_eq!(bench.told(), ["truncate a 200"], "{is_done}");
        bench.heard(100, 1);
        assert_eq!(bench.told(), ["truncate a 100"]);
        bench.dialogue.retire();
        bench.heard(300, 3);
        bench.open();
        assert_eq!(bench.told()[0], "remind assistant: Hel");
        bench.heard(100, 1);
        assert_eq!(
            bench.told(),
            ["remind assistant behind viva_1: H", "delete viva_1"]
        );
    }
}

#[test]
fn an_answer_that_broke_off_may_be_cut_while_the_next_one_is_said() {
    let mut bench = broken_off();
    bench.done("r", "cancelled");
    bench.find("v");
    bench.created("s");
    bench.sounds("s", "b", 500);
    bench.told();
    bench.cut_before(200, 2);
    assert_eq!(bench.told(), ["truncate a 200"]);
}

#[test]
fn an_answer_that_broke_off_fails_once() {
    let mut bench = broken_off();
    assert!(bench.lose());
    assert_eq!(bench.said(), Vec::<String>::new());
    bench.interrupt(1, Some((200, 2)));
    bench.open();
    assert_eq!(bench.told()[0], "remind assistant: He");
}

#[test]
fn of_an_answer_that_broke_off_before_it_sounded_nothing_is_left() {
    let mut bench = Bench::hands_free();
    bench.find("u");
    bench.created("r");
    bench.item("r", "a");
    bench.says("r", "a", "Hello");
    bench.garbles("r", "a");
    bench.done("r", "cancelled");
    assert_eq!(bench.told(), ["cancel r", "delete a"]);
    bench.dialogue.retire();
    bench.open();
    assert_eq!(bench.told(), Vec::<String>::new());
}

#[test]
fn an_answer_of_which_nothing_was_heard_is_deleted_once_it_is_over() {
    let mut bench = answering();
    bench.interrupt(1, Some((0, 0)));
    assert_eq!(bench.told(), ["cancel r"]);
    bench.done("r", "cancelled");
    assert_eq!(bench.told(), ["delete a"]);
    let mut bench = answering();
    bench.done("r", "completed");
    bench.interrupt(1, None);
    assert_eq!(bench.told(), ["delete a"], "it is already");
}

#[test]
fn an_answer_that_was_announced_only_is_taken_back() {
    let mut bench = Bench::hands_free();
    bench.find("u");
    bench.created("r");
    bench.interrupt(1, None);
    assert_eq!(bench.told(), ["cancel r"]);
    bench.item("r", "a");
    bench.sounds("r", "a", 100);
    bench.done("r", "cancelled");
    assert_eq!(bench.told(), ["delete a"]);
    assert_eq!(bench.said(), ["@0 speech", "@0 silence"]);
}

#[test]
fn an_answer_that_is_announced_too_late_is_taken_back() {
    let mut bench = Bench::hands_free();
    bench.find("u");
    bench.said();
    bench.interrupt(1, None);
    bench.created("r");
    bench.says("r", "a", "Old.");
    assert_eq!(bench.told(), ["cancel r"]);
    bench.find("v");
    bench.done("r", "cancelled");
    bench.created("s");
    bench.says("s", "b", "New.");
    assert_eq!(
        bench.said(),
        ["@1 speech", "@1 silence", "@1 begins", "@1 says New."]
    );
}

#[test]
fn an_answer_that_was_asked_for_and_is_announced_too_late_is_taken_back() {
    let mut bench = Bench::ordered();
    bench.audio(200);
    bench.commit(1);
    bench.interrupt(2, None);
    bench.audio(200);
    bench.commit(3);
    bench.told();
    bench.created_for("r", 1);
    assert_eq!(bench.told(), ["cancel r"]);
    bench.item("r", "a");
    bench.says("r", "a", "Old.");
    bench.done("r", "cancelled");
    assert_eq!(bench.told(), ["delete a", "ask 2"]);
    bench.created_for("s", 2);
    bench.says("s", "b", "New.");
    assert_eq!(bench.said(), ["@3 begins", "@3 says New."]);
}

#[test]
fn an_answer_that_nobody_wants_any_more_is_not_asked_for() {
    let mut bench = answering();
    bench.find("v");
    bench.error("conversation_already_has_active_response", None);
    bench.interrupt(1, Some((100, 1)));
    bench.told();
    bench.done("r", "cancelled");
    assert_eq!(bench.told(), Vec::<String>::new());
}

#[test]
fn what_was_heard_before_stays() {
    let mut bench = answering();
    bench.done("r", "completed");
    bench.find("v");
    // The user goes on before the answer.
    bench.interrupt(1, None);
    assert_eq!(bench.told(), Vec::<String>::new());
    bench.created("s");
    assert_eq!(bench.told(), ["cancel s"]);
    bench.item("s", "b");
    bench.done("s", "cancelled");
    assert_eq!(bench.told(), ["delete b"]);
}

#[test]
fn an_answer_is_cut_once() {
    let mut bench = answering();
    bench.interrupt(1, Some((200, 2)));
    bench.interrupt(2, Some((300, 3)));
    assert_eq!(bench.told(), ["cancel r", "truncate a 200"]);
}

#[test]
fn an_interruption_of_nothing_says_nothing() {
    let mut bench = Bench::hands_free();
    bench.interrupt(1, None);
    bench.interrupt(2, Some((100, 1)));
    assert_eq!((bench.told(), bench.said()), (Vec::new(), Vec::new()));
}

#[test]
fn an_answer_of_several_items_is_cut_where_it_was_heard() {
    let mut bench = answering();
    bench.item("r", "b");
    bench.sounds("r", "b", 300);
    bench.item("r", "c");
    bench.sounds("r", "c", 300);
    bench.done("r", "completed");
    bench.interrupt(1, Some((700, 9)));
    assert_eq!(bench.told(), ["truncate b 200", "delete c"]);
}

#[test]
fn audio_in_another_part_of_an_item_is_cut_there() {
    let mut bench = answering();
    let kind = "response.output_audio.delta";
    bench.hear(
        json!({ "type": kind, "response_id": "r", "item_id": "a", "content_index": 1, "delta": "AQABAA==" }),
    );
    bench.interrupt(1, Some((200, 2)));
    let truncate = bench.dialogue.out.messages.pop_back().unwrap();
    assert_eq!(
        serde_json::to_value(&truncate).unwrap()["content_index"],
        json!(1)
    );
}

/// Another turn is found while an answer grows.
fn found_while_answering() -> Bench {
    let mut bench = answering();
    bench.find("v");
    bench.said();
    bench
}

#[test]
fn a_turn_that_was_found_before_the_answer_was_stopped_is_asked_for() {
    let mut bench = found_while_answering();
    bench.error("conversation_already_has_active_response", None);
    bench.interrupt(1, Some((200, 2)));
    bench.commit(2);
    assert_eq!(bench.told(), ["cancel r", "truncate a 200"]);
    bench.done("r", "cancelled");
    assert_eq!(bench.told(), ["ask 1"]);
    bench.created_for("s", 1);
    bench.says("s", "b", "Yes.");
    bench.transcript("v", "Two.");
    assert_eq!(bench.said(), ["@2 begins", "@2 says Yes.", "@0 user Two."]);
}

#[test]
fn a_turn_that_the_provider_still_owes_an_answer_is_not_asked_for() {
    let mut bench = found_while_answering();
    bench.interrupt(1, Some((200, 2)));
    bench.commit(2);
    bench.done("r", "cancelled");
    assert_eq!(bench.told(), ["cancel r", "truncate a 200"]);
    bench.created("s");
    bench.says("s", "b", "Yes.");
    assert_eq!(bench.said(), ["@2 begins", "@2 says Yes."]);

    let mut bench = found_while_answering();
    bench.interrupt(1, Some((200, 2)));
    bench.commit(2);
    bench.error("conversation_already_has_active_response", None);
    bench.told();
    bench.done("r", "cancelled");
    assert_eq!(bench.told(), ["ask 1"], "it could not");
}

#[test]
fn an_answer_that_was_given_up_with_the_one_before_is_asked_for_again() {
    for says_something in [false, true] {
        let mut bench = found_while_answering();
        bench.done("r", "completed");
        bench.created("s");
        if says_something {
            bench.says("s", "b", "Yes.");
        }
        bench.interrupt(1, Some((200, 2)));
        bench.commit(2);
        bench.told();
        bench.said();
        bench.done("s", "cancelled");
        assert_eq!(
            bench.told().last().map(String::as_str),
            Some("ask 1"),
            "{says_something}"
        );
        bench.created_for("t", 1);
        bench.says("t", "c", "Yes.");
        assert_eq!(bench.said(), ["@2 begins", "@2 says Yes."]);
    }
}

#[test]
fn a_turn_that_is_found_answers_what_was_wanted_before() {
    let mut bench = found_while_answering();
    bench.error("conversation_already_has_active_response", None);
    bench.interrupt(1, Some((200, 2)));
    bench.commit(2);
    bench.find("w");
    bench.told();
    bench.done("r", "cancelled");
    bench.created("s");
    bench.done("s", "completed");
    assert_eq!(bench.told(), Vec::<String>::new(), "one answer for both");
}

use serde_json::json;
use viva_domain::ports::MessageRole;

use super::bench::{Bench, message};
use crate::providers::openai::realtime::config::Turns;

/// A conversation with one turn that is answered with 400 ms, heard to its end.
fn after_a_turn(turns: Turns) -> Bench {
    let mut bench = Bench::new(
        turns,
        vec![
            message(MessageRole::User, "Hello."),
            message(MessageRole::Assistant, "Hi."),
        ],
    );
    if turns == Turns::None {
        bench.audio(200);
        bench.commit(0);
        bench.committed("u");
        bench.created_for("r", 1);
    } else {
        bench.audio(200);
        bench.find("u");
        bench.created("r");
    }
    bench.says("r", "a", "It is noon.");
    bench.sounds("r", "a", 400);
    bench.done("r", "completed");
    bench.transcript("u", "What time is it?");
    bench.said();
    bench
}

#[test]
fn what_was_said_before_is_known_at_once() {
    let mut bench = after_a_turn(Turns::ServerVad);
    assert_eq!(
        bench.told()[..2],
        ["remind user: Hello.", "remind assistant: Hi."]
    );
}

#[test]
fn another_connection_knows_what_was_said() {
    let mut bench = after_a_turn(Turns::ServerVad);
    bench.dialogue.retire();
    bench.open();
    let told = [
        "remind user: Hello.",
        "remind assistant: Hi.",
        "remind user: What time is it?",
        "remind assistant: It is noon.",
    ];
    assert_eq!(bench.told(), told);
    assert_eq!(bench.said(), Vec::<String>::new());
}

#[test]
fn another_connection_knows_only_what_was_heard() {
    let mut bench = after_a_turn(Turns::ServerVad);
    bench.interrupt(1, Some((150, 5)));
    bench.dialogue.retire();
    bench.open();
    assert_eq!(bench.told()[3], "remind assistant: It is");
    for (ms, chars, expected) in [(100, 2, "It"), (300, 8, "It is no"), (400, 11, "It is noon.")] {
        bench.dialogue.retire();
        bench.heard(ms, chars);
        bench.open();
        assert_eq!(bench.told()[3], format!("remind assistant: {expected}"));
    }
}

#[test]
fn an_answer_can_be_cut_whose_connection_is_gone() {
    for is_open_again in [false, true] {
        let mut bench = after_a_turn(Turns::ServerVad);
        assert!(bench.lose());
        let mut expected: &[&str] = &[];
        if is_open_again {
            bench.open();
            expected = &["remind assistant behind viva_4: It is", "delete viva_4"];
        }
        bench.told();
        bench.interrupt(1, Some((150, 5)));
        assert_eq!(bench.told(), expected);
        for (ms, chars, expected) in [(150, 5, "It is"), (100, 2, "It"), (300, 8, "It is no")] {
            bench.dialogue.retire();
            bench.heard(ms, chars);
            bench.open();
            assert_eq!(bench.told()[3], format!("remind assistant: {expected}"));
        }
    }
}

#[test]
fn a_connection_is_told_anew_what_turns_out_to_have_been_heard() {
    let mut bench = after_a_turn(Turns::ServerVad);
    assert!(bench.lose());
    bench.open();
    bench.told();
    for (order, expected) in [
        (Some(0), &["delete viva_4"][..]),
        (Some(5), &["remind assistant behind viva_3: It is"]),
        (Some(5), &[]),
        (
            None,
            &["remind assistant behind viva_5: It is noon.", "delete viva_5"],
        ),
    ] {
        match (order, expected.is_empty()) {
            (Some(0), _) => bench.interrupt(1, Some((0, 0))),
            (Some(chars), _) => bench.heard(150, chars),
            (None, _) => bench.heard(400, 11),
        }
        assert_eq!(bench.told(), expected, "{order:?}");
    }
}

#[test]
fn an_answer_that_was_given_is_told_anew_when_it_was_cut() {
    let mut bench = Bench::new(
        Turns::ServerVad,
        vec![
            message(MessageRole::Assistant, "It is noon."),
            message(MessageRole::User, "Thanks."),
        ],
    );
    bench.told();
    bench.interrupt(1, None);
    bench.heard(150, 5);
    assert_eq!(
        bench.told(),
        ["remind assistant behind viva_1: It is", "delete viva_1"]
    );
    bench.dialogue.retire();
    bench.open();
    assert_eq!(bench.told(), ["remind assistant: It is", "remind user: Thanks."]);
}

#[test]
fn an_answer_that_broke_off_with_its_connection_can_be_cut() {
    let mut bench = after_a_turn(Turns::ServerVad);
    bench.find("v");
    bench.created("s");
    bench.says("s", "b", "Well, yes.");
    bench.sounds("s", "b", 400);
    assert!(bench.lose());
    bench.open();
    bench.interrupt(1, Some((100, 4)));
    bench.dialogue.retire();
    bench.told();
    bench.open();
    assert_eq!(
        bench.told()[3..],
        ["remind assistant: It is noon.", "remind assistant: Well"]
    );
}

#[test]
fn what_was_heard_over_another_connection_is_not_cut() {
    let mut bench = after_a_turn(Turns::ServerVad);
    assert!(bench.lose());
    bench.open();
    bench.find("v");
    bench.created("s");
    bench.says("s", "b", "Yes.");
    bench.sounds("s", "b", 500);
    bench.told();
    bench.interrupt(1, Some((200, 2)));
    assert_eq!(bench.told(), ["cancel s", "truncate b 200"]);
    bench.dialogue.retire();
    bench.open();
    assert_eq!(
        bench.told()[3..],
        ["remind assistant: It is noon.", "remind assistant: Ye"]
    );
}

#[test]
fn audio_that_no_turn_took_is_heard_again() {
    let mut bench = after_a_turn(Turns::ServerVad);
    bench.audio(600);
    bench.audio(700);
    bench.dialogue.retire();
    bench.audio(20);
    assert_eq!(bench.quiet_in(), None, "it is moving");
    bench.told();
    bench.open();
    assert_eq!(
        bench.told()[4..],
        ["audio 300", "audio 700", "audio 20"],
        "a second is kept"
    );
}

#[test]
fn a_turn_that_is_ordered_while_there_is_no_connection_is_taken_later() {
    let mut bench = after_a_turn(Turns::None);
    bench.dialogue.retire();
    bench.audio(300);
    bench.commit(1);
    bench.audio(20);
    bench.told();
    bench.open();
    assert_eq!(bench.told()[4..], ["audio 300", "commit", "ask 2"]);
    bench.created_for("s", 2);
    bench.says("s", "b", "Yes?");
    assert_eq!(bench.said(), ["@1 begins", "@1 says Yes?"]);
}

#[test]
fn an_interruption_without_a_connection_takes_back_what_was_ordered() {
    let mut bench = after_a_turn(Turns::None);
    bench.dialogue.retire();
    bench.audio(300);
    bench.commit(1);
    bench.interrupt(2, None);
    bench.audio(200);
    bench.commit(3);
    bench.told();
    bench.open();
    assert_eq!(bench.told()[4..], ["audio 300", "audio 200", "commit", "ask 2"]);
}

#[test]
fn speech_that_is_under_way_is_not_lost_with_the_connection() {
    let mut bench = after_a_turn(Turns::None);
    bench.audio(200);
    bench.order(viva_domain::ports::RealtimeCommand::SpeechBegan {
        ago: std::time::Duration::from_millis(100),
    });
    bench.audio(20);
    assert!(bench.lose());
    bench.audio(30);
    bench.open();
    assert_eq!(bench.told()[4..], ["audio 200", "audio 20", "audio 30"]);
    bench.commit(1);
    assert_eq!(bench.told(), ["commit", "ask 2"]);
}

#[test]
fn an_answer_that_breaks_off_fails() {
    let mut bench = after_a_turn(Turns::ServerVad);
    assert!(bench.lose());
    assert_eq!(bench.said(), Vec::<String>::new(), "nothing was owed");
    bench.open();
    bench.find("v");
    bench.said();
    assert!(bench.lose());
    assert_eq!(
        bench.said(),
        ["@0 failed: it failed: it hung up"],
        "it was not announced"
    );
    bench.open();
    bench.find("w");
    bench.created("t");
    bench.says("t", "c", "Well");
    bench.said();
    assert!(bench.lose());
    assert_eq!(bench.said(), ["@0 failed: it failed: it hung up"]);
    bench.open();
    bench.sounds("t", "c", 100);
    assert_eq!(bench.said(), Vec::<String>::new());
}

#[test]
fn an_answer_that_nobody_waits_for_does_not_fail() {
    let mut bench = after_a_turn(Turns::ServerVad);
    bench.find("v");
    bench.interrupt(1, None);
    bench.said();
    assert!(bench.lose());
    assert_eq!(bench.said(), Vec::<String>::new());
}

#[test]
fn connections_that_bring_nothing_are_not_opened_for_ever() {
    let mut bench = after_a_turn(Turns::ServerVad);
    for _ in 0..2 {
        for _ in 0..3 {
            assert!(bench.lose());
            bench.open();
            bench.hear(json!({ "type": "session.updated" }));
            bench.hear(json!({ "type": "conversation.item.added" }));
            bench.error("invalid_value", Some("remind"));
        }
        bench.find("v");
        bench.interrupt(1, None);
    }
    for _ in 0..3 {
        assert!(bench.lose());
        bench.open();
    }
    assert!(!bench.lose());
}

#[test]
fn the_conversation_moves_when_nobody_would_notice() {
    let mut bench = Bench::hands_free();
    assert_eq!(bench.quiet_in(), Some(0));
    bench.hear(json!({ "type": "input_audio_buffer.speech_started", "item_id": "u" }));
    assert_eq!(bench.quiet_in(), None, "the user speaks");
    bench.hear(json!({ "type": "input_audio_buffer.speech_stopped", "item_id": "u" }));
    bench.committed("u");
    assert_eq!(bench.quiet_in(), None, "an answer is owed");
    bench.created("r");
    bench.sounds("r", "a", 400);
    bench.sounds("r", "a", 600);
    assert_eq!(bench.quiet_in(), None, "an answer is under way");
    bench.done("r", "completed");
    assert_eq!(bench.quiet_in(), Some(10_000), "the user's words are missing");
    bench.transcript("u", "What?");
    assert_eq!(bench.quiet_in(), Some(2_000), "the answer is being heard");
    bench.pass(1_500);
    assert_eq!(bench.quiet_in(), Some(500));
    bench.pass(600);
    assert_eq!(bench.quiet_in(), Some(0));
}

use std::time::Duration;

use serde_json::json;
use viva_domain::ports::RealtimeCommand;

use super::bench::{Bench, generation};

#[test]
fn a_turn_that_the_provider_finds_is_answered_without_being_told() {
    let mut bench = Bench::hands_free();
    bench.audio(20);
    bench.find("u");
    bench.created("r");
    bench.item("r", "a");
    assert_eq!(bench.said(), ["@0 speech", "@0 silence"]);
    bench.says("r", "a", "Hi ");
    bench.sounds("r", "a", 100);
    bench.says("r", "a", "you.");
    bench.done("r", "completed");
    let said = [
        "@0 begins",
        "@0 says Hi ",
        "@0 sounds 100",
        "@0 says you.",
        "@0 done, 4 tokens",
    ];
    assert_eq!(bench.said(), said);
    assert_eq!(bench.told(), ["audio 20"]);
}

#[test]
fn a_turn_that_the_session_finds_is_taken_and_answered() {
    let mut bench = Bench::ordered();
    for _ in 0..50 {
        bench.audio(20);
    }
    assert_eq!(bench.told(), Vec::<String>::new(), "nobody speaks yet");
    bench.order(RealtimeCommand::SpeechBegan {
        ago: Duration::from_millis(110),
    });
    let told = bench.told();
    assert_eq!(told.len(), 21, "410 ms: 110 ms and the prefix");
    assert_eq!((told[0].as_str(), told[20].as_str()), ("audio 10", "audio 20"));
    bench.audio(30);
    bench.commit(1);
    assert_eq!(bench.told(), ["audio 30", "commit", "ask 1"]);
    bench.committed("u");
    bench.created_for("r", 1);
    bench.says("r", "a", "Hi.");
    assert_eq!(bench.said(), ["@1 begins", "@1 says Hi."]);
    bench.audio(20);
    assert_eq!(bench.told(), Vec::<String>::new(), "the next turn has not begun");
}

#[test]
fn a_turn_that_never_began_is_all_that_was_heard() {
    let mut bench = Bench::ordered();
    bench.audio(300);
    bench.commit(1);
    assert_eq!(bench.told(), ["audio 300", "commit", "ask 1"]);
}

#[test]
fn a_turn_that_comes_in_one_piece_is_heard_whole() {
    let mut bench = Bench::ordered();
    bench.order(RealtimeCommand::SpeechBegan { ago: Duration::ZERO });
    bench.audio(30_000);
    bench.commit(1);
    assert_eq!(bench.told(), ["audio 30000", "commit", "ask 1"]);
}

#[test]
fn of_a_long_piece_that_was_speech_the_end_is_heard() {
    for told_late in [true, false] {
        let mut bench = Bench::ordered();
        bench.audio(30_000);
        if told_late {
            bench.order(RealtimeCommand::SpeechBegan {
                ago: Duration::from_secs(30),
            });
        }
        bench.commit(1);
        assert_eq!(bench.told(), ["audio 10000", "commit", "ask 1"]);
    }
}

#[test]
fn a_turn_is_as_long_as_the_provider_wants_it() {
    let mut bench = Bench::ordered();
    bench.audio(30);
    bench.commit(1);
    assert_eq!(bench.told(), ["audio 30", "silence 70", "commit", "ask 1"]);
    bench.created_for("r", 1);
    bench.done("r", "completed");
    bench.commit(2);
    assert_eq!(bench.told(), ["ask 2"], "there is nothing to take");
}

#[test]
fn who_is_done_need_not_wait_for_silence() {
    let mut bench = Bench::hands_free();
    bench.order(RealtimeCommand::EndTurn);
    assert_eq!(bench.told(), Vec::<String>::new(), "nothing was heard");
    bench.hear(json!({ "type": "input_audio_buffer.speech_started", "item_id": "u" }));
    bench.order(RealtimeCommand::EndTurn);
    assert_eq!(bench.told(), ["silence 700"]);
}

#[test]
fn who_is_done_before_the_provider_tells_that_it_heard_them_need_not_wait_either() {
    let mut bench = Bench::hands_free();
    bench.audio(3_000);
    bench.order(RealtimeCommand::EndTurn);
    assert_eq!(bench.told(), ["audio 3000", "silence 700"]);
    bench.find("u");
    bench.order(RealtimeCommand::EndTurn);
    assert_eq!(bench.told(), Vec::<String>::new(), "the turn is taken");
}

#[test]
fn the_provider_is_not_told_to_take_a_turn_that_it_finds_itself() {
    let mut bench = Bench::hands_free();
    bench.audio(300);
    bench.commit(1);
    assert_eq!(bench.told(), ["audio 300"]);
}

#[test]
fn words_carry_the_generation_of_their_turn_however_late_they_come() {
    let mut bench = Bench::ordered();
    bench.audio(300);
    bench.commit(1);
    bench.committed("u");
    bench.created_for("r", 1);
    bench.says("r", "a", "Hi.");
    bench.done("r", "completed");
    bench.interrupt(2, None);
    bench.audio(300);
    bench.commit(3);
    bench.said();
    bench.transcript("u", " What? ");
    bench.committed("v");
    bench.transcript("v", "And?");
    assert_eq!(bench.said(), ["@1 user What?", "@3 user And?"]);
}

#[test]
fn words_of_a_turn_that_interrupted_are_those_of_the_new_one() {
    let mut bench = Bench::hands_free();
    bench.find("u");
    bench.created("r");
    bench.sounds("r", "a", 500);
    bench.hear(json!({ "type": "input_audio_buffer.speech_started", "item_id": "v" }));
    bench.interrupt(1, Some((100, 2)));
    bench.said();
    bench.hear(json!({ "type": "input_audio_buffer.speech_stopped", "item_id": "v" }));
    bench.committed("v");
    bench.transcript("u", "Early.");
    bench.transcript("v", "Wait!");
    assert_eq!(bench.said(), ["@1 silence", "@0 user Early.", "@1 user Wait!"]);
}

#[test]
fn who_goes_on_before_the_answer_says_one_turn() {
    let mut bench = Bench::hands_free();
    bench.find("u");
    bench.created("r");
    bench.interrupt(1, None);
    bench.find("v");
    bench.said();
    bench.transcript("v", "please.");
    bench.transcript("u", "A coffee,");
    assert_eq!(bench.said(), ["@1 user please.…", "@1 user A coffee, please."]);
    bench.created("s");
    bench.done("s", "failed");
    bench.find("w");
    bench.said();
    bench.transcript("w", "Hello?");
    assert_eq!(bench.said(), ["@1 user Hello?"], "a failure ends a turn too");
}

#[test]
fn words_grow_and_may_turn_out_to_be_none() {
    let mut bench = Bench::hands_free();
    bench.find("u");
    bench.said();
    for delta in ["Wh", "at"] {
        let kind = "conversation.item.input_audio_transcription.delta";
        bench.hear(json!({ "type": kind, "item_id": "u", "delta": delta }));
    }
    bench.transcript("u", "");
    bench.transcript("silence", "");
    bench.hear(json!({ "type": "conversation.item.input_audio_transcription.failed", "item_id": "v", "error": null }));
    assert_eq!(bench.said(), ["@0 user Wh…", "@0 user What…", "@0 user "]);
}

#[test]
fn a_greeting_is_asked_for_without_a_turn() {
    let mut bench = Bench::hands_free();
    bench.order(RealtimeCommand::Greet(generation(1)));
    assert_eq!(bench.told(), ["ask 1"]);
    bench.created_for("r", 1);
    bench.says("r", "a", "Welcome.");
    assert_eq!(bench.said(), ["@1 begins", "@1 says Welcome."]);
}

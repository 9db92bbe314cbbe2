//! Failures and ends.

use rstest::rstest;

use super::script::{Play, check, check_answer};
use super::session;

#[test]
fn a_turn_without_answer_is_kept_and_the_session_goes_on() {
    check_answer(
        session(),
        r#"
        2100 ai heard hello
             > user 1 said: hello
        2500 ai failed overloaded
             > failure: overloaded
             > user audio 1 complete
             > finish 1 1000..2500, user "hello", failed "overloaded"
             = Listening
        2500 ai failed overloaded
        2600 ai audio 100
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
             = UserSpeaking
        "#,
    );
}

#[test]
fn what_was_said_before_the_failure_is_heard() {
    check_answer(
        session(),
        r#"
        2500 ai text Once_there_was
             > response 1 started 2500
             > text 1: Once there was
             = AiSpeaking
        2500 ai audio 500
             > user audio 1 complete
             > audio 1 at 0: 500
        2510 sent 1
        2600 ai failed overloaded
             > failure: overloaded
             > audio 1 at 500: 0, last
        2650 ai audio 100
        2650 ai done
        due 3010
             > ai 1 said: Once
             > response 1 ended, total 510, endpointing 0, unexplained 510, by server
             > finish 1 1000..3010, heard "Once", unheard "there was", played 500, failed "overloaded"
             = Listening
        "#,
    );
}

#[test]
fn an_answer_that_fails_before_its_audio_was_not_heard() {
    check_answer(
        session(),
        r#"
        2500 ai text Once_there_was
             > response 1 started 2500
             > text 1: Once there was
             = AiSpeaking
        2600 ai failed overloaded
             > failure: overloaded
             > ai 1 said:
             > response 1 ended, endpointing 0
             > user audio 1 complete
             > finish 1 1000..2600, unheard "Once there was", failed "overloaded"
             = Listening
        "#,
    );
}

#[test]
fn a_failure_after_the_answer_changes_nothing() {
    check_answer(
        session(),
        "
        2500 ai audio 500
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 500
             = AiSpeaking
        2500 ai done 3
             > audio 1 at 500: 0, last
        2600 ai failed overloaded
        2650 ai done 4
        due 3000
             > response 1 ended, endpointing 0, 3 tokens
             > finish 1 1000..3000, played 500, 3 tokens
             = Listening
        ",
    );
}

#[test]
fn an_answer_that_does_not_go_on_is_given_up() {
    check_answer(
        session(),
        r#"
        2500 ai text Once_there_was
             > response 1 started 2500
             > text 1: Once there was
             = AiSpeaking
        2500 ai audio 500
             > user audio 1 complete
             > audio 1 at 0: 500
        2510 sent 1
        2600 play 1 started 0
             > latency 1, total 510, endpointing 0, unexplained 510, by server
        due 5010
             > notice AnswerStalled
        due 13010
             > order interrupt @2, heard 500 ms, 4 chars
             > failure: the provider did not go on within 10 s
             > audio 1 at 500: 0, last
             > ai 1 said: Once
             > response 1 ended, total 510, endpointing 0, unexplained 510, by server
             > finish 1 1000..13010, heard "Once", unheard "there was", played 500, stalled 5010, failed "the provider did not go on within 10 s"
             = Listening
        13100 ai@1 audio 500
        due 1753010
             > notice IdleLimitNear
        "#,
    );
}

#[test]
fn a_begun_answer_without_a_word_is_given_up() {
    check_answer(
        session(),
        r#"
        2500 ai start
             > response 1 started 2500
             = AiSpeaking
        due 4500
             > notice AnswerStalled
        due 12500
             > order interrupt @2, heard 0 ms, 0 chars
             > failure: the provider did not go on within 10 s
             > response 1 ended, endpointing 0
             > user audio 1 complete
             > finish 1 1000..12500, stalled 4500, failed "the provider did not go on within 10 s"
             = Listening
        "#,
    );
}

#[test]
fn an_answer_that_never_comes_is_given_up() {
    check_answer(
        session(),
        r#"
        2010 committed
        due 32010
             > order interrupt @2
             > failure: the provider did not answer within 30 s
             > user audio 1 complete
             > finish 1 1000..32010, failed "the provider did not answer within 30 s"
             = Listening
        33000 ai@1 audio 500
        33000 ai audio 500
        "#,
    );
}

#[test]
fn a_mode_that_cannot_be_opened_ends_the_session() {
    check(
        session(),
        "
        100 ai dead no network
             > fatal failure: no network
             > close mode
             = Ending
        200 opened
        300 drained
             > session error after 100 ms, 0 turns, 0 interrupted
        ",
    );
}

#[test]
fn a_mode_that_fails_ends_the_session_and_keeps_the_turn() {
    check_answer(
        session(),
        r#"
        2500 ai text Once_there_was
             > response 1 started 2500
             > text 1: Once there was
             = AiSpeaking
        2500 ai audio 1000
             > user audio 1 complete
             > audio 1 at 0: 1000
        2500 sent 1
        3000 ai@0 dead no network
             > fatal failure: no network
             > interrupted 1 3000 by client
             > order interrupt @2, heard 500 ms, 4 chars
             > response 1 ended by client, total 500, endpointing 0, unexplained 500, by server
             > ai 1 said: Once
             > latency 1, total 500, endpointing 0, unexplained 500, by server
             > finish 1 1000..3000, heard "Once", unheard "there was", played 500, cut by client, failed "no network"
             > close mode
             = Ending
        3100 drained
             > session error after 3000 ms, 1 turns, 1 interrupted
        "#,
    );
}

#[test]
fn an_answer_that_is_all_there_does_not_fail_with_the_mode() {
    check_answer(
        session(),
        "
        2500 ai audio 1000
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 1000
             = AiSpeaking
        2500 sent 1
        2600 ai done
             > audio 1 at 1000: 0, last
        3000 ai dead no network
             > fatal failure: no network
             > interrupted 1 3000 by client
             > order interrupt @2, heard 500 ms, 0 chars
             > response 1 ended by client, total 500, endpointing 0, unexplained 500, by server
             > latency 1, total 500, endpointing 0, unexplained 500, by server
             > finish 1 1000..3000, played 500, cut by client
             > close mode
             = Ending
        ",
    );
}

#[rstest]
#[case::idle(
    "",
    "
    > close mode
    = Ending
    "
)]
#[case::listening(
    "0 opened",
    "
    > close mode
    = Ending
    "
)]
#[case::user_speaking(
    "0 opened | 10 speech",
    "
    > user audio 1 complete
    > finish 1 10..50
    > close mode
    = Ending
    "
)]
#[case::processing(
    "0 opened | 10 speech | 20 silence",
    "
    > user audio 1 complete
    > finish 1 10..50
    > close mode
    = Ending
    "
)]
#[case::ai_speaking(
    "0 opened | 10 speech | 20 silence | 30 ai audio 100 | 31 sent 1",
    "
    > interrupted 1 50 by client
    > order interrupt @2, heard 19 ms, 0 chars
    > response 1 ended by client, total 11, endpointing 0, unexplained 11, by server
    > latency 1, total 11, endpointing 0, unexplained 11, by server
    > finish 1 10..50, played 19, cut by client
    > close mode
    = Ending
    "
)]
#[case::waiting_for_the_report_of_a_cut(
    "0 opened | 10 speech | 20 silence | 30 ai audio 100 | 31 sent 1 | 40 interrupt",
    "
    > latency 1, total 11, endpointing 0, unexplained 11, by server
    > finish 1 10..50, played 9, cut by client
    > close mode
    = Ending
    "
)]
#[case::user_speaking_after_a_cut(
    "0 opened | 10 speech | 20 silence | 30 ai audio 100 | 40 speech",
    "
    > latency 1, endpointing 0
    > finish 1 10..50, played 0, cut by speech
    > user audio 2 complete
    > finish 2 40..50
    > close mode
    = Ending
    "
)]
fn a_session_ends_in_any_state(#[case] before: &str, #[case] expected: &str) {
    let mut play = Play::new(session());
    for line in before.split(" | ").filter(|line| !line.is_empty()) {
        play.line(line);
    }
    play.lines.clear();
    play.line("50 end superseded");
    let expected: Vec<&str> = expected
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    assert_eq!(play.lines[1..], expected);
    assert_eq!((play.machine.deadline(), play.machine.is_over()), (None, false));

    let late = [
        "60 end completed",
        "60 speech",
        "60 ai audio 5",
        "60 ai dead late",
        "60 tick",
    ];
    assert_eq!(play.effects_of(&late), [""; 0], "nothing but the end follows");

    let end = play.effects_of(&["70 drained"]);
    assert!(end[0].starts_with("> session superseded after 50 ms"), "{end:?}");
    assert_eq!((end.len(), play.machine.is_over()), (1, true));
    assert_eq!(
        play.effects_of(&["80 drained", "80 opened", "80 end completed"]),
        [""; 0]
    );
}

#[test]
fn an_answer_has_time_from_one_piece_to_the_next() {
    check_answer(
        session(),
        r#"
        2500 ai audio 500
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 500
             = AiSpeaking
        2510 sent 1
        due 5010
             > notice AnswerStalled
        12000 ai text Once
             > text 1: Once
        21000 ai audio 500
             > audio 1 at 500: 500
        22000 tick
        due 23500
             > notice AnswerStalled
        due 31500
             > order interrupt @2, heard 1000 ms, 4 chars
             > failure: the provider did not go on within 10 s
             > audio 1 at 1000: 0, last
             > ai 1 said: Once
             > response 1 ended, total 510, endpointing 0, unexplained 510, by server
             > finish 1 1000..31500, heard "Once", played 1000, stalled 5010, failed "the provider did not go on within 10 s"
             = Listening
        "#,
    );
}

#[test]
fn text_gives_an_answer_time_too() {
    check_answer(
        session(),
        r#"
        2500 ai audio 500
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 500
             = AiSpeaking
        2510 sent 1
        due 5010
             > notice AnswerStalled
        12000 ai text Once
             > text 1: Once
        due 22000
             > order interrupt @2, heard 500 ms, 4 chars
             > failure: the provider did not go on within 10 s
             > audio 1 at 500: 0, last
             > ai 1 said: Once
             > response 1 ended, total 510, endpointing 0, unexplained 510, by server
             > finish 1 1000..22000, heard "Once", played 500, stalled 5010, failed "the provider did not go on within 10 s"
             = Listening
        "#,
    );
}

#[test]
fn an_answer_may_wait_for_a_lost_client() {
    check_answer(
        session(),
        r#"
        2500 ai audio 500
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 500
             = AiSpeaking
        2510 sent 1
        4000 lost
        20000 tick
        30000 back
        due 32000
             > notice AnswerStalled
        due 40000
             > order interrupt @2, heard 500 ms, 0 chars
             > failure: the provider did not go on within 10 s
             > audio 1 at 500: 0, last
             > response 1 ended, total 510, endpointing 0, unexplained 510, by server
             > finish 1 1000..40000, played 500, stalled 32000, failed "the provider did not go on within 10 s"
             = Listening
        "#,
    );
}

#[test]
fn a_language_model_has_its_time_from_when_it_was_asked() {
    check_answer(
        session(),
        r#"
        2010 committed
        12000 ai reached transcribed
        12000 ai reached llm requested
        due 42000
             > order interrupt @2
             > failure: the language model wrote nothing within 30 s
             > user audio 1 complete
             > finish 1 1000..42000, failed "the language model wrote nothing within 30 s"
             = Listening
        "#,
    );
}

#[test]
fn the_stage_that_a_begun_answer_waits_for_is_named() {
    for (said, who) in [
        (&["ai text Once"][..], "the language model did not go on"),
        (
            &["ai text Once", "ai audio 500"],
            "the language model did not go on",
        ),
        (
            &["ai text Once", "ai reached llm done"],
            "the voice sent no audio",
        ),
        (
            &["ai text Once", "ai reached llm done", "ai audio 500"],
            "the voice did not go on",
        ),
    ] {
        let mut play = Play::new(session());
        play.effects_of(&[
            "0 opened",
            "1000 speech",
            "2000 silence",
            "2010 committed",
            "2020 ai reached llm requested",
        ]);
        for what in said {
            play.line(&format!("2500 {what}"));
        }
        let effects = play.effects_of(&["due stall", "due gap"]);
        let failure = format!("> failure: {who} within 10 s");
        assert!(effects.contains(&failure), "{said:?}: {effects:?}");
    }
}

//! Words of the user that come when the conversation is further on.

use super::script::{check, check_answer};
use super::{provider_decides, session, with_fallback};

#[test]
fn a_turn_that_was_cut_still_gets_its_words() {
    check_answer(
        session(),
        r#"
        2500 ai audio 2000
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 2000
             = AiSpeaking
        2501 sent 1
        3000 speech
             > speech started 3000
             > interrupted 1 3000 by speech
             > order interrupt @2, heard 499 ms, 0 chars
             > response 1 ended by speech, total 501, endpointing 0, unexplained 501, by server
             > open turn 2, speech 3000
             = UserSpeaking
        3100 ai@1 hears What
        3150 ai@0 heard Nobody said that.
        3200 ai@1 heard What now?
             > user 1 said: What now?
        3210 ai@1 heard Wait
        3300 ai heard Wait
             > user 2 said: Wait
        3400 play 1 stopped 499
             > latency 1, total 501, endpointing 0, unexplained 501, by server
             > finish 1 1000..3400, user "What now?", played 499, cut by speech
        3500 ai@1 heard What now?
        "#,
    );
}

#[test]
fn words_find_the_turn_that_the_provider_answered() {
    check(
        provider_decides(),
        r#"
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2000 ai start
             > response 1 started 2000
             = AiSpeaking
        2000 ai audio 900
             > user audio 1 complete
             > audio 1 at 0: 900
        2001 sent 1
        2500 speech
             > speech started 2500
             > interrupted 1 2500 by speech
             > order interrupt @1, heard 499 ms, 0 chars
             > response 1 ended by speech
             > open turn 2, speech 2500
             = UserSpeaking
        2600 ai@0 heard One
             > user 1 said: One
        2700 ai heard Two
             > user 2 said: Two
        due 3500
             > latency 1
             > finish 1 1000..3500, user "One", played 499, cut by speech
        "#,
    );
}

#[test]
fn words_of_who_went_on_belong_to_the_same_turn() {
    check_answer(
        session(),
        "
        2100 speech
             > speech started 2100
             > order go on @2
             = UserSpeaking
        2200 ai@0 heard An old turn.
        2200 ai@1 heard One,
             > user 1 says: One,
        3000 silence
             > speech ended 3000, 900 ms
             > order commit @3
             = Processing
        3050 ai@2 hears One, two
             > user 1 says: One, two
        3100 ai heard One, two
             > user 1 said: One, two
        3200 ai@4 heard From the future.
        ",
    );
}

#[test]
fn who_went_on_and_then_cut_the_answer_is_understood_to_the_end() {
    check_answer(
        session(),
        "
        2050 ai heard One,
             > user 1 said: One,
        2100 speech
             > speech started 2100
             > order go on @2
             = UserSpeaking
        3000 silence
             > speech ended 3000, 900 ms
             > order commit @3
             = Processing
        3100 ai audio 900
             > response 1 started 3100
             > user audio 1 complete
             > audio 1 at 0: 900
             = AiSpeaking
        3200 speech
             > speech started 3200
             > interrupted 1 3200 by speech
             > order interrupt @4, heard 0 ms, 0 chars
             > response 1 ended by speech, endpointing 0
             > open turn 2, speech 3200
             = UserSpeaking
        3300 ai@3 heard One, two
             > user 1 said: One, two
        ",
    );
}

#[test]
fn words_of_the_turn_before_are_not_those_of_a_turn_that_was_taken() {
    check_answer(
        session(),
        "
        2100 ai done
             > response 1 started 2100
             > response 1 ended, endpointing 0
             > user audio 1 complete
             > finish 1 1000..2100
             = Listening
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
             = UserSpeaking
        4000 silence
             > speech ended 4000, 1000 ms
             > order commit @2
             = Processing
        4100 ai@1 heard Of the first turn.
             > user 1 said: Of the first turn.
             > amend 1: Of the first turn.
        ",
    );
}

#[test]
fn the_next_mode_does_not_know_the_words_of_a_turn_that_was_cut() {
    check_answer(
        with_fallback(),
        "
        2500 ai audio 2000
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 2000
             = AiSpeaking
        2501 sent 1
        3000 speech
             > speech started 3000
             > interrupted 1 3000 by speech
             > order interrupt @2, heard 499 ms, 0 chars
             > response 1 ended by speech, total 501, endpointing 0, unexplained 501, by server
             > open turn 2, speech 3000
             = UserSpeaking
        3100 ai dead it hung up
             > mode lost: it hung up
        3200 mode replaced
        3200 replayed
        3300 silence
             > speech ended 3300, 300 ms
             > order commit @1
             = Processing
        3400 ai heard Wait
             > user 2 said: Wait
        ",
    );
}

#[test]
fn words_that_come_after_a_turn_that_was_cut_is_saved_amend_it() {
    check_answer(
        session(),
        "
        2500 ai audio 2000
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 2000
             = AiSpeaking
        2501 sent 1
        3000 speech
             > speech started 3000
             > interrupted 1 3000 by speech
             > order interrupt @2, heard 499 ms, 0 chars
             > response 1 ended by speech, total 501, endpointing 0, unexplained 501, by server
             > open turn 2, speech 3000
             = UserSpeaking
        3400 play 1 stopped 499
             > latency 1, total 501, endpointing 0, unexplained 501, by server
             > finish 1 1000..3400, played 499, cut by speech
        3450 ai@1 hears What
        3500 ai@1 heard What now?
             > user 1 said: What now?
             > amend 1: What now?
        3600 ai@1 heard What now?
        3700 ai heard Wait
             > user 2 said: Wait
        ",
    );
}

#[test]
fn words_that_come_after_an_answer_was_dropped_amend_its_turn() {
    check_answer(
        session(),
        "
        2100 interrupt
             > interrupted 1 2100 by client
             > order interrupt @2
             > user audio 1 complete
             > finish 1 1000..2100, cut by client
             = Listening
        2200 ai@1 heard What now?
             > user 1 said: What now?
             > amend 1: What now?
        ",
    );
}

#[test]
fn words_between_turns_of_a_provider_that_decides_are_of_the_turn_before() {
    check(
        provider_decides(),
        "
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        1500 silence
             > speech ended 1500, 500 ms
             = Processing
        2000 ai start
             > response 1 started 2000
             = AiSpeaking
        2000 ai done
             > response 1 ended, endpointing 0
             > user audio 1 complete
             > finish 1 1000..2000
             = Listening
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
             = UserSpeaking
        3100 ai hears Tw
             > user 2 says: Tw
        3200 ai heard One.
             > user 1 said: One.
             > amend 1: One.
        3300 ai hears Two
             > user 2 says: Two
        3400 silence
             > speech ended 3400, 400 ms
             = Processing
        3500 ai heard Two.
             > user 2 said: Two.
        ",
    );
}

#[test]
fn words_that_overtake_those_of_the_turn_before_are_their_turns() {
    check(
        provider_decides(),
        "
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        1500 silence
             > speech ended 1500, 500 ms
             = Processing
        2000 ai start
             > response 1 started 2000
             = AiSpeaking
        2000 ai done
             > response 1 ended, endpointing 0
             > user audio 1 complete
             > finish 1 1000..2000
             = Listening
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
             = UserSpeaking
        3400 silence
             > speech ended 3400, 400 ms
             = Processing
        3500 ai heard Two.
             > user 2 said: Two.
        3600 ai heard One.
             > user 1 said: One.
             > amend 1: One.
        ",
    );
}

#[test]
fn the_next_mode_does_not_know_the_words_of_turns_that_are_over() {
    check_answer(
        with_fallback(),
        "
        2100 ai done
             > response 1 started 2100
             > response 1 ended, endpointing 0
             > user audio 1 complete
             > finish 1 1000..2100
             = Listening
        2200 mode replaced decides
        2300 ai heard Who says this?
        ",
    );
}

#[test]
fn only_the_last_turns_are_waited_for() {
    use super::script::Play;

    let mut play = Play::new(session());
    let mut now = 0;
    play.effects_of(&["0 opened"]);
    for _ in 0..6 {
        let lines = [
            format!("{} speech", now + 10),
            format!("{} silence", now + 20),
            format!("{} ai done", now + 30),
        ];
        play.effects_of(&lines.each_ref().map(String::as_str));
        now += 100;
    }
    let late: Vec<String> = (1..=6).map(|n| format!("{now} ai@{n} heard {n}")).collect();
    let effects = play.effects_of(&late.iter().map(String::as_str).collect::<Vec<_>>());
    let amended: Vec<&String> = effects
        .iter()
        .filter(|line| line.starts_with("> amend"))
        .collect();
    assert_eq!(
        amended,
        ["> amend 3: 3", "> amend 4: 4", "> amend 5: 5", "> amend 6: 6"]
    );
}

#[test]
fn words_of_who_goes_on_are_not_those_of_a_cough_before() {
    check(
        provider_decides(),
        "
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        1500 silence
             > speech ended 1500, 500 ms
             = Processing
        2000 ai start
             > response 1 started 2000
             = AiSpeaking
        2000 ai done
             > response 1 ended, endpointing 0
             > user audio 1 complete
             > finish 1 1000..2000
             = Listening
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
             = UserSpeaking
        3400 silence
             > speech ended 3400, 400 ms
             = Processing
        3500 speech
             > speech started 3500
             > order go on @1
             = UserSpeaking
        3600 ai@0 heard A coffee,
             > user 2 says: A coffee,
        3700 silence
             > speech ended 3700, 200 ms
             = Processing
        3800 ai heard please.
             > user 2 said: A coffee, please.
        ",
    );
}

#[test]
fn a_saved_turn_gets_both_parts_of_its_words() {
    check(
        provider_decides(),
        "
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        1500 silence
             > speech ended 1500, 500 ms
             = Processing
        1600 speech
             > speech started 1600
             > order go on @1
             = UserSpeaking
        1700 silence
             > speech ended 1700, 100 ms
             = Processing
        2000 ai start
             > response 1 started 2000
             = AiSpeaking
        2000 ai done
             > response 1 ended, endpointing 0
             > user audio 1 complete
             > finish 1 1000..2000
             = Listening
        2100 ai@0 heard A coffee,
             > user 1 said: A coffee,
             > amend 1: A coffee,
        2200 ai heard please.
             > user 1 said: A coffee, please.
             > amend 1: A coffee, please.
        2300 ai heard Nobody said that.
        ",
    );
}

#[test]
fn the_next_mode_writes_down_anew_what_the_user_said() {
    check_answer(
        with_fallback(),
        "
        2100 ai heard A coffee,
             > user 1 said: A coffee,
        2200 ai dead it hung up
             > mode lost: it hung up
        2300 speech
             > speech started 2300
             > order go on @2
             = UserSpeaking
        2400 mode replaced
        2400 replayed
        2500 silence
             > speech ended 2500, 200 ms
             > order commit @1
             = Processing
        2600 ai heard One coffee, please.
             > user 1 said: One coffee, please.
        ",
    );
}

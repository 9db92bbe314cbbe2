//! The same while more of the answer comes or the mode was stopped, and whose words they are that come late.

use super::super::script::check;
use super::super::{Greeting, MachineSettings, may_finish};
use super::{PLAYING, while_it_plays};

/// A turn of which more of the answer comes, and the next one, which is over meanwhile.
const GROWING: &str = "
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2000 silence
             > speech ended 2000, 1000 ms
             = Processing
        2100 ai heard One.
             > user 1 said: One.
        2500 ai start
             > response 1 started 2500
             = AiSpeaking
        2500 ai audio 2000
             > user audio 1 complete
             > audio 1 at 0: 2000
        2500 sent 1
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
        3300 silence
             > speech ended 3300, 300 ms";

#[track_caller]
fn while_it_grows(settings: MachineSettings, script: &str) {
    check(settings, &format!("{GROWING}\n{script}"));
}

#[test]
fn a_turn_that_was_over_when_the_mode_was_stopped_is_asked_for() {
    while_it_grows(
        may_finish(),
        "
        3500 interrupt
             > interrupted 1 3500 by client
             > order interrupt @1, heard 1000 ms, 0 chars
             > response 1 ended by client, total 500, endpointing 0, provider 500, overhead 0, by server
             > order commit @2
             = Processing
        3600 ai@0 heard Two.
             > user 2 said: Two.
        3700 ai start
             > response 2 started 3700
             = AiSpeaking
        ",
    );
}

#[test]
fn a_turn_that_was_over_when_the_answer_did_not_go_on_is_asked_for() {
    while_it_grows(
        may_finish(),
        r#"
        due 6500
             > notice AnswerStalled
        due 14500
             > order interrupt @1, heard 2000 ms, 0 chars
             > failure: the provider did not go on within 10 s
             > audio 1 at 2000: 0, last
             > response 1 ended, total 500, endpointing 0, provider 500, overhead 0, by server
             > finish 1 1000..14500, user "One.", played 2000, stalled 6500, failed "the provider did not go on within 10 s"
             > order commit @2
             = Processing
        14600 ai start
             > response 2 started 14600
             = AiSpeaking
        "#,
    );
}

#[test]
fn a_mode_that_answers_the_next_turn_although_it_was_stopped_is_not_asked_again() {
    while_it_grows(
        may_finish(),
        r#"
        14500 play 1 progress 1500
        14500 tick
             > notice AnswerStalled
             > order interrupt @1, heard 2000 ms, 0 chars
             > failure: the provider did not go on within 10 s
             > audio 1 at 2000: 0, last
        14600 ai start
        14700 play 1 finished 2000
             > response 1 ended, total 500, endpointing 0, provider 500, overhead 0, by server
             > finish 1 1000..14700, user "One.", played 2000, stalled 14500, failed "the provider did not go on within 10 s"
             > response 2 started 14700
        "#,
    );
}

#[test]
fn who_speaks_on_after_the_mode_was_stopped_is_asked_when_done() {
    while_it_grows(
        may_finish(),
        "
        3400 speech
             > speech started 3400
        3500 interrupt
             > interrupted 1 3500 by client
             > order interrupt @1, heard 1000 ms, 0 chars
             > response 1 ended by client, total 500, endpointing 0, provider 500, overhead 0, by server
             = UserSpeaking
        3600 silence
             > speech ended 3600, 200 ms
             = Processing
        3700 ai start
             > response 2 started 3700
             = AiSpeaking
        ",
    );
}

/// What it said of the next turn by then is of an old generation: a mode that knows which answer was meant says it again.
#[test]
fn a_mode_may_have_answered_the_next_turn_before_it_was_stopped() {
    while_it_plays(
        may_finish(),
        "
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
        3300 interrupt
             > interrupted 1 3300 by client
             > order interrupt @1, heard 800 ms, 0 chars
             > response 1 ended by client, total 500, endpointing 0, provider 500, overhead 0, by server
             = UserSpeaking
        3310 silence
             > speech ended 3310, 310 ms
             = Processing
        3310 ai@0 heard Two.
        3320 ai@0 start
        3320 ai@0 audio 100
        3400 ai heard Two.
             > user 2 said: Two.
        3410 ai start
             > response 2 started 3410
             = AiSpeaking
        3420 ai audio 100
             > user audio 2 complete
             > audio 2 at 0: 100
        ",
    );
}

#[test]
fn what_was_said_before_and_after_the_answer_had_begun_is_one_turn() {
    while_it_plays(
        may_finish(),
        "
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
        3300 silence
             > speech ended 3300, 300 ms
        3350 ai heard A coffee,
             > user 2 said: A coffee,
        3400 ai start
        3500 speech
             > speech started 3500
             > order go on @1
        3550 ai hears plea
             > user 2 says: A coffee, plea
        3600 silence
             > speech ended 3600, 100 ms
        3650 ai heard please.
             > user 2 said: A coffee, please.
        3700 ai start
        ",
    );
}

#[test]
fn what_was_said_before_the_user_went_on_is_not_lost_when_it_comes_late() {
    for (words, told) in [
        ("3550 ai@0 heard A coffee,", "> user 2 says: A coffee,"),
        ("3550 ai@0 hears A coff", ""),
    ] {
        let last = if told.is_empty() {
            "please."
        } else {
            "A coffee, please."
        };
        while_it_plays(
            may_finish(),
            &format!(
                "
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
        3300 silence
             > speech ended 3300, 300 ms
        3400 ai start
        3500 speech
             > speech started 3500
             > order go on @1
        {words}
        {told}
        3600 silence
             > speech ended 3600, 100 ms
        3650 ai heard please.
             > user 2 said: {last}
        "
            ),
        );
    }
}

#[test]
fn parts_of_a_turn_are_put_in_order() {
    while_it_plays(
        may_finish(),
        "
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
        3300 silence
             > speech ended 3300, 300 ms
        3400 ai start
        3500 speech
             > speech started 3500
             > order go on @1
        3600 silence
             > speech ended 3600, 100 ms
        3650 ai heard please.
             > user 2 said: please.
        3700 ai@0 heard A coffee,
             > user 2 said: A coffee, please.
        ",
    );
}

#[test]
fn a_turn_that_went_on_after_the_ai_was_done_did_not_wait_for_that() {
    while_it_plays(
        may_finish(),
        r#"
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
        3300 silence
             > speech ended 3300, 300 ms
        3350 ai heard Two
             > user 2 said: Two
        due 4500
             > response 1 ended, total 500, endpointing 0, provider 500, overhead 0, by server
             > finish 1 1000..4500, user "One.", played 2000
             = Processing
        4600 speech
             > speech started 4600
             > order go on @1
             = UserSpeaking
        4700 silence
             > speech ended 4700, 100 ms
             = Processing
        4800 ai start
             > response 2 started 4800
             = AiSpeaking
        4900 ai audio 100
             > user audio 2 complete
             > audio 2 at 0: 100
        4900 sent 2
        4900 ai done
             > audio 2 at 100: 0, last
        due 5000
             > response 2 ended, total 200, endpointing 0, provider 200, overhead 0, by server
             > finish 2 3000..5000, user "Two", played 100
             = Listening
        "#,
    );
}

#[test]
fn a_turn_that_waits_when_the_mode_fails_for_good_has_failed() {
    while_it_plays(
        may_finish(),
        r#"
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
        3300 silence
             > speech ended 3300, 300 ms
        3400 ai dead it hung up
             > fatal failure: it hung up
             > interrupted 1 3400 by client
             > order cut before, heard 900 ms, 0 chars
             > response 1 ended by client, total 500, endpointing 0, provider 500, overhead 0, by server
             > latency 1, total 500, endpointing 0, provider 500, overhead 0, by server
             > finish 1 1000..3400, user "One.", played 900, cut by client
             > user audio 2 complete
             > finish 2 3000..3400, failed "it hung up"
             > close mode
             = Ending
        "#,
    );
}

#[test]
fn who_cuts_the_greeting_is_understood_and_the_greeting_is_not() {
    let settings = MachineSettings {
        greeting: Greeting::WhenReady,
        ..may_finish()
    };
    check(
        settings,
        "
        0 ready
        0 opened
             > open turn 1
             > order greet @1
             = Processing
        100 ai start
             > response 1 started 100
             = AiSpeaking
        100 ai audio 2000
             > audio 1 at 0: 2000
        100 ai done
             > audio 1 at 2000: 0, last
        300 speech
             > speech started 300
             > open turn 2, speech 300
        500 silence
             > speech ended 500, 200 ms
        600 interrupt
             > interrupted 1 600 by client
             > order cut before, heard 0 ms, 0 chars
             > response 1 ended by client, provider 100
             = Processing
        700 ai heard Hello.
             > user 2 said: Hello.
        ",
    );
}

#[test]
fn words_after_a_cut_are_of_the_turn_that_the_mode_was_at() {
    let one_is_not_understood = PLAYING
        .replace("2100 ai heard One.", "")
        .replace("> user 1 said: One.", "");
    check(
        may_finish(),
        &format!(
            "{one_is_not_understood}
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
        3300 silence
             > speech ended 3300, 300 ms
        3500 interrupt
             > interrupted 1 3500 by client
             > order cut before, heard 1000 ms, 0 chars
             > response 1 ended by client, total 500, endpointing 0, provider 500, overhead 0, by server
             = Processing
        3600 ai heard Two.
             > user 2 said: Two.
        3700 ai heard One.
             > user 1 said: One.
        "
        ),
    );
}

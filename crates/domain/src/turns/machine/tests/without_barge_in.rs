//! Sessions in which the AI may finish.

use super::script::check_answer;
use super::{MachineSettings, OnModeFailure, without_barge_in};

#[test]
fn without_barge_in_who_still_speaks_when_the_ai_is_done_gets_the_turn() {
    check_answer(
        without_barge_in(),
        "
        2500 ai audio 1000
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 1000
             = AiSpeaking
        2500 ai done
             > audio 1 at 1000: 0, last
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
        due 3500
             > response 1 ended, endpointing 0
             > finish 1 1000..3500, played 1000
             > replay
             = UserSpeaking
        3500 replayed
        4000 silence
             > speech ended 4000, 1000 ms
             > order commit @2
             = Processing
        ",
    );
}

#[test]
fn without_barge_in_what_is_said_meanwhile_is_the_next_turn() {
    check_answer(
        without_barge_in(),
        "
        2500 ai audio 1000
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 1000
             = AiSpeaking
        2500 ai done
             > audio 1 at 1000: 0, last
        2600 speech
             > speech started 2600
             > open turn 2, speech 2600
        3000 silence
             > speech ended 3000, 400 ms
        due 3500
             > response 1 ended, endpointing 0
             > finish 1 1000..3500, played 1000
             > replay
             = Processing
        3500 replayed
             > order commit @2
        3600 ai audio 100
             > response 2 started 3600
             > user audio 2 complete
             > audio 2 at 0: 100
             = AiSpeaking
        ",
    );
}

#[test]
fn the_limit_of_an_utterance_counts_from_when_it_was_the_users_turn() {
    check_answer(
        without_barge_in(),
        "
        2500 ai audio 100000
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 100000
             = AiSpeaking
        2500 ai done
             > audio 1 at 100000: 0, last
        2600 speech
             > speech started 2600
             > open turn 2, speech 2600
        due 102500
             > response 1 ended, endpointing 0
             > finish 1 1000..102500, played 100000
             > replay
             = UserSpeaking
        102500 replayed
        due 152500
             > notice UtteranceLimitNear
        due 162500
             > notice UtteranceLimitReached
             > speech ended 162500, 159900 ms
             > order commit @2
             = Processing
        ",
    );
}

#[test]
fn without_barge_in_the_client_can_interrupt_for_who_is_speaking() {
    check_answer(
        without_barge_in(),
        "
        2500 ai audio 1000
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 1000
             = AiSpeaking
        2510 sent 1
        2800 speech
             > speech started 2800
             > open turn 2, speech 2800
        2900 interrupt
             > interrupted 1 2900 by client
             > order interrupt @2, heard 390 ms, 0 chars
             > response 1 ended by client, total 510, endpointing 0, unexplained 510, by server
             > replay
             = UserSpeaking
        2900 replayed
        3500 silence
             > speech ended 3500, 700 ms
             > order commit @3
             = Processing
        ",
    );
}

#[test]
fn who_speaks_twice_while_the_ai_finishes_takes_one_turn() {
    check_answer(
        without_barge_in(),
        "
        2500 ai audio 1000
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 1000
             = AiSpeaking
        2600 speech
             > speech started 2600
             > open turn 2, speech 2600
        2700 silence
             > speech ended 2700, 100 ms
        2800 ai audio 1000
             > audio 1 at 1000: 1000
        2900 speech
             > speech started 2900
        3100 silence
             > speech ended 3100, 200 ms
        3200 ai done
             > audio 1 at 2000: 0, last
        due 4500
             > response 1 ended, endpointing 0
             > finish 1 1000..4500, played 2000
             > replay
             = Processing
        4500 replayed
             > order commit @2
        ",
    );
}

#[test]
fn who_was_heard_before_the_client_interrupts_is_answered() {
    check_answer(
        without_barge_in(),
        "
        2500 ai audio 1000
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 1000
             = AiSpeaking
        2510 sent 1
        2600 speech
             > speech started 2600
             > open turn 2, speech 2600
        2700 silence
             > speech ended 2700, 100 ms
        2900 interrupt
             > interrupted 1 2900 by client
             > order interrupt @2, heard 390 ms, 0 chars
             > response 1 ended by client, total 510, endpointing 0, unexplained 510, by server
             > replay
             = Processing
        2900 replayed
             > order commit @3
        ",
    );
}

#[test]
fn a_session_that_ends_keeps_what_was_said_while_the_ai_finished() {
    check_answer(
        without_barge_in(),
        "
        2500 ai audio 1000
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 1000
             = AiSpeaking
        2600 speech
             > speech started 2600
             > open turn 2, speech 2600
        2700 silence
             > speech ended 2700, 100 ms
        2800 end completed
             > interrupted 1 2800 by client
             > order interrupt @2, heard 0 ms, 0 chars
             > response 1 ended by client, endpointing 0
             > latency 1, endpointing 0
             > finish 1 1000..2800, played 0, cut by client
             > user audio 2 complete
             > finish 2 2600..2800
             > close mode
             = Ending
        ",
    );
}

#[test]
fn another_mode_hears_live_what_the_one_before_it_should_hear_later() {
    check_answer(
        MachineSettings {
            on_mode_failure: OnModeFailure::WaitForAnother,
            ..without_barge_in()
        },
        "
        2500 ai audio 1000
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 1000
             = AiSpeaking
        2600 speech
             > speech started 2600
             > open turn 2, speech 2600
        2700 ai dead away
             > audio 1 at 1000: 0, last
             > mode lost: away
        2800 mode replaced
        2800 replayed
        3000 silence
             > speech ended 3000, 400 ms
             > order commit @1
        ",
    );
}

#[test]
fn a_turn_that_waits_when_the_mode_is_lost_is_given_to_the_next_one() {
    check_answer(
        MachineSettings {
            on_mode_failure: OnModeFailure::WaitForAnother,
            ..without_barge_in()
        },
        r#"
        2500 ai audio 1000
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 1000
             = AiSpeaking
        2600 speech
             > speech started 2600
             > open turn 2, speech 2600
        2650 silence
             > speech ended 2650, 50 ms
        2660 play 1 started 0
             > latency 1, endpointing 0
        2700 ai dead away
             > audio 1 at 1000: 0, last
             > mode lost: away
        3650 play 1 finished 1000
             > response 1 ended, endpointing 0
             > finish 1 1000..3650, played 1000, failed "away"
             = Processing
        3700 mode replaced
        3700 replayed
             > order commit @1
        "#,
    );
}

#[test]
fn what_the_mode_still_says_is_not_of_the_turn_that_it_has_not_heard() {
    check_answer(
        without_barge_in(),
        r#"
        2500 ai audio 1000
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 1000
             = AiSpeaking
        2600 speech
             > speech started 2600
             > open turn 2, speech 2600
        2650 ai hears On
             > user 1 says: On
        2700 silence
             > speech ended 2700, 100 ms
        2800 ai done
             > audio 1 at 1000: 0, last
        2850 ai heard One.
             > user 1 said: One.
        2900 ai failed late
        2950 ai audio 100
        due 3500
             > response 1 ended, endpointing 0
             > finish 1 1000..3500, user "One.", played 1000
             > replay
             = Processing
        3500 replayed
             > order commit @2
        3600 ai heard Two.
             > user 2 said: Two.
        "#,
    );
}

#[test]
fn a_turn_that_cannot_be_read_back_fails_and_nobody_is_asked() {
    check_answer(
        without_barge_in(),
        r#"
        2500 ai audio 1000
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 1000
             = AiSpeaking
        2500 ai done
             > audio 1 at 1000: 0, last
        2600 speech
             > speech started 2600
             > open turn 2, speech 2600
        3000 silence
             > speech ended 3000, 400 ms
        due 3500
             > response 1 ended, endpointing 0
             > finish 1 1000..3500, played 1000
             > replay
             = Processing
        3510 replayed not
             > failure: lost
             > user audio 2 complete
             > finish 2 2600..3510, failed "lost"
             = Listening
        3520 ai audio 100
        3530 replayed
        4000 speech
             > speech started 4000
             > open turn 3, speech 4000
             = UserSpeaking
        5000 silence
             > speech ended 5000, 1000 ms
             > order commit @2
             = Processing
        "#,
    );
}

#[test]
fn who_still_speaks_is_told_that_the_beginning_is_lost_and_is_answered() {
    check_answer(
        without_barge_in(),
        "
        2500 ai audio 1000
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 1000
             = AiSpeaking
        2500 ai done
             > audio 1 at 1000: 0, last
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
        due 3500
             > response 1 ended, endpointing 0
             > finish 1 1000..3500, played 1000
             > replay
             = UserSpeaking
        3510 replayed not
             > failure: lost
        4000 silence
             > speech ended 4000, 1000 ms
             > order commit @2
             = Processing
        ",
    );
}

#[test]
fn a_turn_that_the_mode_has_not_heard_is_not_answered() {
    check_answer(
        without_barge_in(),
        "
        2500 ai audio 1000
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 1000
             = AiSpeaking
        2500 ai done
             > audio 1 at 1000: 0, last
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
        due 3500
             > response 1 ended, endpointing 0
             > finish 1 1000..3500, played 1000
             > replay
             = UserSpeaking
        3505 silence
             > speech ended 3505, 505 ms
             = Processing
        3506 ai audio 100
        3507 ai done
        3508 replayed
             > order commit @2
        3600 ai audio 100
             > response 2 started 3600
             > user audio 2 complete
             > audio 2 at 0: 100
             = AiSpeaking
        ",
    );
}

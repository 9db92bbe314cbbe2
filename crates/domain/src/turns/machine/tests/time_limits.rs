//! What happens because time passes.

use super::script::{check, check_answer};
use super::session;

#[test]
fn nothing_happens_before_its_time() {
    check(
        session(),
        "
        0 tick
        0 opened
             = Listening
        1000 tick
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        50999 tick
        due 51000
             > notice UtteranceLimitNear
        60999 tick
        ",
    );
}

#[test]
fn an_utterance_is_warned_of_and_then_cut() {
    check(
        session(),
        "
        0 opened
             = Listening
        1200 speech at 1000 cap 501000
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        due 51000
             > notice UtteranceLimitNear
        due 61000
             > notice UtteranceLimitReached
             > speech ended 61000, 60000 ms
             > order commit @1
             = Processing
        61010 committed
        61500 ai audio 100
             > response 1 started 61500
             > user audio 1 complete
             > audio 1 at 0: 100
             = AiSpeaking
        61510 sent 1
        61600 play 1 started 0 cap 561700
             > latency 1, total 700, endpointing 0, provider 490, overhead 20, network 190, by client
        62000 silence
        ",
    );
}

#[test]
fn who_is_late_gets_warning_and_cut_at_once() {
    check(
        session(),
        "
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        70000 tick
             > notice UtteranceLimitNear
             > notice UtteranceLimitReached
             > speech ended 70000, 69000 ms
             > order commit @1
             = Processing
        ",
    );
}

#[test]
fn who_speaks_on_after_the_limit_is_answered_all_the_same() {
    check(
        session(),
        "
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        61000 tick
             > notice UtteranceLimitNear
             > notice UtteranceLimitReached
             > speech ended 61000, 60000 ms
             > order commit @1
             = Processing
        61200 speech
             > speech started 61200
        62000 ai audio 500
             > response 1 started 62000
             > user audio 1 complete
             > open turn 2, speech 61200
             > audio 1 at 0: 500
             = AiSpeaking
        62000 ai done
             > audio 1 at 500: 0, last
        due 62500
             > response 1 ended, endpointing 0
             > finish 1 1000..62500, played 500
             > replay
             = UserSpeaking
        62500 replayed
        63000 silence
             > speech ended 63000, 1800 ms
             > order commit @2
             = Processing
        63400 committed
        64000 ai done
             > response 2 started 64000
             > response 2 ended, endpointing 0
             > user audio 2 complete
             > finish 2 61200..64000
             = Listening
        ",
    );
}

#[test]
fn every_utterance_has_its_own_limit() {
    check(
        session(),
        "
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        due 51000
             > notice UtteranceLimitNear
        52000 silence
             > speech ended 52000, 51000 ms
             > order commit @1
             = Processing
        52100 speech
             > speech started 52100
             > order go on @2
             = UserSpeaking
        due 102100
             > notice UtteranceLimitNear
        ",
    );
}

#[test]
fn an_idle_session_is_warned_and_then_ended() {
    check(
        session(),
        "
        0 opened
             = Listening
        due 1740000
             > notice IdleLimitNear
        due 1800000
             > close mode
             = Ending
        1801000 drained
             > session completed after 1800000 ms, 0 turns, 0 interrupted
        ",
    );
}

#[test]
fn a_mode_that_never_opens_is_idle_too() {
    check(
        session(),
        "
        due 1740000
             > notice IdleLimitNear
        due 1800000
             > close mode
             = Ending
        ",
    );
}

#[test]
fn a_word_ends_the_idleness_and_allows_another_warning() {
    check(
        session(),
        "
        0 opened
             = Listening
        due 1740000
             > notice IdleLimitNear
        1750000 speech
             > speech started 1750000
             > open turn 1, speech 1750000
             = UserSpeaking
        1751000 silence
             > speech ended 1751000, 1000 ms
             > order commit @1
             = Processing
        1752000 ai done
             > response 1 started 1752000
             > response 1 ended, endpointing 0
             > user audio 1 complete
             > finish 1 1750000..1752000
             = Listening
        due 3492000
             > notice IdleLimitNear
        ",
    );
}

#[test]
fn reports_about_old_answers_do_not_keep_a_session() {
    check_answer(
        session(),
        "
        2500 ai audio 100
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 100
             = AiSpeaking
        2500 ai done
             > audio 1 at 100: 0, last
        due 2600
             > response 1 ended, endpointing 0
             > finish 1 1000..2600, played 100
             = Listening
        1000000 play 1 progress 100
        due 1742600
             > notice IdleLimitNear
        ",
    );
}

#[test]
fn a_lost_client_has_time_to_come_back() {
    check(
        session(),
        "
        0 opened
             = Listening
        1000 lost
        5000 lost
        20000 back
        21000 lost
        25000 lost
        due 51000
             > close mode
             = Ending
        51100 drained
             > session disconnected after 51000 ms, 0 turns, 0 interrupted
        ",
    );
}

#[test]
fn an_answer_waits_for_a_lost_client() {
    check_answer(
        session(),
        "
        2500 ai audio 5000
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 5000
             = AiSpeaking
        2500 ai done
             > audio 1 at 5000: 0, last
        2500 sent 1
        3000 lost
        9000 tick
        9000 back
        due 14000
             > response 1 ended, total 500, endpointing 0, unexplained 500, by server
             > finish 1 1000..14000, played 5000
             = Listening
        ",
    );
}

#[test]
fn a_client_that_came_back_has_the_rest_to_play() {
    check_answer(
        session(),
        "
        2500 ai audio 5000
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 5000
             = AiSpeaking
        2500 ai done
             > audio 1 at 5000: 0, last
        2500 sent 1
        2600 play 1 started 0
             > latency 1, total 500, endpointing 0, unexplained 500, by server
        4600 play 1 progress 2000
        4700 lost
        9000 back
        due 14000
             > response 1 ended, total 500, endpointing 0, unexplained 500, by server
             > finish 1 1000..14000, played 5000
             = Listening
        ",
    );
}

#[test]
fn a_client_that_reports_nothing_is_taken_to_play_as_it_comes() {
    check_answer(
        session(),
        "
        2500 ai audio 400
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 400
             = AiSpeaking
        2520 sent 1
        2600 ai audio 400
             > audio 1 at 400: 400
        2700 ai done
             > audio 1 at 800: 0, last
        due 3320
             > response 1 ended, total 520, endpointing 0, unexplained 520, by server
             > finish 1 1000..3320, played 800
             = Listening
        ",
    );
}

#[test]
fn an_answer_with_gaps_is_not_over_before_it_was_played() {
    check_answer(
        session(),
        "
        2500 ai audio 500
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 500
             = AiSpeaking
        2500 sent 1
        2550 play 1 started 0 at 2550
             > latency 1, total 500, endpointing 0, unexplained 500, by server
        9000 ai audio 500
             > audio 1 at 500: 500
        9000 ai done
             > audio 1 at 1000: 0, last
        9000 tick
        due 11500
             > response 1 ended, total 500, endpointing 0, unexplained 500, by server
             > finish 1 1000..11500, played 1000
             = Listening
        ",
    );
}

#[test]
fn a_client_that_is_slow_is_believed() {
    check_answer(
        session(),
        "
        2500 ai audio 500
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 500
             = AiSpeaking
        2500 sent 1
        2500 ai done
             > audio 1 at 500: 0, last
        2900 play 1 started 0 at 2550
             > latency 1, total 500, endpointing 0, unexplained 500, by server
        4800 play 1 progress 100
        6000 play 1 progress 300
        8000 play 1 progress 300
        due 8200
             > response 1 ended, total 500, endpointing 0, unexplained 500, by server
             > finish 1 1000..8200, played 500
             = Listening
        ",
    );
}

#[test]
fn clocks_that_are_wrong_delay_nothing() {
    check_answer(
        session(),
        "
        2500 ai audio 500
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 500
             = AiSpeaking
        2500 sent 1
        2500 ai done
             > audio 1 at 500: 0, last
        2600 play 1 started 0 at 99000000
             > latency 1, total 500, endpointing 0, unexplained 500, by server
        due 5100
             > response 1 ended, total 500, endpointing 0, unexplained 500, by server
             > finish 1 1000..5100, played 500
             = Listening
        ",
    );
}

#[test]
fn a_client_that_ran_dry_is_not_done() {
    check_answer(
        session(),
        "
        2500 ai audio 500
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 500
             = AiSpeaking
        2500 sent 1
        2500 play 1 started 0
             > latency 1, total 500, endpointing 0, unexplained 500, by server
        3000 play 1 finished 500
        3100 ai audio 100
             > audio 1 at 500: 100
        3150 ai done
             > audio 1 at 600: 0, last
        3200 play 1 finished 600
             > response 1 ended, total 500, endpointing 0, unexplained 500, by server
             > finish 1 1000..3200, played 600
             = Listening
        ",
    );
}

#[test]
fn every_turn_is_warned_of() {
    check_answer(
        session(),
        "
        2000 ai done
             > response 1 started 2000
             > response 1 ended, endpointing 0
             > user audio 1 complete
             > finish 1 1000..2000
             = Listening
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
             = UserSpeaking
        due 53000
             > notice UtteranceLimitNear
        54000 silence
             > speech ended 54000, 51000 ms
             > order commit @2
             = Processing
        54000 ai done
             > response 2 started 54000
             > response 2 ended, endpointing 0
             > user audio 2 complete
             > finish 2 3000..54000
             = Listening
        55000 speech
             > speech started 55000
             > open turn 3, speech 55000
             = UserSpeaking
        due 105000
             > notice UtteranceLimitNear
        ",
    );
}

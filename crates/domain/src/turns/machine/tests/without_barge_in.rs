//! Sessions in which the AI may finish.

use super::script::check_answer;
use super::without_barge_in;

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
        due 3500
             > response 1 ended, endpointing 0
             > finish 1 1000..3500, played 1000
             > open turn 2, speech 3000
             = UserSpeaking
        4000 silence
             > speech ended 4000, 1000 ms
             > order commit @2
             = Processing
        ",
    );
}

#[test]
fn without_barge_in_what_is_said_meanwhile_is_no_turn() {
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
        3000 silence
             > speech ended 3000, 400 ms
        due 3500
             > response 1 ended, endpointing 0
             > finish 1 1000..3500, played 1000
             = Listening
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
        due 102500
             > response 1 ended, endpointing 0
             > finish 1 1000..102500, played 100000
             > open turn 2, speech 2600
             = UserSpeaking
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
        2900 interrupt
             > interrupted 1 2900 by client
             > order interrupt @2, heard 390 ms, 0 chars
             > response 1 ended by client, total 510, endpointing 0, unexplained 510, by server
             > open turn 2, speech 2800
             = UserSpeaking
        3500 silence
             > speech ended 3500, 700 ms
             > order commit @3
             = Processing
        ",
    );
}

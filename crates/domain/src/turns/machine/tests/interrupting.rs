//! Answers that are cut.

use super::script::{check, check_answer};
use super::session;

#[test]
fn speech_cuts_the_answer_and_begins_the_next_turn() {
    check_answer(
        session(),
        r#"
        2500 ai text Once_there_was_a_green_dragon
             > response 1 started 2500
             > text 1: Once there was a green dragon
             = AiSpeaking
        2500 ai audio 2000
             > user audio 1 complete
             > audio 1 at 0: 2000
        2501 sent 1
        2600 play 1 started 0 at 2600
             > latency 1, total 501, endpointing 0, unexplained 501, by server
        3600 play 1 progress 1000 at 3600
        3700 ai done
             > audio 1 at 2000: 0, last
        3900 speech at 3700 cap 3700
             > speech started 3700
             > interrupted 1 3900 by speech
             > order interrupt @2, heard 1300 ms, 16 chars
             > response 1 ended by speech, total 501, endpointing 0, unexplained 501, by server
             > open turn 2, speech 3700
             = UserSpeaking
        3910 ai@1 audio 100
        3910 ai@1 text late
        3910 ai@1 done
        3910 ai audio 100
        3950 play 1 stopped 1210 cap 3810 at 3810
             > order heard 1210 ms, 16 chars
             > ai 1 said: Once there was a
             > latency 1, total 501, endpointing 0, interrupt 110, unexplained 501, by server
             > finish 1 1000..3950, heard "Once there was a", unheard "green dragon", played 1210, cut by speech
        4500 silence
             > speech ended 4500, 800 ms
             > order commit @3
             = Processing
        4600 play 1 stopped 1210
        "#,
    );
}

#[test]
fn a_turn_that_was_cut_waits_a_second_for_the_report() {
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
        2600 ai done
             > audio 1 at 1000: 0, last
        2610 sent 1
        3010 speech
             > speech started 3010
             > interrupted 1 3010 by speech
             > order interrupt @2, heard 400 ms, 4 chars
             > response 1 ended by speech, total 610, endpointing 0, unexplained 610, by server
             > open turn 2, speech 3010
             = UserSpeaking
        due 4010
             > ai 1 said: Once
             > latency 1, total 610, endpointing 0, unexplained 610, by server
             > finish 1 1000..4010, heard "Once", unheard "there was", played 400, cut by speech
        4100 play 1 stopped 300
        "#,
    );
}

#[test]
fn the_client_does_not_want_the_answer_before_it_comes() {
    check_answer(
        session(),
        "
        2100 interrupt
             > interrupted 1 2100 by client
             > order interrupt @2
             > user audio 1 complete
             > finish 1 1000..2100, cut by client
             = Listening
        2200 ai@1 start
        2200 ai start
        2200 ai audio 100
        2300 speech
             > speech started 2300
             > open turn 2, speech 2300
             = UserSpeaking
        ",
    );
}

#[test]
fn there_is_nothing_to_interrupt_while_the_user_speaks() {
    check(
        session(),
        "
        0 interrupt
        0 opened
             = Listening
        500 interrupt
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        1500 interrupt 100
        2000 silence
             > speech ended 2000, 1000 ms
             > order commit @1
             = Processing
        ",
    );
}

#[test]
fn an_answer_without_audio_has_no_report_to_wait_for() {
    check_answer(
        session(),
        r#"
        2500 ai start
             > response 1 started 2500
             = AiSpeaking
        2600 ai text Hello
             > text 1: Hello
        2700 speech
             > speech started 2700
             > interrupted 1 2700 by speech
             > order interrupt @2, heard 0 ms, 0 chars
             > response 1 ended by speech, endpointing 0
             > user audio 1 complete
             > ai 1 said:
             > finish 1 1000..2700, unheard "Hello", cut by speech
             > open turn 2, speech 2700
             = UserSpeaking
        "#,
    );
}

#[test]
fn the_client_stops_by_itself() {
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
        2510 sent 1
        2600 play 1 started 0
             > latency 1, total 510, endpointing 0, unexplained 510, by server
        2900 play 1 stopped 300 at 2890
             > interrupted 1 2900 by client
             > order interrupt @2, heard 300 ms, 4 chars
             > response 1 ended by client, total 510, endpointing 0, unexplained 510, by server
             > ai 1 said: Once
             > latency 1, total 510, endpointing 0, unexplained 510, by server
             > finish 1 1000..2900, heard "Once", unheard "there was", played 300, cut by client
             = Listening
        2950 ai@1 audio 100
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
             = UserSpeaking
        "#,
    );
}

#[test]
fn two_interrupts_are_one() {
    check_answer(
        session(),
        "
        2500 ai audio 1000
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 1000
             = AiSpeaking
        2510 sent 1
        2700 speech
             > speech started 2700
             > interrupted 1 2700 by speech
             > order interrupt @2, heard 190 ms, 0 chars
             > response 1 ended by speech, total 510, endpointing 0, unexplained 510, by server
             > open turn 2, speech 2700
             = UserSpeaking
        2710 interrupt 100
        2720 play 1 stopped 200
             > order heard 200 ms, 0 chars
             > latency 1, total 510, endpointing 0, unexplained 510, by server
             > finish 1 1000..2720, played 200, cut by speech
        2730 play 1 stopped 200
        2730 sent 1
        ",
    );
}

#[test]
fn a_second_cut_does_not_wait_for_the_first() {
    check_answer(
        session(),
        "
        2500 ai audio 1000
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 1000
             = AiSpeaking
        2510 sent 1
        2700 interrupt 100
             > interrupted 1 2700 by client
             > order interrupt @2, heard 100 ms, 0 chars
             > response 1 ended by client, total 510, endpointing 0, unexplained 510, by server
             = Listening
        2800 speech
             > speech started 2800
             > open turn 2, speech 2800
             = UserSpeaking
        2900 silence
             > speech ended 2900, 100 ms
             > order commit @3
             = Processing
        2950 ai audio 500
             > response 2 started 2950
             > user audio 2 complete
             > audio 2 at 0: 500
             = AiSpeaking
        2960 sent 2
        3000 speech
             > speech started 3000
             > interrupted 2 3000 by speech
             > order interrupt @4, heard 40 ms, 0 chars
             > response 2 ended by speech, total 60, endpointing 0, unexplained 60, by server
             > latency 1, total 510, endpointing 0, unexplained 510, by server
             > finish 1 1000..3000, played 100, cut by client
             > open turn 3, speech 3000
             = UserSpeaking
        due 4000
             > latency 2, total 60, endpointing 0, unexplained 60, by server
             > finish 2 2800..4000, played 40, cut by speech
        ",
    );
}

//! Answers that are cut.

use super::script::check;
use super::{session, without_barge_in};

#[test]
fn speech_cuts_the_answer_and_begins_the_next_turn() {
    check(
        session(),
        r#"
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2000 silence
             > speech ended 2000, 1000 ms
             > order commit @1
             = Processing
        2500 ai text Once_there_was_a_green_dragon
             > user audio 1 complete
             > response 1 started 2500
             > text 1: Once there was a green dragon
             = AiSpeaking
        2500 ai audio 2000
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
    check(
        session(),
        r#"
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2000 silence
             > speech ended 2000, 1000 ms
             > order commit @1
             = Processing
        2500 ai text Once_there_was
             > user audio 1 complete
             > response 1 started 2500
             > text 1: Once there was
             = AiSpeaking
        2500 ai audio 1000
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
fn what_the_client_reports_after_the_cut_is_better_known() {
    check(
        session(),
        "
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2000 silence
             > speech ended 2000, 1000 ms
             > order commit @1
             = Processing
        2500 ai audio 1000
             > user audio 1 complete
             > response 1 started 2500
             > audio 1 at 0: 1000
             = AiSpeaking
        2600 ai done
             > audio 1 at 1000: 0, last
        2610 sent 1
        3010 interrupt
             > interrupted 1 3010 by client
             > order interrupt @2, heard 400 ms, 0 chars
             > response 1 ended by client, total 610, endpointing 0, unexplained 610, by server
             = Listening
        3050 play 1 progress 350
        due 4010
             > latency 1, total 610, endpointing 0, unexplained 610, by server
             > finish 1 1000..4010, played 350, cut by client
        ",
    );
}

#[test]
fn the_client_may_have_heard_all_of_what_was_cut() {
    check(
        session(),
        r#"
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2000 silence
             > speech ended 2000, 1000 ms
             > order commit @1
             = Processing
        2500 ai text Once_there_was
             > user audio 1 complete
             > response 1 started 2500
             > text 1: Once there was
             = AiSpeaking
        2500 ai audio 1000
             > audio 1 at 0: 1000
        2510 sent 1
        3300 speech cap 3300
             > speech started 3300
             > interrupted 1 3300 by speech
             > order interrupt @2, heard 790 ms, 10 chars
             > response 1 ended by speech, total 510, endpointing 0, unexplained 510, by server
             > open turn 2, speech 3300
             = UserSpeaking
        3600 play 1 finished 1000 cap 3510
             > ai 1 said: Once there was
             > latency 1, total 510, endpointing 0, interrupt 210, unexplained 510, by server
             > finish 1 1000..3600, heard "Once there was", played 1000, cut by speech
        "#,
    );
}

#[test]
fn the_client_interrupts_and_knows_what_was_heard() {
    check(
        session(),
        r#"
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2000 silence
             > speech ended 2000, 1000 ms
             > order commit @1
             = Processing
        2500 ai text Once_there_was
             > user audio 1 complete
             > response 1 started 2500
             > text 1: Once there was
             = AiSpeaking
        2500 ai audio 1000
             > audio 1 at 0: 1000
        2510 sent 1
        3000 interrupt 250
             > interrupted 1 3000 by client
             > order interrupt @2, heard 250 ms, 0 chars
             > response 1 ended by client, total 510, endpointing 0, unexplained 510, by server
             = Listening
        3001 ai@1 audio 500
        3001 ai audio 500
        3050 play 1 stopped 260 at 3000
             > ai 1 said:
             > latency 1, total 510, endpointing 0, unexplained 510, by server
             > finish 1 1000..3050, unheard "Once there was", played 260, cut by client
        "#,
    );
}

#[test]
fn the_client_cannot_have_heard_more_than_there_was() {
    check(
        session(),
        r#"
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2000 silence
             > speech ended 2000, 1000 ms
             > order commit @1
             = Processing
        2500 ai text Once
             > user audio 1 complete
             > response 1 started 2500
             > text 1: Once
             = AiSpeaking
        2500 ai audio 1000
             > audio 1 at 0: 1000
        2500 ai done
             > audio 1 at 1000: 0, last
        2510 sent 1
        3000 interrupt 99000
             > interrupted 1 3000 by client
             > order interrupt @2, heard 1000 ms, 4 chars
             > response 1 ended by client, total 510, endpointing 0, unexplained 510, by server
             = Listening
        due 4000
             > ai 1 said: Once
             > latency 1, total 510, endpointing 0, unexplained 510, by server
             > finish 1 1000..4000, heard "Once", played 1000, cut by client
        "#,
    );
}

#[test]
fn the_client_interrupts_and_does_not_know_what_was_heard() {
    check(
        session(),
        "
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2000 silence
             > speech ended 2000, 1000 ms
             > order commit @1
             = Processing
        2500 ai text Once_there_was
             > user audio 1 complete
             > response 1 started 2500
             > text 1: Once there was
             = AiSpeaking
        2500 ai audio 1000
             > audio 1 at 0: 1000
        2500 ai done
             > audio 1 at 1000: 0, last
        2600 sent 1
        3100 interrupt
             > interrupted 1 3100 by client
             > order interrupt @2, heard 500 ms, 4 chars
             > response 1 ended by client, total 600, endpointing 0, unexplained 600, by server
             = Listening
        ",
    );
}

#[test]
fn what_was_never_sent_was_not_heard() {
    check(
        session(),
        "
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2000 silence
             > speech ended 2000, 1000 ms
             > order commit @1
             = Processing
        2500 ai audio 1000
             > user audio 1 complete
             > response 1 started 2500
             > audio 1 at 0: 1000
             = AiSpeaking
        3100 interrupt
             > interrupted 1 3100 by client
             > order interrupt @2, heard 0 ms, 0 chars
             > response 1 ended by client, endpointing 0
             = Listening
        ",
    );
}

#[test]
fn the_client_does_not_want_the_answer_before_it_comes() {
    check(
        session(),
        "
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2000 silence
             > speech ended 2000, 1000 ms
             > order commit @1
             = Processing
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
    check(
        session(),
        r#"
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2000 silence
             > speech ended 2000, 1000 ms
             > order commit @1
             = Processing
        2500 ai start
             > user audio 1 complete
             > response 1 started 2500
             = AiSpeaking
        2600 ai text Hello
             > text 1: Hello
        2700 speech
             > speech started 2700
             > interrupted 1 2700 by speech
             > order interrupt @2, heard 0 ms, 0 chars
             > response 1 ended by speech, endpointing 0
             > ai 1 said:
             > finish 1 1000..2700, unheard "Hello", cut by speech
             > open turn 2, speech 2700
             = UserSpeaking
        "#,
    );
}

#[test]
fn the_client_stops_by_itself() {
    check(
        session(),
        r#"
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2000 silence
             > speech ended 2000, 1000 ms
             > order commit @1
             = Processing
        2500 ai text Once_there_was
             > user audio 1 complete
             > response 1 started 2500
             > text 1: Once there was
             = AiSpeaking
        2500 ai audio 1000
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
    check(
        session(),
        "
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2000 silence
             > speech ended 2000, 1000 ms
             > order commit @1
             = Processing
        2500 ai audio 1000
             > user audio 1 complete
             > response 1 started 2500
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
             > latency 1, total 510, endpointing 0, unexplained 510, by server
             > finish 1 1000..2720, played 200, cut by speech
        2730 play 1 stopped 200
        2730 sent 1
        ",
    );
}

#[test]
fn a_second_cut_does_not_wait_for_the_first() {
    check(
        session(),
        "
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2000 silence
             > speech ended 2000, 1000 ms
             > order commit @1
             = Processing
        2500 ai audio 1000
             > user audio 1 complete
             > response 1 started 2500
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
             > user audio 2 complete
             > response 2 started 2950
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

#[test]
fn without_barge_in_the_client_can_interrupt_for_who_is_speaking() {
    check(
        without_barge_in(),
        "
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2000 silence
             > speech ended 2000, 1000 ms
             > order commit @1
             = Processing
        2500 ai audio 1000
             > user audio 1 complete
             > response 1 started 2500
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

#[test]
fn text_that_ran_ahead_of_its_audio_was_not_heard() {
    check(
        session(),
        r#"
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2000 silence
             > speech ended 2000, 1000 ms
             > order commit @1
             = Processing
        2500 ai text Once_upon_a_time_there_was_a_green_dragon_who_lived_in_the_hills
             > user audio 1 complete
             > response 1 started 2500
             > text 1: Once upon a time there was a green dragon who lived in the hills
             = AiSpeaking
        2500 ai audio 1000
             > audio 1 at 0: 1000
        2500 sent 1
        3500 interrupt
             > interrupted 1 3500 by client
             > order interrupt @2, heard 1000 ms, 11 chars
             > response 1 ended by client, total 500, endpointing 0, unexplained 500, by server
             = Listening
        3550 play 1 stopped 1000
             > ai 1 said: Once upon a
             > latency 1, total 500, endpointing 0, unexplained 500, by server
             > finish 1 1000..3550, heard "Once upon a", unheard "time there was a green dragon who lived in the hills", played 1000, cut by client
        "#,
    );
}

#[test]
fn a_gap_in_the_audio_is_not_heard() {
    check(
        session(),
        "
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2000 silence
             > speech ended 2000, 1000 ms
             > order commit @1
             = Processing
        2500 ai audio 500
             > user audio 1 complete
             > response 1 started 2500
             > audio 1 at 0: 500
             = AiSpeaking
        2500 sent 1
        9000 ai audio 500
             > audio 1 at 500: 500
        9100 interrupt
             > interrupted 1 9100 by client
             > order interrupt @2, heard 600 ms, 0 chars
             > response 1 ended by client, total 500, endpointing 0, unexplained 500, by server
             = Listening
        ",
    );
}

#[test]
fn what_a_lost_client_hears_is_unknown() {
    check(
        session(),
        r#"
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2000 silence
             > speech ended 2000, 1000 ms
             > order commit @1
             = Processing
        2500 ai text Once_there_was
             > user audio 1 complete
             > response 1 started 2500
             > text 1: Once there was
             = AiSpeaking
        2500 ai audio 10000
             > audio 1 at 0: 10000
        2500 ai done
             > audio 1 at 10000: 0, last
        2500 sent 1
        3500 lost
        9000 end disconnected
             > interrupted 1 9000 by client
             > order interrupt @2, heard 1000 ms, 0 chars
             > response 1 ended by client, total 500, endpointing 0, unexplained 500, by server
             > ai 1 said:
             > latency 1, total 500, endpointing 0, unexplained 500, by server
             > finish 1 1000..9000, unheard "Once there was", played 1000, cut by client
             > order close
             = Ending
        "#,
    );
}

//! How much of an answer that was cut had been heard.

use super::script::check_answer;
use super::session;

#[test]
fn what_the_client_reports_after_the_cut_is_better_known() {
    check_answer(
        session(),
        "
        2500 ai audio 1000
             > response 1 started 2500
             > user audio 1 complete
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
             > order heard 350 ms, 0 chars
             > latency 1, total 610, endpointing 0, unexplained 610, by server
             > finish 1 1000..4010, played 350, cut by client
        ",
    );
}

#[test]
fn what_is_known_already_need_not_be_corrected() {
    check_answer(
        session(),
        "
        2500 ai audio 1000
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 1000
             = AiSpeaking
        2610 sent 1
        3010 interrupt
             > interrupted 1 3010 by client
             > order interrupt @2, heard 400 ms, 0 chars
             > response 1 ended by client, total 610, endpointing 0, unexplained 610, by server
             = Listening
        3050 play 1 stopped 400
             > latency 1, total 610, endpointing 0, unexplained 610, by server
             > finish 1 1000..3050, played 400, cut by client
        ",
    );
}

#[test]
fn a_mode_that_knows_nothing_of_an_answer_is_not_corrected() {
    check_answer(
        session(),
        "
        2500 ai audio 1000
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 1000
             = AiSpeaking
        2610 sent 1
        3010 interrupt
             > interrupted 1 3010 by client
             > order interrupt @2, heard 400 ms, 0 chars
             > response 1 ended by client, total 610, endpointing 0, unexplained 610, by server
             = Listening
        3020 mode replaced
        3050 play 1 stopped 350
             > latency 1, total 610, endpointing 0, unexplained 610, by server
             > finish 1 1000..3050, played 350, cut by client
        ",
    );
}

#[test]
fn the_client_may_have_heard_all_of_what_was_cut() {
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
        3300 speech cap 3300
             > speech started 3300
             > interrupted 1 3300 by speech
             > order interrupt @2, heard 790 ms, 10 chars
             > response 1 ended by speech, total 510, endpointing 0, unexplained 510, by server
             > open turn 2, speech 3300
             = UserSpeaking
        3600 play 1 finished 1000 cap 3510
             > order heard 1000 ms, 14 chars
             > ai 1 said: Once there was
             > latency 1, total 510, endpointing 0, interrupt 210, unexplained 510, by server
             > finish 1 1000..3600, heard "Once there was", played 1000, cut by speech
        "#,
    );
}

#[test]
fn blanks_before_an_answer_are_not_counted() {
    check_answer(
        session(),
        r#"
        2500 ai text __Once_there_was
             > response 1 started 2500
             > text 1: Once there was
             = AiSpeaking
        2500 ai audio 1000
             > user audio 1 complete
             > audio 1 at 0: 1000
        2510 sent 1
        3310 interrupt
             > interrupted 1 3310 by client
             > order interrupt @2, heard 800 ms, 10 chars
             > response 1 ended by client, total 510, endpointing 0, unexplained 510, by server
             = Listening
        3350 play 1 stopped 400
             > order heard 400 ms, 4 chars
             > ai 1 said: Once
             > latency 1, total 510, endpointing 0, unexplained 510, by server
             > finish 1 1000..3350, heard " Once", unheard "there was", played 400, cut by client
        "#,
    );
}

#[test]
fn the_client_interrupts_and_knows_what_was_heard() {
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
        3000 interrupt 250
             > interrupted 1 3000 by client
             > order interrupt @2, heard 250 ms, 0 chars
             > response 1 ended by client, total 510, endpointing 0, unexplained 510, by server
             = Listening
        3001 ai@1 audio 500
        3001 ai audio 500
        3050 play 1 stopped 260 at 3000
             > order heard 260 ms, 0 chars
             > ai 1 said:
             > latency 1, total 510, endpointing 0, unexplained 510, by server
             > finish 1 1000..3050, unheard "Once there was", played 260, cut by client
        "#,
    );
}

#[test]
fn the_client_cannot_have_heard_more_than_there_was() {
    check_answer(
        session(),
        r#"
        2500 ai text Once
             > response 1 started 2500
             > text 1: Once
             = AiSpeaking
        2500 ai audio 1000
             > user audio 1 complete
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
    check_answer(
        session(),
        "
        2500 ai text Once_there_was
             > response 1 started 2500
             > text 1: Once there was
             = AiSpeaking
        2500 ai audio 1000
             > user audio 1 complete
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
    check_answer(
        session(),
        "
        2500 ai audio 1000
             > response 1 started 2500
             > user audio 1 complete
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
fn text_that_ran_ahead_of_its_audio_was_not_heard() {
    check_answer(
        session(),
        r#"
        2500 ai text Once_upon_a_time_there_was_a_green_dragon_who_lived_in_the_hills
             > response 1 started 2500
             > text 1: Once upon a time there was a green dragon who lived in the hills
             = AiSpeaking
        2500 ai audio 1000
             > user audio 1 complete
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
    check_answer(
        session(),
        "
        2500 ai audio 500
             > response 1 started 2500
             > user audio 1 complete
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
    check_answer(
        session(),
        r#"
        2500 ai text Once_there_was
             > response 1 started 2500
             > text 1: Once there was
             = AiSpeaking
        2500 ai audio 10000
             > user audio 1 complete
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
             > close mode
             = Ending
        "#,
    );
}

#[test]
fn a_report_from_the_future_is_of_now() {
    check_answer(
        session(),
        "
        2500 ai audio 1000
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 1000
             = AiSpeaking
        2500 sent 1
        2600 play 1 started 0 at 2900
             > latency 1, total 500, endpointing 0, unexplained 500, by server
        3100 interrupt
             > interrupted 1 3100 by client
             > order interrupt @2, heard 500 ms, 0 chars
             > response 1 ended by client, total 500, endpointing 0, unexplained 500, by server
             = Listening
        ",
    );
}

/// The mode was told of all that was sent, and that plays on: cut again, it would take an answer before it for this one.
#[test]
fn an_answer_that_the_mode_gave_up_is_corrected_and_not_cut_again() {
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
        12000 play 1 progress 200
        due 5510
             > notice AnswerStalled
        due 13510
             > order interrupt @2, heard 1000 ms, 14 chars
             > failure: the provider did not go on within 10 s
             > audio 1 at 1000: 0, last
        13600 speech
             > speech started 13600
             > interrupted 1 13600 by speech
             > order interrupt @3
             > response 1 ended by speech, total 510, endpointing 0, unexplained 510, by server
             > open turn 2, speech 13600
             = UserSpeaking
        13650 play 1 stopped 300
             > order heard 300 ms, 4 chars
             > ai 1 said: Once
             > latency 1, total 510, endpointing 0, unexplained 510, by server
             > finish 1 1000..13650, heard "Once", unheard "there was", played 300, cut by speech, stalled 5510, failed "the provider did not go on within 10 s"
        "#,
    );
}

#[test]
fn an_answer_that_the_mode_gave_up_is_corrected_where_the_client_stopped_it() {
    check_answer(
        session(),
        r#"
        2500 ai audio 1000
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 1000
             = AiSpeaking
        2510 sent 1
        12000 play 1 progress 200
        due 5510
             > notice AnswerStalled
        due 13510
             > order interrupt @2, heard 1000 ms, 0 chars
             > failure: the provider did not go on within 10 s
             > audio 1 at 1000: 0, last
        13600 play 1 stopped 300
             > interrupted 1 13600 by client
             > order interrupt @3
             > response 1 ended by client, total 510, endpointing 0, unexplained 510, by server
             > order heard 300 ms, 0 chars
             > latency 1, total 510, endpointing 0, unexplained 510, by server
             > finish 1 1000..13600, played 300, cut by client, stalled 5510, failed "the provider did not go on within 10 s"
             = Listening
        "#,
    );
}

#[test]
fn a_voice_that_says_when_it_speaks_which_word_is_believed() {
    check_answer(
        session(),
        r#"
        2500 ai text Yes._There_was_one
             > response 1 started 2500
             > text 1: Yes. There was one
             = AiSpeaking
        2500 ai audio 2000
             > user audio 1 complete
             > audio 1 at 0: 2000
        2500 ai mark 300 4
        2500 ai mark 1000 5
        2500 ai mark 1200 10
        2510 sent 1
        3300 speech cap 3300
             > speech started 3300
             > interrupted 1 3300 by speech
             > order interrupt @2, heard 790 ms, 4 chars
             > response 1 ended by speech, total 510, endpointing 0, unexplained 510, by server
             > open turn 2, speech 3300
             = UserSpeaking
        3600 play 1 stopped 1250 cap 3510
             > order heard 1250 ms, 10 chars
             > ai 1 said: Yes. There
             > latency 1, total 510, endpointing 0, interrupt 210, unexplained 510, by server
             > finish 1 1000..3600, heard "Yes. There", unheard "was one", played 1250, cut by speech
        "#,
    );
}

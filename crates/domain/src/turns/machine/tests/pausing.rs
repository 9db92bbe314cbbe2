//! Playback that the client paused because the user may be speaking.

use super::script::check_answer;
use super::session;

#[test]
fn what_was_no_speech_is_counted_and_the_answer_is_heard_to_its_end() {
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
        2600 play 1 started 0 at 2600
             > latency 1, total 510, endpointing 0, unexplained 510, by server
        2700 ai done
             > audio 1 at 1000: 0, last
        2800 play 1 paused 200 at 2800
        2800 play 1 paused 200 at 2800
        3000 play 1 resumed 200 at 3000
        3001 play 1 resumed 200 at 3000
        3100 play 1 paused 300 at 3100
        3300 play 1 resumed 300 at 3300
        4000 play 1 finished 1000 at 4000
             > ai 1 said: Once there was
             > response 1 ended, 2 false interruptions, total 510, endpointing 0, unexplained 510, by server
             > finish 1 1000..4000, heard "Once there was", played 1000, 2 false interruptions
             = Listening
        "#,
    );
}

#[test]
fn silence_begins_with_the_pause_when_it_was_speech() {
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
        2600 play 1 started 0 cap 2600 at 2600
             > latency 1, total 510, endpointing 0, unexplained 510, by server
        2980 play 1 paused 380 cap 2980 at 2980
        3100 speech at 2900 cap 2900
             > speech started 2900
             > interrupted 1 3100 by speech
             > order interrupt @2, heard 380 ms, 4 chars
             > response 1 ended by speech, total 510, endpointing 0, unexplained 510, by server
             > open turn 2, speech 2900
             = UserSpeaking
        3120 play 1 stopped 380 cap 3120 at 3120
             > ai 1 said: Once
             > latency 1, total 510, endpointing 0, interrupt 80, unexplained 510, by server
             > finish 1 1000..3120, heard "Once", unheard "there was", played 380, cut by speech
        3130 play 1 resumed 380
        "#,
    );
}

#[test]
fn playback_that_stands_still_is_waited_for_but_not_for_ever() {
    check_answer(
        session(),
        r"
        2500 ai audio 1000
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 1000
             = AiSpeaking
        2510 sent 1
        2600 play 1 started 0 at 2600
             > latency 1, total 510, endpointing 0, unexplained 510, by server
        2700 ai done
             > audio 1 at 1000: 0, last
        2800 play 1 paused 200 at 2800
        due 10600
             > response 1 ended, total 510, endpointing 0, unexplained 510, by server
             > finish 1 1000..10600, played 1000
             = Listening
        ",
    );
}

#[test]
fn the_pause_is_over_when_the_client_goes_on() {
    check_answer(
        session(),
        r"
        2500 ai audio 1000
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 1000
             = AiSpeaking
        2510 sent 1
        2600 play 1 started 0 at 2600
             > latency 1, total 510, endpointing 0, unexplained 510, by server
        2700 ai done
             > audio 1 at 1000: 0, last
        2800 play 1 paused 200 at 2800
        4800 play 1 resumed 200 at 4800
        5000 play 1 progress 400 at 5000
        due 7600
             > response 1 ended, 1 false interruptions, total 510, endpointing 0, unexplained 510, by server
             > finish 1 1000..7600, played 1000, 1 false interruptions
             = Listening
        ",
    );
}

#[test]
fn an_answer_that_stands_still_does_not_stall() {
    check_answer(
        session(),
        r"
        2500 ai audio 1000
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 1000
             = AiSpeaking
        2510 sent 1
        2600 play 1 started 0 at 2600
             > latency 1, total 510, endpointing 0, unexplained 510, by server
        2800 play 1 paused 200 at 2800
        4600 play 1 resumed 200 at 4600
        due 7310
             > notice AnswerStalled
        ",
    );
}

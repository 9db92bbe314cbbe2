//! Providers that decide themselves whose turn it is.

use super::provider_decides;
use super::script::check;

#[test]
fn the_provider_answers_without_being_told() {
    check(
        provider_decides(),
        r#"
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2500 silence at 2000
             > speech ended 2000, 1000 ms
             = Processing
        2800 ai start
             > response 1 started 2800
             = AiSpeaking
        2800 ai text Yes
             > text 1: Yes
        2810 ai audio 100
             > user audio 1 complete
             > audio 1 at 0: 100
        2811 sent 1
        2850 ai done
             > audio 1 at 100: 0, last
        due 2911
             > ai 1 said: Yes
             > response 1 ended, total 811, endpointing 500, provider 310, overhead 1, by server
             > finish 1 1000..2911, heard "Yes", played 100
             = Listening
        "#,
    );
}

#[test]
fn the_provider_speaks_first() {
    check(
        provider_decides(),
        "
        0 ai start
        0 opened
             = Listening
        500 ai start
             > open turn 1
             > response 1 started 500
             = AiSpeaking
        500 ai audio 100
             > audio 1 at 0: 100
        500 ai done
             > audio 1 at 100: 0, last
        due 600
             > response 1 ended
             > finish 1 500..600, played 100
             = Listening
        ",
    );
}

#[test]
fn the_provider_answers_before_the_end_of_speech() {
    check(
        provider_decides(),
        "
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2400 ai start
             > response 1 started 2400
             = AiSpeaking
        2400 ai audio 500
             > user audio 1 complete
             > audio 1 at 0: 500
        2410 sent 1
        2500 silence at 2000
             > speech ended 2000, 1000 ms
        2600 ai done
             > audio 1 at 500: 0, last
        due 2910
             > response 1 ended, total 410, unexplained 410, by server
             > finish 1 1000..2910, played 500
             = Listening
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
             = UserSpeaking
        ",
    );
}

#[test]
fn speech_that_was_answered_is_no_turn_of_its_own() {
    check(
        provider_decides(),
        "
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2400 ai start
             > response 1 started 2400
             = AiSpeaking
        2400 ai audio 100
             > user audio 1 complete
             > audio 1 at 0: 100
        2400 ai done
             > audio 1 at 100: 0, last
        due 2500
             > response 1 ended
             > finish 1 1000..2500, played 100
             = Listening
        3500 silence at 2000
             > speech ended 2000, 1000 ms
        4000 speech
             > speech started 4000
             > open turn 2, speech 4000
             = UserSpeaking
        ",
    );
}

#[test]
fn a_provider_that_never_tells_the_end_of_speech_is_understood() {
    check(
        provider_decides(),
        "
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2400 ai start
             > response 1 started 2400
             = AiSpeaking
        2400 ai audio 500
             > user audio 1 complete
             > audio 1 at 0: 500
        2410 sent 1
        2600 speech
             > speech started 2600
             > interrupted 1 2600 by speech
             > order interrupt @1, heard 190 ms, 0 chars
             > response 1 ended by speech
             > open turn 2, speech 2600
             = UserSpeaking
        3000 silence
             > speech ended 3000, 400 ms
             = Processing
        ",
    );
}

#[test]
fn nothing_of_an_answer_is_said_when_its_beginning_was_not() {
    check(
        provider_decides(),
        "
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2500 silence at 2000
             > speech ended 2000, 1000 ms
             = Processing
        2800 ai start
             > response 1 started 2800
             = AiSpeaking
        2800 ai audio 500
             > user audio 1 complete
             > audio 1 at 0: 500
        2900 ai done
             > audio 1 at 500: 0, last
        3000 ai start
        3000 ai audio 500
        due 3300
             > response 1 ended, endpointing 500, provider 300
             > finish 1 1000..3300, played 500
             = Listening
        3400 ai audio 500
        3500 ai text late
        3600 ai done
        3700 ai failed late
        4000 speech
             > speech started 4000
             > open turn 2, speech 4000
             = UserSpeaking
        4100 ai audio 500
        4500 silence
             > speech ended 4500, 500 ms
             = Processing
        4600 ai audio 500
        4600 ai done
        4700 ai start
             > response 2 started 4700
             = AiSpeaking
        ",
    );
}

#[test]
fn who_speaks_on_takes_the_turn_back_from_the_provider() {
    check(
        provider_decides(),
        "
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2500 silence at 2000
             > speech ended 2000, 1000 ms
             = Processing
        2600 speech
             > speech started 2600
             > order go on @1
             = UserSpeaking
        2700 ai@0 start
        3500 silence at 3000
             > speech ended 3000, 400 ms
             = Processing
        3600 ai@0 audio 100
        3700 ai start
             > response 1 started 3700
             = AiSpeaking
        ",
    );
}

#[test]
fn the_end_of_answered_speech_is_not_that_of_the_next_turn() {
    check(
        provider_decides(),
        "
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2400 ai start
             > response 1 started 2400
             = AiSpeaking
        2400 ai done
             > response 1 ended
             > user audio 1 complete
             > finish 1 1000..2400
             = Listening
        2500 ai start
             > open turn 2
             > response 2 started 2500
             = AiSpeaking
        2600 silence at 2000
             > speech ended 2000, 1000 ms
        2700 ai audio 100
             > audio 2 at 0: 100
        2700 sent 2
        2700 ai done
             > audio 2 at 100: 0, last
        due 2800
             > response 2 ended
             > finish 2 2500..2800, played 100
             = Listening
        ",
    );
}

#[test]
fn who_spoke_on_had_not_stopped_before() {
    check(
        provider_decides(),
        "
        0 opened
             = Listening
        1000 speech cap 1000
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2500 silence at 2000 cap 2000
             > speech ended 2000, 1000 ms
             = Processing
        2600 speech cap 2600
             > speech started 2600
             > order go on @1
             = UserSpeaking
        3000 ai start
             > response 1 started 3000
             = AiSpeaking
        3000 ai audio 100
             > user audio 1 complete
             > audio 1 at 0: 100
        3000 sent 1
        3100 play 1 started 0 cap 3100
             > latency 1
        ",
    );
}

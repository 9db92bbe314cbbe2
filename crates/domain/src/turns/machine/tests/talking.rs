//! Conversations in which nobody is interrupted and nothing fails.

use super::script::{Play, check, check_answer};
use super::{greeting, session};
use crate::turns::TurnNumber;

#[test]
fn a_turn_goes_from_the_first_word_to_the_last_sample() {
    check(
        session(),
        r#"
        0 opened
             = Listening
        1200 speech at 1000
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        1300 ai hears hel
             > user 1 says: hel
        2500 silence at 2000
             > speech ended 2000, 1000 ms
             > order commit @1
             = Processing
        2501 committed
        2600 ai heard hello
             > user 1 said: hello
        2800 ai start
             > response 1 started 2800
             = AiSpeaking
        2801 ai text Good_
             > text 1: Good
        2802 ai audio 300
             > user audio 1 complete
             > audio 1 at 0: 300
        2803 sent 1
        2850 ai text morning
             > text 1: morning
        2851 ai audio 200
             > audio 1 at 300: 200
        2880 play 1 started 0
             > latency 1, total 803, endpointing 500, provider 301, overhead 2, by server
        2900 ai done 12
             > audio 1 at 500: 0, last
        3380 play 1 finished 500
             > ai 1 said: Good morning
             > response 1 ended, total 803, endpointing 500, provider 301, overhead 2, by server, 12 tokens
             > finish 1 1000..3380, user "hello", heard "Good morning", played 500, 12 tokens
             = Listening
        "#,
    );
}

#[test]
fn an_answer_need_not_say_that_it_begins() {
    check_answer(
        session(),
        r#"
        2500 ai audio 100
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 100
             = AiSpeaking
        2500 ai start
        2500 ai text Yes
             > text 1: Yes
        2500 ai done
             > audio 1 at 100: 0, last
        due 2600
             > ai 1 said: Yes
             > response 1 ended, endpointing 0
             > finish 1 1000..2600, heard "Yes", played 100
             = Listening
        "#,
    );
}

#[test]
fn one_turn_follows_the_other() {
    check_answer(
        session(),
        r#"
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
        2600 ai audio 100
        2700 ai heard too late
             > user 1 said: too late
             > amend 1: too late
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
             = UserSpeaking
        3100 ai audio 100
        3200 ai done
        3200 ai failed late
        3500 silence
             > speech ended 3500, 500 ms
             > order commit @2
             = Processing
        4000 ai text Yes
             > response 2 started 4000
             > text 2: Yes
             = AiSpeaking
        4000 ai done
             > ai 2 said: Yes
             > response 2 ended, endpointing 0
             > user audio 2 complete
             > finish 2 3000..4000, heard "Yes"
             = Listening
        "#,
    );
}

#[test]
fn an_answer_without_a_word_ends_the_turn() {
    check_answer(
        session(),
        "
        2500 ai text
        2500 ai audio 0
        2500 ai done
             > response 1 started 2500
             > response 1 ended, endpointing 0
             > user audio 1 complete
             > finish 1 1000..2500
             = Listening
        ",
    );
}

#[test]
fn an_answer_without_audio_is_over_when_its_text_is() {
    check_answer(
        session(),
        r#"
        2500 ai text _I_am_
             > response 1 started 2500
             > text 1: I am
             = AiSpeaking
        2600 ai text mute._
             > text 1: mute.
        2700 ai done
             > ai 1 said: I am mute.
             > response 1 ended, endpointing 0
             > user audio 1 complete
             > finish 1 1000..2700, heard "I am mute."
             = Listening
        "#,
    );
}

#[test]
fn who_speaks_on_before_the_answer_stays_in_the_same_turn() {
    check(
        session(),
        r#"
        0 opened
             = Listening
        1000 speech cap 11000
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2500 silence at 2000 cap 12000
             > speech ended 2000, 1000 ms
             > order commit @1
             = Processing
        2501 committed
        2600 ai heard so
             > user 1 said: so
        2700 speech at 2650
             > speech started 2650
             > order go on @2
             = UserSpeaking
        2701 committed
        2710 ai@1 start
        2710 ai@1 audio 100
        2710 ai@1 heard so then
             > user 1 says: so then
        2800 ai hears so wh
             > user 1 says: so wh
        3500 silence at 3000 cap 13000
             > speech ended 3000, 350 ms
             > order commit @3
             = Processing
        3510 committed
        3600 ai@1 audio 100
        3600 ai@2 audio 100
        3700 ai audio 100
             > response 1 started 3700
             > user audio 1 complete
             > audio 1 at 0: 100
             = AiSpeaking
        3701 sent 1
        3750 play 1 started 0 cap 13800 at 3745
             > latency 1, total 800, endpointing 500, provider 190, overhead 11, network 99, by client
        3800 ai done
             > audio 1 at 100: 0, last
        3900 play 1 finished 100 cap 13900
             > response 1 ended, total 800, endpointing 500, provider 190, overhead 11, network 99, by client
             > finish 1 1000..3900, user "so wh", played 100
             = Listening
        "#,
    );
}

#[test]
fn the_ai_greets_when_the_client_can_play() {
    check(
        greeting(),
        r#"
        0 opened
             = Listening
        100 ready
             > open turn 1
             > order greet @1
             = Processing
        150 ready
        200 ai text Hello!
             > response 1 started 200
             > text 1: Hello!
             = AiSpeaking
        200 ai audio 100
             > audio 1 at 0: 100
        200 ai done
             > audio 1 at 100: 0, last
        due 300
             > ai 1 said: Hello!
             > response 1 ended, provider 100
             > finish 1 100..300, heard "Hello!", played 100
             = Listening
        400 ready
        "#,
    );
}

#[test]
fn the_ai_greets_a_client_that_was_ready_first() {
    check(
        greeting(),
        "
        0 ready
        100 opened
             > open turn 1
             > order greet @1
             = Processing
        ",
    );
}

#[test]
fn the_ai_greets_nobody_who_speaks_first() {
    check(
        greeting(),
        "
        0 opened
             = Listening
        100 speech
             > speech started 100
             > open turn 1, speech 100
             = UserSpeaking
        150 ready
        900 silence
             > speech ended 900, 800 ms
             > order commit @1
             = Processing
        1000 ai done
             > response 1 started 1000
             > response 1 ended, endpointing 0
             > user audio 1 complete
             > finish 1 100..1000
             = Listening
        1100 ready
        ",
    );
}

#[test]
fn who_speaks_before_the_greeting_came_gets_a_turn_that_is_recorded() {
    check(
        greeting(),
        "
        0 opened
             = Listening
        100 ready
             > open turn 1
             > order greet @1
             = Processing
        300 speech at 200
             > speech started 200
             > interrupted 1 300 by speech
             > order interrupt @2
             > finish 1 100..300, cut by speech
             > open turn 2, speech 200
             = UserSpeaking
        350 ai@1 audio 100
        900 silence
             > speech ended 900, 700 ms
             > order commit @3
             = Processing
        1000 ai audio 100
             > response 2 started 1000
             > user audio 2 complete
             > audio 2 at 0: 100
             = AiSpeaking
        ",
    );
}

#[test]
fn a_greeting_is_interrupted_like_any_answer() {
    check(
        greeting(),
        "
        0 opened
             = Listening
        100 ready
             > open turn 1
             > order greet @1
             = Processing
        200 ai audio 1000
             > response 1 started 200
             > audio 1 at 0: 1000
             = AiSpeaking
        201 sent 1
        700 speech at 600
             > speech started 600
             > interrupted 1 700 by speech
             > order interrupt @2, heard 499 ms, 0 chars
             > response 1 ended by speech, provider 100
             > open turn 2, speech 600
             = UserSpeaking
        ",
    );
}

#[test]
fn barge_in_is_switched_while_the_ai_speaks() {
    check_answer(
        session(),
        "
        2500 ai audio 9000
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 9000
             = AiSpeaking
        2600 barge-in off
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
        3500 silence
             > speech ended 3500, 500 ms
        4000 barge-in on
        4500 speech
             > speech started 4500
             > interrupted 1 4500 by speech
             > order interrupt @2, heard 0 ms, 0 chars
             > response 1 ended by speech, endpointing 0
             > replay
             = UserSpeaking
        4500 replayed
        ",
    );
}

#[test]
fn after_the_last_number_the_session_ends() {
    let mut play = Play::new(session());
    play.line("0 opened");
    for number in 1..u16::MAX {
        play.effects_of(&["1 speech", "1 silence", "1 ai done"]);
        assert_eq!(play.machine.turn_number().map(TurnNumber::get), Some(number));
    }
    let effects = play.effects_of(&["1 speech", "1 silence", "1 ai audio 100"]);
    assert!(
        effects.contains(&"> open turn 65535, speech 1".to_owned()),
        "{effects:?}"
    );
    assert_eq!(
        play.effects_of(&["2 speech", "3 drained"]),
        [
            "> speech started 2",
            "> interrupted 65535 2 by speech",
            "> order interrupt @65536, heard 0 ms, 0 chars",
            "> response 65535 ended by speech, endpointing 0",
            "> latency 65535, endpointing 0",
            "> finish 65535 1..2, played 0, cut by speech",
            "> close mode",
            "= Ending",
            "> session completed after 2 ms, 65535 turns, 1 interrupted",
        ]
    );
}

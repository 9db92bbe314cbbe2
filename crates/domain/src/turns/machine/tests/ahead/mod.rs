//! What the user says while the AI may finish, to a mode that finds turns itself.

mod growing;

use super::script::{Play, check};
use super::{MachineSettings, OnModeFailure, may_finish};

/// A turn of which the answer plays from 2,500 to 4,500 ms, all of it there.
const PLAYING: &str = "
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
        2600 ai done
             > audio 1 at 2000: 0, last";

#[track_caller]
fn while_it_plays(settings: MachineSettings, script: &str) {
    check(settings, &format!("{PLAYING}\n{script}"));
}

fn with_fallback() -> MachineSettings {
    MachineSettings {
        on_mode_failure: OnModeFailure::WaitForAnother,
        ..may_finish()
    }
}

#[test]
fn what_is_said_meanwhile_is_the_next_turn() {
    while_it_plays(
        may_finish(),
        r#"
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
        3300 ai hears Tw
             > user 2 says: Tw
        3500 silence
             > speech ended 3500, 500 ms
        3510 ai heard Two.
             > user 2 said: Two.
        3700 ai start
        3700 ai text Yes.
        3700 ai audio 300
        3750 ai done
        due 4500
             > response 1 ended, total 500, endpointing 0, provider 500, overhead 0, by server
             > finish 1 1000..4500, user "One.", played 2000
             > response 2 started 4500
             > text 2: Yes.
             > user audio 2 complete
             > audio 2 at 0: 300
             > audio 2 at 300: 0, last
        4510 sent 2
        due 4810
             > ai 2 said: Yes.
             > response 2 ended, total 1010, endpointing 0, provider 200, unexplained 810, by server
             > finish 2 3000..4810, user "Two.", heard "Yes.", played 300
             = Listening
        "#,
    );
}

#[test]
fn who_still_speaks_when_the_ai_is_done_is_heard_to_the_end() {
    while_it_plays(
        may_finish(),
        "
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
        due 4500
             > response 1 ended, total 500, endpointing 0, provider 500, overhead 0, by server
             > finish 1 1000..4500, user \"One.\", played 2000
             = UserSpeaking
        due 54500
             > notice UtteranceLimitNear
        55000 silence
             > speech ended 55000, 52000 ms
             = Processing
        55100 ai heard Two.
             > user 2 said: Two.
        55200 ai start
             > response 2 started 55200
             = AiSpeaking
        55300 ai audio 100
             > user audio 2 complete
             > audio 2 at 0: 100
        ",
    );
}

#[test]
fn who_speaks_on_before_the_next_answer_was_heard_is_still_in_the_same_turn() {
    while_it_plays(
        may_finish(),
        "
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
        3300 silence
             > speech ended 3300, 300 ms
        3400 ai start
        3400 ai audio 300
        3500 speech
             > speech started 3500
             > order go on @1
        3550 ai@0 audio 300
        3600 silence
             > speech ended 3600, 100 ms
        3700 ai start
        3700 ai audio 50
        due 4500
             > response 1 ended, total 500, endpointing 0, provider 500, overhead 0, by server
             > finish 1 1000..4500, user \"One.\", played 2000
             > response 2 started 4500
             > user audio 2 complete
             > audio 2 at 0: 50
        ",
    );
}

#[test]
fn who_speaks_while_more_of_the_answer_comes_is_answered_after_it() {
    check(
        may_finish(),
        "
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2000 silence
             > speech ended 2000, 1000 ms
             = Processing
        2500 ai start
             > response 1 started 2500
             = AiSpeaking
        2600 speech
             > speech started 2600
             > user audio 1 complete
             > open turn 2, speech 2600
        2700 silence
             > speech ended 2700, 100 ms
        2750 ai heard One.
             > user 1 said: One.
        2800 ai audio 100
             > audio 1 at 0: 100
        2800 speech
             > speech started 2800
        2900 silence
             > speech ended 2900, 100 ms
        3000 ai audio 100
             > audio 1 at 100: 100
        3000 ai done
             > audio 1 at 200: 0, last
        3010 ai heard Two.
             > user 2 said: Two.
        3020 ai start
        due 3100
             > response 1 ended, endpointing 0, provider 800
             > finish 1 1000..3100, user \"One.\", played 200
             > response 2 started 3100
        ",
    );
}

#[test]
fn a_client_that_stops_the_answer_gets_the_next_one() {
    while_it_plays(
        may_finish(),
        "
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
        3300 silence
             > speech ended 3300, 300 ms
        3400 ai start
        3400 ai audio 300
        3500 interrupt
             > interrupted 1 3500 by client
             > order cut before, heard 1000 ms, 0 chars
             > response 1 ended by client, total 500, endpointing 0, provider 500, overhead 0, by server
             > response 2 started 3500
             > user audio 2 complete
             > audio 2 at 0: 300
        3600 ai audio 100
             > audio 2 at 300: 100
        ",
    );
}

#[test]
fn who_stops_the_answer_while_speaking_stops_the_mode_too() {
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
        3400 silence
             > speech ended 3400, 400 ms
             = Processing
        3500 ai start
             > response 2 started 3500
             = AiSpeaking
        ",
    );
}

#[test]
fn who_goes_on_and_stops_the_answer_stops_the_mode_at_the_next_turn() {
    while_it_plays(
        may_finish(),
        "
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
        3100 silence
             > speech ended 3100, 100 ms
        3150 ai start
        3200 speech
             > speech started 3200
             > order go on @1
        3300 interrupt
             > interrupted 1 3300 by client
             > order cut before, heard 800 ms, 0 chars
             > order interrupt @2
             > response 1 ended by client, total 500, endpointing 0, provider 500, overhead 0, by server
             = UserSpeaking
        ",
    );
}

#[test]
fn who_may_interrupt_again_goes_on_with_the_next_turn_at_once() {
    while_it_plays(
        may_finish(),
        "
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
        3300 silence
             > speech ended 3300, 300 ms
        3400 ai start
        3450 barge-in on
        3500 speech
             > speech started 3500
             > interrupted 1 3500 by speech
             > order cut before, heard 1000 ms, 0 chars
             > response 1 ended by speech, total 500, endpointing 0, provider 500, overhead 0, by server
             > order go on @1
             = UserSpeaking
        3600 silence
             > speech ended 3600, 100 ms
             = Processing
        3700 ai start
             > response 2 started 3700
             = AiSpeaking
        ",
    );
}

#[test]
fn who_is_answered_before_the_end_of_speech_is_answered_when_the_ai_is_done() {
    while_it_plays(
        may_finish(),
        "
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
        3400 ai start
        3450 ai audio 100
        3500 silence at 3300
             > speech ended 3300, 300 ms
        3500 ai done
        due 4500
             > response 1 ended, total 500, endpointing 0, provider 500, overhead 0, by server
             > finish 1 1000..4500, user \"One.\", played 2000
             > response 2 started 4500
             > user audio 2 complete
             > audio 2 at 0: 100
             > audio 2 at 100: 0, last
        4500 sent 2
        4500 ai heard Two.
             > user 2 said: Two.
        due 4600
             > response 2 ended, total 1200, unexplained 1200, by server
             > finish 2 3000..4600, user \"Two.\", played 100
             = Listening
        ",
    );
}

#[test]
fn the_next_mode_is_asked_for_the_turn_that_waited_and_for_none_before() {
    while_it_plays(
        with_fallback(),
        "
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
        3300 silence
             > speech ended 3300, 300 ms
        3400 ai start
        3450 ai audio 100
        3460 ai done
        3500 ai dead it hung up
             > mode lost: it hung up
        3600 mode replaced
        3600 replayed
             > order commit @1
        3600 committed
        3700 ai audio 100
        due 4500
             > response 1 ended, total 500, endpointing 0, provider 500, overhead 0, by server
             > finish 1 1000..4500, user \"One.\", played 2000
             > response 2 started 4500
             > user audio 2 complete
             > audio 2 at 0: 100
        ",
    );
}

#[test]
fn who_speaks_ahead_while_the_modes_change_is_answered_by_the_next_one() {
    while_it_plays(
        with_fallback(),
        "
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
        3500 ai dead it hung up
             > mode lost: it hung up
        3600 mode replaced
        3600 replayed
        3700 silence
             > speech ended 3700, 700 ms
             > order commit @1
        due 4500
             > response 1 ended, total 500, endpointing 0, provider 500, overhead 0, by server
             > finish 1 1000..4500, user \"One.\", played 2000
             = Processing
        4600 ai audio 100
             > response 2 started 4600
             > user audio 2 complete
             > audio 2 at 0: 100
             = AiSpeaking
        ",
    );
}

#[test]
fn what_the_next_mode_was_not_given_while_the_ai_finishes_it_is_given_then() {
    while_it_plays(
        with_fallback(),
        "
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
        3300 silence
             > speech ended 3300, 300 ms
        3500 ai dead it hung up
             > mode lost: it hung up
        3600 mode replaced
        3600 replayed not
        due 4500
             > response 1 ended, total 500, endpointing 0, provider 500, overhead 0, by server
             > finish 1 1000..4500, user \"One.\", played 2000
             > replay
             = Processing
        4500 replayed
             > order commit @1
        ",
    );
}

#[test]
fn a_session_that_ends_keeps_the_turn_that_waited() {
    while_it_plays(
        may_finish(),
        "
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
        3300 silence
             > speech ended 3300, 300 ms
        3310 ai heard Two.
             > user 2 said: Two.
        3400 end completed
             > interrupted 1 3400 by client
             > order cut before, heard 900 ms, 0 chars
             > response 1 ended by client, total 500, endpointing 0, provider 500, overhead 0, by server
             > latency 1, total 500, endpointing 0, provider 500, overhead 0, by server
             > finish 1 1000..3400, user \"One.\", played 900, cut by client
             > user audio 2 complete
             > finish 2 3000..3400, user \"Two.\"
             > close mode
             = Ending
        ",
    );
}

#[test]
fn the_answer_may_take_its_time_from_when_the_ai_was_done() {
    while_it_plays(
        may_finish(),
        "
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
        3300 silence
             > speech ended 3300, 300 ms
        due 4500
             > response 1 ended, total 500, endpointing 0, provider 500, overhead 0, by server
             > finish 1 1000..4500, user \"One.\", played 2000
             = Processing
        due 34500
             > order interrupt @1
             > failure: the provider did not answer within 30 s
             > user audio 2 complete
             > finish 2 3000..34500, failed \"the provider did not answer within 30 s\"
             = Listening
        ",
    );
}

#[test]
fn a_mode_that_is_far_ahead_is_asked_to_wait() {
    let mut play = Play::new(may_finish());
    let is_input = |line: &&str| line.starts_with(|c: char| c.is_ascii_digit());
    let said = PLAYING.lines().map(str::trim).filter(is_input);
    play.effects_of(&said.collect::<Vec<_>>());
    play.effects_of(&[
        "3000 speech",
        "3100 silence",
        "3200 ai start",
        "3300 ai audio 59999",
    ]);
    assert!(!play.machine.is_far_ahead());
    play.effects_of(&["3400 ai audio 1"]);
    assert!(play.machine.is_far_ahead(), "60 s are held");
    let effects = play.effects_of(&["4500 tick"]);
    assert!(
        effects.contains(&"> audio 2 at 59999: 1".to_owned()),
        "{effects:?}"
    );
    assert!(!play.machine.is_far_ahead());
}

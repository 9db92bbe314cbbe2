//! A mode that failed or left, and the one that comes after it.

use super::script::{Play, check, check_answer};
use super::{Greeting, MachineSettings, greeting, provider_decides, session, with_fallback};
use crate::latency::SessionTime;

#[test]
fn the_turn_that_waited_for_its_answer_is_answered_by_the_next_mode() {
    check_answer(
        with_fallback(),
        "2100 ai dead it hung up
         > mode lost: it hung up
         60000 tick
         60000 mode replaced
         60000 replayed
         > order commit @1
         60200 ai text Hello.
         > response 1 started 60200
         > text 1: Hello.
         = AiSpeaking
         60300 ai audio 100
         > user audio 1 complete
         > audio 1 at 0: 100
         60300 sent 1
         60400 ai done
         > audio 1 at 100: 0, last
         60500 play 1 finished 100
         > ai 1 said: Hello.
         > response 1 ended, total 58300, unexplained 58300, by server
         > finish 1 1000..60500, heard \"Hello.\", played 100
         = Listening",
    );
}

#[test]
fn who_speaks_while_there_is_no_mode_is_answered_later() {
    check(
        with_fallback(),
        "0 opened
         = Listening
         1000 speech
         > speech started 1000
         > open turn 1, speech 1000
         = UserSpeaking
         1500 ai dead it hung up
         > mode lost: it hung up
         2000 silence
         > speech ended 2000, 1000 ms
         > order commit @1
         = Processing
         9000 mode replaced
         9000 replayed
         > order commit @1",
    );
}

#[test]
fn what_was_sent_of_an_answer_that_broke_off_is_heard() {
    check_answer(
        with_fallback(),
        r#"2100 ai text Hello.
         > response 1 started 2100
         > text 1: Hello.
         = AiSpeaking
         2100 ai audio 300
         > user audio 1 complete
         > audio 1 at 0: 300
         2200 ai dead it hung up
         > audio 1 at 300: 0, last
         > mode lost: it hung up
         2300 mode replaced
         2600 play 1 finished 300
         > ai 1 said:
         > response 1 ended, endpointing 0
         > finish 1 1000..2600, unheard "Hello.", played 300, failed "it hung up"
         = Listening"#,
    );
}

#[test]
fn a_session_whose_first_mode_never_opened_begins_with_the_next_one() {
    check(
        with_fallback(),
        "0 ai dead it cannot be reached
         > mode lost: it cannot be reached
         900 speech
         1000 mode replaced
         = Listening",
    );
}

#[test]
fn an_answer_is_cut_when_its_mode_leaves() {
    check_answer(
        session(),
        r#"2100 ai text Hello.
         > response 1 started 2100
         > text 1: Hello.
         = AiSpeaking
         2200 mode leaves
         > interrupted 1 2200 by client
         > order interrupt @2, heard 0 ms, 0 chars
         > response 1 ended by client, endpointing 0
         > user audio 1 complete
         > ai 1 said:
         > finish 1 1000..2200, unheard "Hello.", cut by client
         = Listening
         2300 mode replaced decides"#,
    );
}

#[test]
fn a_mode_is_corrected_that_was_told_of_an_answer_which_is_cut_then() {
    check_answer(
        session(),
        r#"2100 ai text Once_upon_a_time.
         > response 1 started 2100
         > text 1: Once upon a time.
         = AiSpeaking
         2100 ai audio 1700
         > user audio 1 complete
         > audio 1 at 0: 1700
         2100 ai done
         > audio 1 at 1700: 0, last
         2110 sent 1
         2200 mode replaced
         2510 interrupt
         > interrupted 1 2510 by client
         > order interrupt @1
         > response 1 ended by client, total 110, endpointing 0, unexplained 110, by server
         = Listening
         2550 play 1 stopped 400
         > order heard 400 ms, 4 chars
         > ai 1 said: Once
         > latency 1, total 110, endpointing 0, unexplained 110, by server
         > finish 1 1000..2550, heard "Once", unheard "upon a time.", played 400, cut by client"#,
    );
}

#[test]
fn for_an_answer_without_words_no_earlier_one_is_corrected() {
    check_answer(
        session(),
        "2100 ai audio 1700
         > response 1 started 2100
         > user audio 1 complete
         > audio 1 at 0: 1700
         = AiSpeaking
         2100 ai done
         > audio 1 at 1700: 0, last
         2110 sent 1
         2200 mode replaced
         2510 interrupt
         > interrupted 1 2510 by client
         > order interrupt @1, heard 400 ms, 0 chars
         > response 1 ended by client, total 110, endpointing 0, unexplained 110, by server
         = Listening
         2550 play 1 stopped 300
         > order heard 300 ms, 0 chars
         > latency 1, total 110, endpointing 0, unexplained 110, by server
         > finish 1 1000..2550, played 300, cut by client",
    );
}

#[test]
fn a_mode_that_shall_leave_goes_on_until_another_one_is_open() {
    check_answer(
        session(),
        "2050 mode leaves
         2100 ai text Hello.
         > response 1 started 2100
         > text 1: Hello.
         = AiSpeaking",
    );
}

#[test]
fn a_provider_that_takes_turns_is_told_that_the_turn_is_over() {
    check_answer(
        session(),
        "2300 mode replaced decides
         2300 replayed
         > order end turn",
    );
}

#[test]
fn a_mode_that_was_not_given_the_turn_is_not_asked_about_it() {
    check_answer(
        session(),
        r#"2300 mode replaced
         2300 replayed not
         > failure: lost
         > user audio 1 complete
         > finish 1 1000..2300, failed "lost"
         = Listening"#,
    );
}

#[test]
fn who_still_speaks_when_the_next_mode_is_not_given_the_beginning_is_heard_from_there() {
    check(
        session(),
        "0 opened
         = Listening
         1000 speech
         > speech started 1000
         > open turn 1, speech 1000
         = UserSpeaking
         1500 mode replaced
         1500 replayed not
         > failure: lost
         2000 silence
         > speech ended 2000, 1000 ms
         > order commit @1
         = Processing",
    );
}

#[test]
fn the_next_mode_greets_in_place_of_the_one_that_was_about_to() {
    check(
        greeting(),
        "0 opened
         = Listening
         10 ready
         > open turn 1
         > order greet @1
         = Processing
         100 mode leaves
         500 mode replaced
         > order greet @1
         900 ai text Hello.
         > response 1 started 900
         > text 1: Hello.
         = AiSpeaking",
    );
}

#[test]
fn who_was_to_be_greeted_by_a_mode_that_failed_is_greeted_by_the_next_one() {
    check(
        MachineSettings {
            greeting: Greeting::WhenReady,
            ..with_fallback()
        },
        r#"0 opened
         = Listening
         10 ready
         > open turn 1
         > order greet @1
         = Processing
         100 ai dead it hung up
         > finish 1 10..100, failed "it hung up"
         > mode lost: it hung up
         = Listening
         500 mode replaced
         > open turn 2
         > order greet @1
         = Processing"#,
    );
}

#[test]
fn what_is_still_played_of_an_answer_that_broke_off_counts_as_said() {
    let mut play = Play::new(with_fallback());
    play.effects_of(&[
        "0 opened",
        "1000 speech",
        "2000 silence",
        "2100 ai heard How are you?",
        "2100 ai text Fine, thanks.",
        "2100 ai audio 2000",
        "2110 sent 1",
        "2200 ai dead it hung up",
    ]);
    let told = |play: &Play| -> Vec<(Option<String>, String)> {
        let now = SessionTime::from_millis(2_200);
        play.machine
            .unfinished(now)
            .map(|(user, heard)| (user.map(str::to_owned), heard))
            .collect()
    };
    assert_eq!(
        told(&play),
        [(Some("How are you?".to_owned()), "Fine, thanks.".to_owned())]
    );
    play.effects_of(&["2200 interrupt 0"]);
    assert_eq!(told(&play), [(Some("How are you?".to_owned()), String::new())]);
}

#[test]
fn a_turn_whose_answer_had_begun_without_a_sound_is_asked_again() {
    check_answer(
        with_fallback(),
        r#"2100 ai start
         > response 1 started 2100
         = AiSpeaking
         2150 ai text Hel
         > text 1: Hel
         2200 ai dead it hung up
         > response 1 ended, repeats, endpointing 0
         > mode lost: it hung up
         = Processing
         9000 mode replaced
         9000 replayed
         > order commit @1
         9200 ai start
         > response 1 started 9200
         = AiSpeaking
         9200 ai text Hello.
         > text 1: Hello.
         9300 ai audio 100
         > user audio 1 complete
         > audio 1 at 0: 100
         9300 sent 1
         9300 ai done
         > audio 1 at 100: 0, last
         due 9400
         > ai 1 said: Hello.
         > response 1 ended, total 7300, unexplained 7300, by server
         > finish 1 1000..9400, heard "Hello.", played 100
         = Listening"#,
    );
}

#[test]
fn who_was_answered_while_speaking_and_heard_nothing_speaks_on() {
    check(
        MachineSettings {
            on_mode_failure: with_fallback().on_mode_failure,
            ..provider_decides()
        },
        "0 opened
         = Listening
         1000 speech
         > speech started 1000
         > open turn 1, speech 1000
         = UserSpeaking
         2000 ai start
         > response 1 started 2000
         = AiSpeaking
         2100 ai dead it hung up
         > response 1 ended, repeats
         > mode lost: it hung up
         = UserSpeaking
         2500 silence
         > speech ended 2500, 1500 ms
         = Processing
         3000 mode replaced
         3000 replayed
         > order commit @1",
    );
}

#[test]
fn an_answer_without_a_sound_that_a_client_stopped_is_not_asked_again() {
    check_answer(
        with_fallback(),
        "2100 ai start
         > response 1 started 2100
         = AiSpeaking
         2200 interrupt
         > interrupted 1 2200 by client
         > order interrupt @2, heard 0 ms, 0 chars
         > response 1 ended by client, endpointing 0
         > user audio 1 complete
         > finish 1 1000..2200, cut by client
         = Listening
         2300 ai dead it hung up
         > mode lost: it hung up
         2400 mode replaced",
    );
}

#[test]
fn a_mode_that_fails_while_another_one_is_opened_does_not_end_the_session() {
    check_answer(
        session(),
        "2050 mode leaves
         2100 ai dead it hung up
         > mode lost: it hung up
         2300 mode replaced
         2300 replayed
         > order commit @1",
    );
}

#[test]
fn a_mode_that_stays_ends_the_session_when_it_fails() {
    check_answer(
        session(),
        r#"2050 mode leaves
         2060 mode stays
         2100 ai dead it hung up
         > fatal failure: it hung up
         > user audio 1 complete
         > finish 1 1000..2100, failed "it hung up"
         > close mode
         = Ending"#,
    );
}

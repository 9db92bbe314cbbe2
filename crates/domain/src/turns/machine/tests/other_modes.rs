//! A mode that failed or left, and the one that comes after it.

use super::script::{check, check_answer};
use super::{session, with_fallback};

#[test]
fn the_turn_that_waited_for_its_answer_is_answered_by_the_next_mode() {
    check_answer(
        with_fallback(),
        "2100 ai dead it hung up
         > mode lost: it hung up
         60000 tick
         60000 mode replaced
         > order commit @1
         60200 ai text Hello.
         > user audio 1 complete
         > response 1 started 60200
         > text 1: Hello.
         = AiSpeaking
         60300 ai audio 100
         > audio 1 at 0: 100",
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
         > order commit @1",
    );
}

#[test]
fn what_was_sent_of_an_answer_that_broke_off_is_heard() {
    check_answer(
        with_fallback(),
        r#"2100 ai text Hello.
         > user audio 1 complete
         > response 1 started 2100
         > text 1: Hello.
         = AiSpeaking
         2100 ai audio 300
         > audio 1 at 0: 300
         2200 ai dead it hung up
         > mode lost: it hung up
         > audio 1 at 300: 0, last
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
         > user audio 1 complete
         > response 1 started 2100
         > text 1: Hello.
         = AiSpeaking
         2200 mode leaves
         > interrupted 1 2200 by client
         > order interrupt @2, heard 0 ms, 0 chars
         > response 1 ended by client, endpointing 0
         > ai 1 said:
         > finish 1 1000..2200, unheard "Hello.", cut by client
         = Listening
         2300 mode replaced decides"#,
    );
}

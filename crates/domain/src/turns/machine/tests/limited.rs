//! Turns that reached their limit, where the provider finds turns.

use super::script::{Play, check};
use super::{MachineSettings, may_finish, provider_decides};

/// A turn that reached its limit at 61,000 ms and is written down.
const LIMITED: &str = "
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        61000 tick
             > notice UtteranceLimitNear
             > notice UtteranceLimitReached
             > speech ended 61000, 60000 ms
             > order end turn
             = Processing
        61100 silence
        61200 ai heard One.
             > user 1 said: One.";

#[track_caller]
fn after_the_limit(settings: MachineSettings, script: &str) {
    check(settings, &format!("{LIMITED}\n{script}"));
}

#[test]
fn the_provider_is_told_of_the_limit_and_answers() {
    after_the_limit(
        provider_decides(),
        "
        62000 ai start
             > response 1 started 62000
             = AiSpeaking
        ",
    );
}

#[test]
fn who_speaks_on_takes_the_next_turn_when_the_answer_begins() {
    for settings in [provider_decides(), may_finish()] {
        after_the_limit(
            settings,
            r#"
        61500 speech
             > speech started 61500
        61800 ai hears Tw
        62000 ai start
             > response 1 started 62000
             > user audio 1 complete
             > open turn 2, speech 61500
             = AiSpeaking
        62000 ai audio 500
             > audio 1 at 0: 500
        62100 ai hears Two
             > user 2 says: Two
        62200 ai done
             > audio 1 at 500: 0, last
        62700 tick
             > response 1 ended, endpointing 0, provider 1000
             > finish 1 1000..62700, user "One.", played 500
             = UserSpeaking
        63000 silence
             > speech ended 63000, 1500 ms
             = Processing
        63100 ai heard Two.
             > user 2 said: Two.
        "#,
        );
    }
}

#[test]
fn words_that_come_late_are_still_of_the_turn_that_ended() {
    let mut play = Play::new(provider_decides());
    play.effects_of(&["0 opened", "1000 speech", "61000 tick", "61100 speech"]);
    let said = play.effects_of(&["61200 ai heard One.", "61300 ai hears Tw"]);
    assert_eq!(said, ["> user 1 said: One."]);
}

#[test]
fn what_is_said_and_done_before_the_answer_is_of_the_turn_that_reached_its_limit() {
    after_the_limit(
        provider_decides(),
        r#"
        61500 speech
             > speech started 61500
        61600 ai hears Tw
        61700 silence
             > speech ended 61700, 200 ms
        61750 ai hears Two
             > user 1 says: One. Two
        61800 ai heard Two.
             > user 1 said: One. Two.
        62000 ai start
             > response 1 started 62000
             = AiSpeaking
        62000 ai audio 500
             > user audio 1 complete
             > audio 1 at 0: 500
        62200 ai done
             > audio 1 at 500: 0, last
        62700 tick
             > response 1 ended, endpointing 0, provider 1000
             > finish 1 1000..62700, user "One. Two.", played 500
             = Listening
        "#,
    );
}

#[test]
fn both_parts_are_kept_when_the_first_is_written_down_late() {
    let mut play = Play::new(provider_decides());
    play.effects_of(&[
        "0 opened",
        "1000 speech",
        "61000 tick",
        "61100 speech",
        "61300 silence",
    ]);
    let said = play.effects_of(&["61400 ai heard One.", "61500 ai heard Two."]);
    assert_eq!(said, ["> user 1 said: One.", "> user 1 said: One. Two."]);
}

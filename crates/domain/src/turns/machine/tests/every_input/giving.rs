//! A turn that the mode has not heard: it is given it, or was.

use super::every_input;
use crate::turns::machine::tests::{session, without_barge_in};
use crate::turns::{MachineSettings, OnModeFailure};

#[test]
fn waiting_to_be_heard() {
    every_input(
        without_barge_in(),
        "0 opened | 10 speech | 20 silence | 30 ai audio 10 | 30 ai done | 32 speech | 36 silence | 40 tick",
        r#"
        speech at 90
            > speech started 90
            = UserSpeaking
        replayed
            > order commit @2
        replayed not
            > failure: lost
            > user audio 2 complete
            > finish 2 32..100, failed "lost"
            = Listening
        interrupt
            > interrupted 2 100 by client
            > order interrupt @2
            > user audio 2 complete
            > finish 2 32..100, cut by client
            = Listening
        interrupt 5
            > interrupted 2 100 by client
            > order interrupt @2
            > user audio 2 complete
            > finish 2 32..100, cut by client
            = Listening
        ai dead oops
            > fatal failure: oops
            > user audio 2 complete
            > finish 2 32..100, failed "oops"
            > close mode
            = Ending
        ai hears hey
            > user 2 says: hey
        ai heard hey
            > user 2 said: hey
        ai@7 dead oops
            > fatal failure: oops
            > user audio 2 complete
            > finish 2 32..100, failed "oops"
            > close mode
            = Ending
        end completed
            > user audio 2 complete
            > finish 2 32..100
            > close mode
            = Ending
        nothing: opened, mode leaves, mode stays, mode replaced, mode replaced decides, ready
        nothing: speech pauses, speech resumes, silence at 90, committed, barge-in on, barge-in off
        nothing: ai start, ai text Hi, ai audio 10, ai mark 5 2, ai done, ai failed oops
        nothing: ai reached transcribed, ai@7 start, ai@7 audio 10, ai@7 done, sent 1, play 1 started 0
        nothing: play 1 progress 5, play 1 paused 5, play 1 resumed 5, play 1 stopped 5, play 1 finished 20, lost
        nothing: back, tick, drained
        "#,
    );
}

#[test]
fn waiting_to_be_heard_where_there_is_no_mode() {
    every_input(
        MachineSettings {
            on_mode_failure: OnModeFailure::WaitForAnother,
            ..without_barge_in()
        },
        "0 opened | 10 speech | 20 silence | 30 ai text Hi | 32 speech | 36 silence | 40 ai dead oops",
        r#"
        speech at 90
            > speech started 90
            = UserSpeaking
        replayed
            > order commit @2
        replayed not
            > failure: lost
            > user audio 2 complete
            > finish 2 32..100, failed "lost"
            = Listening
        interrupt
            > interrupted 2 100 by client
            > order interrupt @2
            > user audio 2 complete
            > finish 2 32..100, cut by client
            = Listening
        interrupt 5
            > interrupted 2 100 by client
            > order interrupt @2
            > user audio 2 complete
            > finish 2 32..100, cut by client
            = Listening
        ai dead oops
            > mode lost: oops
        ai hears hey
            > user 2 says: hey
        ai heard hey
            > user 2 said: hey
        ai@7 dead oops
            > mode lost: oops
        end completed
            > user audio 2 complete
            > finish 2 32..100
            > close mode
            = Ending
        nothing: opened, mode leaves, mode stays, mode replaced, mode replaced decides, ready
        nothing: speech pauses, speech resumes, silence at 90, committed, barge-in on, barge-in off
        nothing: ai start, ai text Hi, ai audio 10, ai mark 5 2, ai done, ai failed oops
        nothing: ai reached transcribed, ai@7 start, ai@7 audio 10, ai@7 done, sent 1, play 1 started 0
        nothing: play 1 progress 5, play 1 paused 5, play 1 resumed 5, play 1 stopped 5, play 1 finished 20, lost
        nothing: back, tick, drained
        "#,
    );
}

#[test]
fn being_given_to_another_mode() {
    every_input(
        session(),
        "0 opened | 10 speech | 20 silence | 30 mode replaced",
        r#"
        speech at 90
            > speech started 90
            = UserSpeaking
        replayed
            > order commit @1
        replayed not
            > failure: lost
            > user audio 1 complete
            > finish 1 10..100, failed "lost"
            = Listening
        interrupt
            > interrupted 1 100 by client
            > order interrupt @1
            > user audio 1 complete
            > finish 1 10..100, cut by client
            = Listening
        interrupt 5
            > interrupted 1 100 by client
            > order interrupt @1
            > user audio 1 complete
            > finish 1 10..100, cut by client
            = Listening
        ai dead oops
            > fatal failure: oops
            > user audio 1 complete
            > finish 1 10..100, failed "oops"
            > close mode
            = Ending
        ai hears hey
            > user 1 says: hey
        ai heard hey
            > user 1 said: hey
        ai@7 dead oops
            > fatal failure: oops
            > user audio 1 complete
            > finish 1 10..100, failed "oops"
            > close mode
            = Ending
        end completed
            > user audio 1 complete
            > finish 1 10..100
            > close mode
            = Ending
        nothing: opened, mode leaves, mode stays, mode replaced, mode replaced decides, ready
        nothing: speech pauses, speech resumes, silence at 90, committed, barge-in on, barge-in off
        nothing: ai start, ai text Hi, ai audio 10, ai mark 5 2, ai done, ai failed oops
        nothing: ai reached transcribed, ai@7 start, ai@7 audio 10, ai@7 done, sent 1, play 1 started 0
        nothing: play 1 progress 5, play 1 paused 5, play 1 resumed 5, play 1 stopped 5, play 1 finished 20, lost
        nothing: back, tick, drained
        "#,
    );
}

#[test]
fn being_given_to_a_provider_that_finds_turns() {
    every_input(
        session(),
        "0 opened | 10 speech | 20 silence | 30 mode replaced decides",
        r#"
        speech at 90
            > speech started 90
            = UserSpeaking
        replayed
            > order end turn
        replayed not
            > failure: lost
            > user audio 1 complete
            > finish 1 10..100, failed "lost"
            = Listening
        interrupt
            > interrupted 1 100 by client
            > order interrupt @1
            > user audio 1 complete
            > finish 1 10..100, cut by client
            = Listening
        interrupt 5
            > interrupted 1 100 by client
            > order interrupt @1
            > user audio 1 complete
            > finish 1 10..100, cut by client
            = Listening
        ai dead oops
            > fatal failure: oops
            > user audio 1 complete
            > finish 1 10..100, failed "oops"
            > close mode
            = Ending
        ai hears hey
            > user 1 says: hey
        ai heard hey
            > user 1 said: hey
        ai@7 dead oops
            > fatal failure: oops
            > user audio 1 complete
            > finish 1 10..100, failed "oops"
            > close mode
            = Ending
        end completed
            > user audio 1 complete
            > finish 1 10..100
            > close mode
            = Ending
        nothing: opened, mode leaves, mode stays, mode replaced, mode replaced decides, ready
        nothing: speech pauses, speech resumes, silence at 90, committed, barge-in on, barge-in off
        nothing: ai start, ai text Hi, ai audio 10, ai mark 5 2, ai done, ai failed oops
        nothing: ai reached transcribed, ai@7 start, ai@7 audio 10, ai@7 done, sent 1, play 1 started 0
        nothing: play 1 progress 5, play 1 paused 5, play 1 resumed 5, play 1 stopped 5, play 1 finished 20, lost
        nothing: back, tick, drained
        "#,
    );
}

#[test]
fn being_given_to_another_mode_while_the_ai_finishes() {
    every_input(
        without_barge_in(),
        "0 opened | 10 speech | 20 silence | 30 ai audio 90 | 30 ai done | 32 speech | 36 silence | 40 mode replaced",
        r#"
        speech at 90
            > speech started 90
        replayed
            > order commit @1
        interrupt
            > interrupted 1 100 by client
            > order interrupt @1, heard 0 ms, 0 chars
            > response 1 ended by client, endpointing 0
            > replay
            = Processing
        interrupt 5
            > interrupted 1 100 by client
            > order interrupt @1, heard 5 ms, 0 chars
            > response 1 ended by client, endpointing 0
            > replay
            = Processing
        ai dead oops
            > fatal failure: oops
            > interrupted 1 100 by client
            > order interrupt @1, heard 0 ms, 0 chars
            > response 1 ended by client, endpointing 0
            > latency 1, endpointing 0
            > finish 1 10..100, played 0, cut by client
            > user audio 2 complete
            > finish 2 32..100, failed "oops"
            > close mode
            = Ending
        ai hears hey
            > user 1 says: hey
        ai heard hey
            > user 1 said: hey
        ai@7 dead oops
            > fatal failure: oops
            > interrupted 1 100 by client
            > order interrupt @1, heard 0 ms, 0 chars
            > response 1 ended by client, endpointing 0
            > latency 1, endpointing 0
            > finish 1 10..100, played 0, cut by client
            > user audio 2 complete
            > finish 2 32..100, failed "oops"
            > close mode
            = Ending
        play 1 started 0
            > latency 1, endpointing 0
        play 1 stopped 5
            > interrupted 1 100 by client
            > order interrupt @1, heard 5 ms, 0 chars
            > response 1 ended by client, endpointing 0
            > latency 1, endpointing 0
            > finish 1 10..100, played 5, cut by client
            > replay
            = Processing
        play 1 finished 20
            > response 1 ended, endpointing 0
            > finish 1 10..100, played 90
            > replay
            = Processing
        end completed
            > interrupted 1 100 by client
            > order interrupt @1, heard 0 ms, 0 chars
            > response 1 ended by client, endpointing 0
            > latency 1, endpointing 0
            > finish 1 10..100, played 0, cut by client
            > user audio 2 complete
            > finish 2 32..100
            > close mode
            = Ending
        nothing: opened, mode leaves, mode stays, mode replaced, mode replaced decides, ready
        nothing: speech pauses, speech resumes, silence at 90, committed, replayed not, barge-in on
        nothing: barge-in off, ai start, ai text Hi, ai audio 10, ai mark 5 2, ai done
        nothing: ai failed oops, ai reached transcribed, ai@7 start, ai@7 audio 10, ai@7 done, sent 1
        nothing: play 1 progress 5, play 1 paused 5, play 1 resumed 5, lost, back, tick
        nothing: drained
        "#,
    );
}

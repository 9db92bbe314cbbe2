//! While nothing is to be answered.

use super::every_input;
use crate::turns::machine::tests::{greeting, provider_decides, session, with_fallback};

#[test]
fn idle() {
    every_input(
        greeting(),
        "",
        "
        opened
            = Listening
        mode replaced
            = Listening
        mode replaced decides
            = Listening
        ai dead oops
            > fatal failure: oops
            > close mode
            = Ending
        ai@7 dead oops
            > fatal failure: oops
            > close mode
            = Ending
        end completed
            > close mode
            = Ending
        nothing: mode leaves, mode stays, ready, speech at 90, speech pauses, speech resumes
        nothing: silence at 90, committed, replayed, replayed not, interrupt, interrupt 5
        nothing: barge-in on, barge-in off, ai start, ai text Hi, ai audio 10, ai mark 5 2
        nothing: ai done, ai failed oops, ai hears hey, ai heard hey, ai reached transcribed, ai@7 start
        nothing: ai@7 audio 10, ai@7 done, sent 1, play 1 started 0, play 1 progress 5, play 1 paused 5
        nothing: play 1 resumed 5, play 1 stopped 5, play 1 finished 20, lost, back, tick
        nothing: drained
        ",
    );
}

#[test]
fn listening() {
    every_input(
        session(),
        "0 opened",
        "
        speech at 90
            > speech started 90
            > open turn 1, speech 90
            = UserSpeaking
        ai dead oops
            > fatal failure: oops
            > close mode
            = Ending
        ai@7 dead oops
            > fatal failure: oops
            > close mode
            = Ending
        end completed
            > close mode
            = Ending
        nothing: opened, mode leaves, mode stays, mode replaced, mode replaced decides, ready
        nothing: speech pauses, speech resumes, silence at 90, committed, replayed, replayed not
        nothing: interrupt, interrupt 5, barge-in on, barge-in off, ai start, ai text Hi
        nothing: ai audio 10, ai mark 5 2, ai done, ai failed oops, ai hears hey, ai heard hey
        nothing: ai reached transcribed, ai@7 start, ai@7 audio 10, ai@7 done, sent 1, play 1 started 0
        nothing: play 1 progress 5, play 1 paused 5, play 1 resumed 5, play 1 stopped 5, play 1 finished 20, lost
        nothing: back, tick, drained
        ",
    );
}

#[test]
fn listening_before_the_greeting() {
    every_input(
        greeting(),
        "0 opened",
        "
        ready
            > open turn 1
            > order greet @1
            = Processing
        speech at 90
            > speech started 90
            > open turn 1, speech 90
            = UserSpeaking
        ai dead oops
            > fatal failure: oops
            > close mode
            = Ending
        ai@7 dead oops
            > fatal failure: oops
            > close mode
            = Ending
        end completed
            > close mode
            = Ending
        nothing: opened, mode leaves, mode stays, mode replaced, mode replaced decides, speech pauses
        nothing: speech resumes, silence at 90, committed, replayed, replayed not, interrupt
        nothing: interrupt 5, barge-in on, barge-in off, ai start, ai text Hi, ai audio 10
        nothing: ai mark 5 2, ai done, ai failed oops, ai hears hey, ai heard hey, ai reached transcribed
        nothing: ai@7 start, ai@7 audio 10, ai@7 done, sent 1, play 1 started 0, play 1 progress 5
        nothing: play 1 paused 5, play 1 resumed 5, play 1 stopped 5, play 1 finished 20, lost, back
        nothing: tick, drained
        ",
    );
}

#[test]
fn listening_to_a_provider_that_decides() {
    every_input(
        provider_decides(),
        "0 opened",
        "
        speech at 90
            > speech started 90
            > open turn 1, speech 90
            = UserSpeaking
        ai start
            > open turn 1
            > response 1 started 100
            = AiSpeaking
        ai dead oops
            > fatal failure: oops
            > close mode
            = Ending
        ai@7 dead oops
            > fatal failure: oops
            > close mode
            = Ending
        end completed
            > close mode
            = Ending
        nothing: opened, mode leaves, mode stays, mode replaced, mode replaced decides, ready
        nothing: speech pauses, speech resumes, silence at 90, committed, replayed, replayed not
        nothing: interrupt, interrupt 5, barge-in on, barge-in off, ai text Hi, ai audio 10
        nothing: ai mark 5 2, ai done, ai failed oops, ai hears hey, ai heard hey, ai reached transcribed
        nothing: ai@7 start, ai@7 audio 10, ai@7 done, sent 1, play 1 started 0, play 1 progress 5
        nothing: play 1 paused 5, play 1 resumed 5, play 1 stopped 5, play 1 finished 20, lost, back
        nothing: tick, drained
        ",
    );
}

#[test]
fn listening_while_a_cut_turn_waits() {
    every_input(
        session(),
        "0 opened | 10 speech | 20 silence | 30 ai audio 20 | 40 interrupt",
        "
        speech at 90
            > speech started 90
            > open turn 2, speech 90
            = UserSpeaking
        ai dead oops
            > fatal failure: oops
            > latency 1, endpointing 0
            > finish 1 10..100, played 0, cut by client
            > close mode
            = Ending
        ai@7 dead oops
            > fatal failure: oops
            > latency 1, endpointing 0
            > finish 1 10..100, played 0, cut by client
            > close mode
            = Ending
        play 1 stopped 5
            > order heard 5 ms, 0 chars
            > latency 1, endpointing 0
            > finish 1 10..100, played 5, cut by client
        play 1 finished 20
            > order heard 20 ms, 0 chars
            > latency 1, endpointing 0
            > finish 1 10..100, played 20, cut by client
        end completed
            > latency 1, endpointing 0
            > finish 1 10..100, played 0, cut by client
            > close mode
            = Ending
        nothing: opened, mode leaves, mode stays, mode replaced, mode replaced decides, ready
        nothing: speech pauses, speech resumes, silence at 90, committed, replayed, replayed not
        nothing: interrupt, interrupt 5, barge-in on, barge-in off, ai start, ai text Hi
        nothing: ai audio 10, ai mark 5 2, ai done, ai failed oops, ai hears hey, ai heard hey
        nothing: ai reached transcribed, ai@7 start, ai@7 audio 10, ai@7 done, sent 1, play 1 started 0
        nothing: play 1 progress 5, play 1 paused 5, play 1 resumed 5, lost, back, tick
        nothing: drained
        ",
    );
}

#[test]
fn user_speaking() {
    every_input(
        session(),
        "0 opened | 10 speech",
        r#"
        speech pauses
            > order prepare
        silence at 90
            > speech ended 90, 80 ms
            > order commit @1
            = Processing
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
        nothing: speech at 90, speech resumes, committed, replayed, replayed not, interrupt
        nothing: interrupt 5, barge-in on, barge-in off, ai start, ai text Hi, ai audio 10
        nothing: ai mark 5 2, ai done, ai failed oops, ai reached transcribed, ai@7 start, ai@7 audio 10
        nothing: ai@7 done, sent 1, play 1 started 0, play 1 progress 5, play 1 paused 5, play 1 resumed 5
        nothing: play 1 stopped 5, play 1 finished 20, lost, back, tick, drained
        "#,
    );
}

#[test]
fn user_pausing() {
    every_input(
        session(),
        "0 opened | 10 speech | 50 speech pauses",
        r#"
        speech resumes
            > order go on @1
        silence at 90
            > speech ended 90, 80 ms
            > order commit @1
            = Processing
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
        nothing: speech at 90, speech pauses, committed, replayed, replayed not, interrupt
        nothing: interrupt 5, barge-in on, barge-in off, ai start, ai text Hi, ai audio 10
        nothing: ai mark 5 2, ai done, ai failed oops, ai reached transcribed, ai@7 start, ai@7 audio 10
        nothing: ai@7 done, sent 1, play 1 started 0, play 1 progress 5, play 1 paused 5, play 1 resumed 5
        nothing: play 1 stopped 5, play 1 finished 20, lost, back, tick, drained
        "#,
    );
}

#[test]
fn user_speaking_to_nobody() {
    every_input(
        with_fallback(),
        "0 opened | 10 speech | 50 ai dead oops",
        "
        speech pauses
            > order prepare
        silence at 90
            > speech ended 90, 80 ms
            > order commit @1
            = Processing
        ai dead oops
            > mode lost: oops
        ai hears hey
            > user 1 says: hey
        ai heard hey
            > user 1 said: hey
        ai@7 dead oops
            > mode lost: oops
        end completed
            > user audio 1 complete
            > finish 1 10..100
            > close mode
            = Ending
        nothing: opened, mode leaves, mode stays, mode replaced, mode replaced decides, ready
        nothing: speech at 90, speech resumes, committed, replayed, replayed not, interrupt
        nothing: interrupt 5, barge-in on, barge-in off, ai start, ai text Hi, ai audio 10
        nothing: ai mark 5 2, ai done, ai failed oops, ai reached transcribed, ai@7 start, ai@7 audio 10
        nothing: ai@7 done, sent 1, play 1 started 0, play 1 progress 5, play 1 paused 5, play 1 resumed 5
        nothing: play 1 stopped 5, play 1 finished 20, lost, back, tick, drained
        ",
    );
}

#[test]
fn user_speaking_to_a_mode_that_leaves() {
    every_input(
        session(),
        "0 opened | 10 speech | 50 mode leaves",
        "
        speech pauses
            > order prepare
        silence at 90
            > speech ended 90, 80 ms
            > order commit @1
            = Processing
        ai dead oops
            > mode lost: oops
        ai hears hey
            > user 1 says: hey
        ai heard hey
            > user 1 said: hey
        ai@7 dead oops
            > mode lost: oops
        end completed
            > user audio 1 complete
            > finish 1 10..100
            > close mode
            = Ending
        nothing: opened, mode leaves, mode stays, mode replaced, mode replaced decides, ready
        nothing: speech at 90, speech resumes, committed, replayed, replayed not, interrupt
        nothing: interrupt 5, barge-in on, barge-in off, ai start, ai text Hi, ai audio 10
        nothing: ai mark 5 2, ai done, ai failed oops, ai reached transcribed, ai@7 start, ai@7 audio 10
        nothing: ai@7 done, sent 1, play 1 started 0, play 1 progress 5, play 1 paused 5, play 1 resumed 5
        nothing: play 1 stopped 5, play 1 finished 20, lost, back, tick, drained
        ",
    );
}

#[test]
fn user_speaking_to_a_provider_that_decides() {
    every_input(
        provider_decides(),
        "0 opened | 10 speech",
        r#"
        silence at 90
            > speech ended 90, 80 ms
            = Processing
        ai start
            > response 1 started 100
            = AiSpeaking
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
        nothing: speech at 90, speech pauses, speech resumes, committed, replayed, replayed not
        nothing: interrupt, interrupt 5, barge-in on, barge-in off, ai text Hi, ai audio 10
        nothing: ai mark 5 2, ai done, ai failed oops, ai reached transcribed, ai@7 start, ai@7 audio 10
        nothing: ai@7 done, sent 1, play 1 started 0, play 1 progress 5, play 1 paused 5, play 1 resumed 5
        nothing: play 1 stopped 5, play 1 finished 20, lost, back, tick, drained
        "#,
    );
}

#[test]
fn ending() {
    every_input(
        session(),
        "0 opened | 50 end superseded",
        "
        drained
            > session superseded after 50 ms, 0 turns, 0 interrupted
        nothing: opened, mode leaves, mode stays, mode replaced, mode replaced decides, ready
        nothing: speech at 90, speech pauses, speech resumes, silence at 90, committed, replayed
        nothing: replayed not, interrupt, interrupt 5, barge-in on, barge-in off, ai start
        nothing: ai text Hi, ai audio 10, ai mark 5 2, ai done, ai failed oops, ai dead oops
        nothing: ai hears hey, ai heard hey, ai reached transcribed, ai@7 start, ai@7 audio 10, ai@7 done
        nothing: ai@7 dead oops, sent 1, play 1 started 0, play 1 progress 5, play 1 paused 5, play 1 resumed 5
        nothing: play 1 stopped 5, play 1 finished 20, lost, back, tick, end completed
        ",
    );
}

#[test]
fn over() {
    every_input(
        session(),
        "0 opened | 50 end superseded | 60 drained",
        "
        nothing: opened, mode leaves, mode stays, mode replaced, mode replaced decides, ready
        nothing: speech at 90, speech pauses, speech resumes, silence at 90, committed, replayed
        nothing: replayed not, interrupt, interrupt 5, barge-in on, barge-in off, ai start
        nothing: ai text Hi, ai audio 10, ai mark 5 2, ai done, ai failed oops, ai dead oops
        nothing: ai hears hey, ai heard hey, ai reached transcribed, ai@7 start, ai@7 audio 10, ai@7 done
        nothing: ai@7 dead oops, sent 1, play 1 started 0, play 1 progress 5, play 1 paused 5, play 1 resumed 5
        nothing: play 1 stopped 5, play 1 finished 20, lost, back, tick, end completed
        nothing: drained
        ",
    );
}

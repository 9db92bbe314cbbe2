//! While the user waits for the answer and while the AI speaks.

use super::every_input;
use crate::turns::machine::tests::{greeting, provider_decides, session};

#[test]
fn processing() {
    every_input(
        session(),
        "0 opened | 10 speech | 20 silence",
        r#"
        speech at 90
            > speech started 90
            > order go on @2
            = UserSpeaking
        interrupt
            > interrupted 1 100 by client
            > order interrupt @2
            > user audio 1 complete
            > finish 1 10..100, cut by client
            = Listening
        interrupt 5
            > interrupted 1 100 by client
            > order interrupt @2
            > user audio 1 complete
            > finish 1 10..100, cut by client
            = Listening
        ai start
            > response 1 started 100
            = AiSpeaking
        ai text Hi
            > response 1 started 100
            > text 1: Hi
            = AiSpeaking
        ai audio 10
            > response 1 started 100
            > user audio 1 complete
            > audio 1 at 0: 10
            = AiSpeaking
        ai done
            > response 1 started 100
            > response 1 ended, endpointing 0
            > user audio 1 complete
            > finish 1 10..100
            = Listening
        ai failed oops
            > failure: oops
            > user audio 1 complete
            > finish 1 10..100, failed "oops"
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
        nothing: speech pauses, speech resumes, silence at 90, committed, replayed, replayed not
        nothing: barge-in on, barge-in off, ai mark 5 2, ai reached transcribed, ai@7 start, ai@7 audio 10
        nothing: ai@7 done, sent 1, play 1 started 0, play 1 progress 5, play 1 paused 5, play 1 resumed 5
        nothing: play 1 stopped 5, play 1 finished 20, lost, back, tick, drained
        "#,
    );
}

#[test]
fn processing_by_a_provider_that_decides() {
    every_input(
        provider_decides(),
        "0 opened | 10 speech | 20 silence",
        r#"
        speech at 90
            > speech started 90
            > order go on @1
            = UserSpeaking
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
        ai start
            > response 1 started 100
            = AiSpeaking
        ai failed oops
            > failure: oops
            > user audio 1 complete
            > finish 1 10..100, failed "oops"
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
        nothing: speech pauses, speech resumes, silence at 90, committed, replayed, replayed not
        nothing: barge-in on, barge-in off, ai text Hi, ai audio 10, ai mark 5 2, ai done
        nothing: ai reached transcribed, ai@7 start, ai@7 audio 10, ai@7 done, sent 1, play 1 started 0
        nothing: play 1 progress 5, play 1 paused 5, play 1 resumed 5, play 1 stopped 5, play 1 finished 20, lost
        nothing: back, tick, drained
        "#,
    );
}

#[test]
fn processing_the_greeting() {
    every_input(
        greeting(),
        "0 opened | 10 ready",
        r#"
        mode replaced
            > order greet @1
        mode replaced decides
            > order greet @1
        speech at 90
            > speech started 90
            > interrupted 1 100 by speech
            > order interrupt @2
            > finish 1 10..100, cut by speech
            > open turn 2, speech 90
            = UserSpeaking
        interrupt
            > interrupted 1 100 by client
            > order interrupt @2
            > finish 1 10..100, cut by client
            = Listening
        interrupt 5
            > interrupted 1 100 by client
            > order interrupt @2
            > finish 1 10..100, cut by client
            = Listening
        ai start
            > response 1 started 100
            = AiSpeaking
        ai text Hi
            > response 1 started 100
            > text 1: Hi
            = AiSpeaking
        ai audio 10
            > response 1 started 100
            > audio 1 at 0: 10
            = AiSpeaking
        ai done
            > response 1 started 100
            > response 1 ended
            > finish 1 10..100
            = Listening
        ai failed oops
            > failure: oops
            > finish 1 10..100, failed "oops"
            = Listening
        ai dead oops
            > fatal failure: oops
            > finish 1 10..100, failed "oops"
            > close mode
            = Ending
        ai hears hey
            > user 1 says: hey
        ai heard hey
            > user 1 said: hey
        ai@7 dead oops
            > fatal failure: oops
            > finish 1 10..100, failed "oops"
            > close mode
            = Ending
        end completed
            > finish 1 10..100
            > close mode
            = Ending
        nothing: opened, mode leaves, mode stays, ready, speech pauses, speech resumes
        nothing: silence at 90, committed, replayed, replayed not, barge-in on, barge-in off
        nothing: ai mark 5 2, ai reached transcribed, ai@7 start, ai@7 audio 10, ai@7 done, sent 1
        nothing: play 1 started 0, play 1 progress 5, play 1 paused 5, play 1 resumed 5, play 1 stopped 5, play 1 finished 20
        nothing: lost, back, tick, drained
        "#,
    );
}

#[test]
fn ai_speaking_before_its_first_word() {
    every_input(
        session(),
        "0 opened | 10 speech | 20 silence | 30 ai start",
        r#"
        mode leaves
            > interrupted 1 100 by client
            > order interrupt @2, heard 0 ms, 0 chars
            > response 1 ended by client, endpointing 0
            > user audio 1 complete
            > finish 1 10..100, cut by client
            = Listening
        speech at 90
            > speech started 90
            > interrupted 1 100 by speech
            > order interrupt @2, heard 0 ms, 0 chars
            > response 1 ended by speech, endpointing 0
            > user audio 1 complete
            > finish 1 10..100, cut by speech
            > open turn 2, speech 90
            = UserSpeaking
        interrupt
            > interrupted 1 100 by client
            > order interrupt @2, heard 0 ms, 0 chars
            > response 1 ended by client, endpointing 0
            > user audio 1 complete
            > finish 1 10..100, cut by client
            = Listening
        interrupt 5
            > interrupted 1 100 by client
            > order interrupt @2, heard 0 ms, 0 chars
            > response 1 ended by client, endpointing 0
            > user audio 1 complete
            > finish 1 10..100, cut by client
            = Listening
        ai text Hi
            > text 1: Hi
        ai audio 10
            > user audio 1 complete
            > audio 1 at 0: 10
        ai done
            > response 1 ended, endpointing 0
            > user audio 1 complete
            > finish 1 10..100
            = Listening
        ai failed oops
            > failure: oops
            > response 1 ended, endpointing 0
            > user audio 1 complete
            > finish 1 10..100, failed "oops"
            = Listening
        ai dead oops
            > fatal failure: oops
            > interrupted 1 100 by client
            > order interrupt @2, heard 0 ms, 0 chars
            > response 1 ended by client, endpointing 0
            > user audio 1 complete
            > finish 1 10..100, cut by client, failed "oops"
            > close mode
            = Ending
        ai hears hey
            > user 1 says: hey
        ai heard hey
            > user 1 said: hey
        ai@7 dead oops
            > fatal failure: oops
            > interrupted 1 100 by client
            > order interrupt @2, heard 0 ms, 0 chars
            > response 1 ended by client, endpointing 0
            > user audio 1 complete
            > finish 1 10..100, cut by client, failed "oops"
            > close mode
            = Ending
        end completed
            > interrupted 1 100 by client
            > order interrupt @2, heard 0 ms, 0 chars
            > response 1 ended by client, endpointing 0
            > user audio 1 complete
            > finish 1 10..100, cut by client
            > close mode
            = Ending
        nothing: opened, mode stays, mode replaced, mode replaced decides, ready, speech pauses
        nothing: speech resumes, silence at 90, committed, replayed, replayed not, barge-in on
        nothing: barge-in off, ai start, ai mark 5 2, ai reached transcribed, ai@7 start, ai@7 audio 10
        nothing: ai@7 done, sent 1, play 1 started 0, play 1 progress 5, play 1 paused 5, play 1 resumed 5
        nothing: play 1 stopped 5, play 1 finished 20, lost, back, tick, drained
        "#,
    );
}

#[test]
fn ai_speaking() {
    every_input(
        session(),
        "0 opened | 10 speech | 20 silence | 30 ai audio 20 | 85 sent 1",
        r#"
        mode leaves
            > interrupted 1 100 by client
            > order interrupt @2, heard 15 ms, 0 chars
            > response 1 ended by client, total 65, endpointing 0, unexplained 65, by server
            = Listening
        speech at 90
            > speech started 90
            > interrupted 1 100 by speech
            > order interrupt @2, heard 15 ms, 0 chars
            > response 1 ended by speech, total 65, endpointing 0, unexplained 65, by server
            > open turn 2, speech 90
            = UserSpeaking
        interrupt
            > interrupted 1 100 by client
            > order interrupt @2, heard 15 ms, 0 chars
            > response 1 ended by client, total 65, endpointing 0, unexplained 65, by server
            = Listening
        interrupt 5
            > interrupted 1 100 by client
            > order interrupt @2, heard 5 ms, 0 chars
            > response 1 ended by client, total 65, endpointing 0, unexplained 65, by server
            = Listening
        ai text Hi
            > text 1: Hi
        ai audio 10
            > audio 1 at 20: 10
        ai done
            > audio 1 at 20: 0, last
        ai failed oops
            > failure: oops
            > audio 1 at 20: 0, last
        ai dead oops
            > fatal failure: oops
            > interrupted 1 100 by client
            > order interrupt @2, heard 15 ms, 0 chars
            > response 1 ended by client, total 65, endpointing 0, unexplained 65, by server
            > latency 1, total 65, endpointing 0, unexplained 65, by server
            > finish 1 10..100, played 15, cut by client, failed "oops"
            > close mode
            = Ending
        ai hears hey
            > user 1 says: hey
        ai heard hey
            > user 1 said: hey
        ai@7 dead oops
            > fatal failure: oops
            > interrupted 1 100 by client
            > order interrupt @2, heard 15 ms, 0 chars
            > response 1 ended by client, total 65, endpointing 0, unexplained 65, by server
            > latency 1, total 65, endpointing 0, unexplained 65, by server
            > finish 1 10..100, played 15, cut by client, failed "oops"
            > close mode
            = Ending
        play 1 started 0
            > latency 1, total 65, endpointing 0, unexplained 65, by server
        play 1 stopped 5
            > interrupted 1 100 by client
            > order interrupt @2, heard 5 ms, 0 chars
            > response 1 ended by client, total 65, endpointing 0, unexplained 65, by server
            > latency 1, total 65, endpointing 0, unexplained 65, by server
            > finish 1 10..100, played 5, cut by client
            = Listening
        end completed
            > interrupted 1 100 by client
            > order interrupt @2, heard 15 ms, 0 chars
            > response 1 ended by client, total 65, endpointing 0, unexplained 65, by server
            > latency 1, total 65, endpointing 0, unexplained 65, by server
            > finish 1 10..100, played 15, cut by client
            > close mode
            = Ending
        nothing: opened, mode stays, mode replaced, mode replaced decides, ready, speech pauses
        nothing: speech resumes, silence at 90, committed, replayed, replayed not, barge-in on
        nothing: barge-in off, ai start, ai mark 5 2, ai reached transcribed, ai@7 start, ai@7 audio 10
        nothing: ai@7 done, sent 1, play 1 progress 5, play 1 paused 5, play 1 resumed 5, play 1 finished 20
        nothing: lost, back, tick, drained
        "#,
    );
}

#[test]
fn ai_speaking_when_all_was_said() {
    every_input(
        session(),
        "0 opened | 10 speech | 20 silence | 30 ai audio 20 | 30 ai done | 85 sent 1",
        "
        speech at 90
            > speech started 90
            > interrupted 1 100 by speech
            > order interrupt @2, heard 15 ms, 0 chars
            > response 1 ended by speech, total 65, endpointing 0, unexplained 65, by server
            > open turn 2, speech 90
            = UserSpeaking
        interrupt
            > interrupted 1 100 by client
            > order interrupt @2, heard 15 ms, 0 chars
            > response 1 ended by client, total 65, endpointing 0, unexplained 65, by server
            = Listening
        interrupt 5
            > interrupted 1 100 by client
            > order interrupt @2, heard 5 ms, 0 chars
            > response 1 ended by client, total 65, endpointing 0, unexplained 65, by server
            = Listening
        ai dead oops
            > fatal failure: oops
            > interrupted 1 100 by client
            > order interrupt @2, heard 15 ms, 0 chars
            > response 1 ended by client, total 65, endpointing 0, unexplained 65, by server
            > latency 1, total 65, endpointing 0, unexplained 65, by server
            > finish 1 10..100, played 15, cut by client
            > close mode
            = Ending
        ai hears hey
            > user 1 says: hey
        ai heard hey
            > user 1 said: hey
        ai@7 dead oops
            > fatal failure: oops
            > interrupted 1 100 by client
            > order interrupt @2, heard 15 ms, 0 chars
            > response 1 ended by client, total 65, endpointing 0, unexplained 65, by server
            > latency 1, total 65, endpointing 0, unexplained 65, by server
            > finish 1 10..100, played 15, cut by client
            > close mode
            = Ending
        play 1 started 0
            > latency 1, total 65, endpointing 0, unexplained 65, by server
        play 1 stopped 5
            > interrupted 1 100 by client
            > order interrupt @2, heard 5 ms, 0 chars
            > response 1 ended by client, total 65, endpointing 0, unexplained 65, by server
            > latency 1, total 65, endpointing 0, unexplained 65, by server
            > finish 1 10..100, played 5, cut by client
            = Listening
        play 1 finished 20
            > response 1 ended, total 65, endpointing 0, unexplained 65, by server
            > finish 1 10..100, played 20
            = Listening
        end completed
            > interrupted 1 100 by client
            > order interrupt @2, heard 15 ms, 0 chars
            > response 1 ended by client, total 65, endpointing 0, unexplained 65, by server
            > latency 1, total 65, endpointing 0, unexplained 65, by server
            > finish 1 10..100, played 15, cut by client
            > close mode
            = Ending
        nothing: opened, mode leaves, mode stays, mode replaced, mode replaced decides, ready
        nothing: speech pauses, speech resumes, silence at 90, committed, replayed, replayed not
        nothing: barge-in on, barge-in off, ai start, ai text Hi, ai audio 10, ai mark 5 2
        nothing: ai done, ai failed oops, ai reached transcribed, ai@7 start, ai@7 audio 10, ai@7 done
        nothing: sent 1, play 1 progress 5, play 1 paused 5, play 1 resumed 5, lost, back
        nothing: tick, drained
        ",
    );
}

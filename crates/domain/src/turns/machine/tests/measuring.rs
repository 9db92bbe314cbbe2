//! Latencies.

use super::script::{Play, check, check_answer};
use super::{session, without_barge_in};

#[test]
fn a_client_that_stamps_and_reports_is_measured_on_its_own_clock() {
    check(
        session(),
        "
        0 opened
             = Listening
        1200 speech at 1000 cap 51000
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2500 silence at 2000 cap 52000
             > speech ended 2000, 1000 ms
             > order commit @1
             = Processing
        2502 committed
        2600 committed
        2800 ai audio 500
             > response 1 started 2800
             > user audio 1 complete
             > audio 1 at 0: 500
             = AiSpeaking
        2803 sent 1
        2860 play 1 started 0 cap 52850 at 2840
             > latency 1, total 850, endpointing 500, provider 298, overhead 5, network 47, by client
        2870 play 1 started 0 cap 99999 at 9999
        2900 ai done
             > audio 1 at 500: 0, last
        3400 play 1 finished 500
             > response 1 ended, total 850, endpointing 500, provider 298, overhead 5, network 47, by client
             > finish 1 1000..3400, played 500
             = Listening
        4000 end completed
             > close mode
             = Ending
        4100 drained
             > session completed after 4000 ms, 1 turns, 0 interrupted, latency of 1 avg 850 ms
        ",
    );
}

#[test]
fn a_client_that_does_not_stamp_is_measured_on_the_server() {
    check(
        session(),
        "
        0 opened
             = Listening
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2500 silence at 2000
             > speech ended 2000, 1000 ms
             > order commit @1
             = Processing
        2500 committed
        2800 ai audio 500
             > response 1 started 2800
             > user audio 1 complete
             > audio 1 at 0: 500
             = AiSpeaking
        2800 sent 1
        2860 play 1 started 0
             > latency 1, total 800, endpointing 500, provider 300, overhead 0, by server
        2900 ai done
             > audio 1 at 500: 0, last
        3400 play 1 finished 500
             > response 1 ended, total 800, endpointing 500, provider 300, overhead 0, by server
             > finish 1 1000..3400, played 500
             = Listening
        ",
    );
}

#[test]
fn interrupted_turns_do_not_count() {
    check_answer(
        session(),
        "
        2000 committed
        2500 ai audio 500
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 500
             = AiSpeaking
        2500 sent 1
        2600 interrupt
             > interrupted 1 2600 by client
             > order interrupt @2, heard 100 ms, 0 chars
             > response 1 ended by client, total 500, endpointing 0, provider 500, overhead 0, by server
             = Listening
        2700 play 1 stopped 100
             > latency 1, total 500, endpointing 0, provider 500, overhead 0, by server
             > finish 1 1000..2700, played 100, cut by client
        3000 speech
             > speech started 3000
             > open turn 2, speech 3000
             = UserSpeaking
        4000 silence
             > speech ended 4000, 1000 ms
             > order commit @3
             = Processing
        4000 committed
        4200 ai audio 500
             > response 2 started 4200
             > user audio 2 complete
             > audio 2 at 0: 500
             = AiSpeaking
        4200 sent 2
        4200 ai done
             > audio 2 at 500: 0, last
        due 4700
             > response 2 ended, total 200, endpointing 0, provider 200, overhead 0, by server
             > finish 2 3000..4700, played 500
             = Listening
        5000 speech
             > speech started 5000
             > open turn 3, speech 5000
             = UserSpeaking
        6000 silence
             > speech ended 6000, 1000 ms
             > order commit @4
             = Processing
        6100 interrupt
             > interrupted 3 6100 by client
             > order interrupt @5
             > user audio 3 complete
             > finish 3 5000..6100, cut by client
             = Listening
        6200 speech
             > speech started 6200
             > open turn 4, speech 6200
             = UserSpeaking
        7000 silence
             > speech ended 7000, 800 ms
             > order commit @6
             = Processing
        7000 ai done
             > response 4 started 7000
             > response 4 ended, endpointing 0
             > user audio 4 complete
             > finish 4 6200..7000
             = Listening
        7500 end completed
             > close mode
             = Ending
        7600 drained
             > session completed after 7500 ms, 4 turns, 2 interrupted, latency of 1 avg 200 ms
        ",
    );
}

#[test]
fn the_time_to_stop_is_measured_on_the_clients_clock() {
    check_answer(
        session(),
        "
        2500 ai audio 5000
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 5000
             = AiSpeaking
        2501 sent 1
        2600 play 1 started 0
             > latency 1, total 501, endpointing 0, unexplained 501, by server
        3200 speech at 3000 cap 13000
             > speech started 3000
             > interrupted 1 3200 by speech
             > order interrupt @2, heard 600 ms, 0 chars
             > response 1 ended by speech, total 501, endpointing 0, unexplained 501, by server
             > open turn 2, speech 3000
             = UserSpeaking
        3300 play 1 stopped 480 cap 13084
             > order heard 480 ms, 0 chars
             > latency 1, total 501, endpointing 0, interrupt 84, unexplained 501, by server
             > finish 1 1000..3300, played 480, cut by speech
        ",
    );
}

#[test]
fn playback_that_stopped_before_the_speech_was_not_stopped_by_it() {
    check_answer(
        session(),
        "
        2500 ai audio 500
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 500
             = AiSpeaking
        2501 sent 1
        2501 ai done
             > audio 1 at 500: 0, last
        3100 play 1 started 0
             > latency 1, total 501, endpointing 0, unexplained 501, by server
        3200 speech cap 13000
             > speech started 3200
             > interrupted 1 3200 by speech
             > order interrupt @2, heard 100 ms, 0 chars
             > response 1 ended by speech, total 501, endpointing 0, unexplained 501, by server
             > open turn 2, speech 3200
             = UserSpeaking
        3300 play 1 finished 500 cap 12990
             > order heard 500 ms, 0 chars
             > latency 1, total 501, endpointing 0, unexplained 501, by server
             > finish 1 1000..3300, played 500, cut by speech
        ",
    );
}

#[test]
fn silence_that_the_provider_sent_is_waited_for() {
    check_answer(
        session(),
        "
        2000 committed
        2300 ai silence 40
             > response 1 started 2300
             > user audio 1 complete
             > audio 1 at 0: 40
             = AiSpeaking
        2300 sent 1
        2310 play 1 started 0
             > latency 1, endpointing 0, provider 300, overhead 0
        2320 ai silence 60
             > audio 1 at 40: 60
        2330 ai audio 400
             > audio 1 at 100: 400
             > latency 1, total 400, endpointing 0, provider 300, overhead 0, silence 100, by server
        2340 ai done
             > audio 1 at 500: 0, last
        2810 play 1 finished 500
             > response 1 ended, total 400, endpointing 0, provider 300, overhead 0, silence 100, by server
             > finish 1 1000..2810, played 500
             = Listening
        ",
    );
}

#[test]
fn what_was_cut_before_it_could_be_heard_has_no_total() {
    check_answer(
        session(),
        "
        2000 committed
        2300 ai silence 100
             > response 1 started 2300
             > user audio 1 complete
             > audio 1 at 0: 100
             = AiSpeaking
        2300 ai audio 400
             > audio 1 at 100: 400
        2300 sent 1
        2310 play 1 started 0
             > latency 1, total 400, endpointing 0, provider 300, overhead 0, silence 100, by server
        2360 interrupt
             > interrupted 1 2360 by client
             > order interrupt @2, heard 50 ms, 0 chars
             > response 1 ended by client, endpointing 0, provider 300, overhead 0
             = Listening
        2370 play 1 stopped 99
             > order heard 99 ms, 0 chars
             > latency 1, endpointing 0, provider 300, overhead 0
             > finish 1 1000..2370, played 99, cut by client
        ",
    );
}

#[test]
fn reports_about_unknown_turns_are_ignored() {
    check(
        without_barge_in(),
        "
        0 opened
             = Listening
        1 play 1 started 0
        1 sent 1
        1000 speech
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        1001 play 1 stopped 0
        2000 silence
             > speech ended 2000, 1000 ms
             > order commit @1
             = Processing
        2001 play 1 started 0
        2500 ai start
             > response 1 started 2500
             = AiSpeaking
        2501 play 1 stopped 0
        2502 ai audio 100
             > user audio 1 complete
             > audio 1 at 0: 100
        2503 sent 2
        2503 play 2 stopped 0
        2504 play 65535 finished 1
        ",
    );
}

#[test]
fn audio_that_was_cut_may_have_been_sent_before() {
    check_answer(
        session(),
        "
        2500 ai audio 500
             > response 1 started 2500
             > user audio 1 complete
             > audio 1 at 0: 500
             = AiSpeaking
        2510 interrupt
             > interrupted 1 2510 by client
             > order interrupt @2, heard 0 ms, 0 chars
             > response 1 ended by client, endpointing 0
             = Listening
        2511 sent 1
        2600 play 1 stopped 10
             > order heard 10 ms, 0 chars
             > latency 1, total 511, endpointing 0, unexplained 511, by server
             > finish 1 1000..2600, played 10, cut by client
        ",
    );
}

#[test]
fn a_client_may_find_the_first_audible_sample_itself() {
    check_answer(
        session(),
        "
        2000 committed
        2300 ai silence 100
             > response 1 started 2300
             > user audio 1 complete
             > audio 1 at 0: 100
             = AiSpeaking
        2300 ai audio 400
             > audio 1 at 100: 400
        2300 sent 1
        2460 play 1 started 95 at 2455
             > latency 1, total 400, endpointing 0, provider 300, overhead 0, silence 100, by server
        2700 ai done
             > audio 1 at 500: 0, last
        2860 play 1 finished 500
             > response 1 ended, total 400, endpointing 0, provider 300, overhead 0, silence 100, by server
             > finish 1 1000..2860, played 500
             = Listening
        ",
    );
    check(
        session(),
        "
        0 opened
             = Listening
        1000 speech cap 51000
             > speech started 1000
             > open turn 1, speech 1000
             = UserSpeaking
        2000 silence cap 52000
             > speech ended 2000, 1000 ms
             > order commit @1
             = Processing
        2000 committed
        2300 ai silence 100
             > response 1 started 2300
             > user audio 1 complete
             > audio 1 at 0: 100
             = AiSpeaking
        2300 ai audio 400
             > audio 1 at 100: 400
        2300 sent 1
        2460 play 1 started 95 cap 52445
             > latency 1, total 450, endpointing 0, provider 300, overhead 0, network 50, silence 100, by client
        ",
    );
}

#[test]
fn parts_are_told_as_they_come_in_until_something_is_heard() {
    let mut play = Play::new(session());
    for line in [
        "0 opened",
        "1000 speech",
        "2500 silence at 2000",
        "2502 committed",
        "2600 ai reached transcribed",
        "2601 ai reached llm requested",
        "2800 ai reached llm first token",
        "2850 ai reached llm first piece",
        "2851 ai reached tts requested",
        "2900 ai audio 500",
        "2901 sent 1",
        "2950 play 1 started 0",
        "2960 ai audio 500",
    ] {
        play.line(line);
    }
    assert_eq!(
        play.progress,
        [
            "so far 1, endpointing 500",
            "so far 1, endpointing 500, stt 98",
            "so far 1, endpointing 500, stt 98, first token 199",
            "so far 1, endpointing 500, stt 98, first token 199, first words 50",
            "so far 1, endpointing 500, stt 98, first token 199, first words 50, first byte 49",
        ]
    );
}

/// A client may tell that it plays before the server knows that its socket took the first audio.
#[test]
fn nothing_comes_in_of_a_latency_that_is_complete() {
    let mut play = Play::new(session());
    play.effects_of(&[
        "0 opened",
        "1000 speech cap 1000",
        "2000 silence cap 2000",
        "2100 ai audio 100",
        "2110 play 1 started 0 cap 2110",
    ]);
    let told = play.progress.len();
    let effects = play.effects_of(&["2120 ai reached llm requested"]);
    assert_eq!((effects, play.progress.len()), (Vec::new(), told));
}

//! Where the server finds the turns.

use super::*;

fn bench() -> Bench {
    Bench::with(TurnTaking::Server, ClientContentUse::HistoryOnly)
}

#[test]
fn all_audio_is_sent_at_once_and_turns_are_not_signalled() {
    let mut bench = bench();
    assert_eq!(bench.audio(), ["send 20 ms"]);
    assert_eq!(bench.began_ago(20), nothing());
    assert_eq!(bench.command(RealtimeCommand::EndTurn), ["send stream end"]);
    assert_eq!(bench.greet(), ["send text"]);
    assert_eq!(bench.interrupt(), nothing());
}

#[test]
fn the_first_sign_of_speech_counts_and_its_end_is_known_from_the_answer() {
    let mut bench = bench();
    assert_eq!(bench.hears(heard("What")), ["speech started", "user: What…"]);
    assert_eq!(bench.hears(heard(" time?")), ["user: What time?…"]);
    assert_eq!(
        bench.hears(says(2, "Noon.")),
        ["started", "speech ended", "audio 1 samples", "text: Noon."]
    );
    assert_eq!(bench.hears(heard(" Please.")), ["user: What time? Please.…"]);
    assert_eq!(bench.hears(complete()), ["user: What time? Please..", "done"]);
    assert_eq!(bench.hears(heard("Next")), ["speech started", "user: Next…"]);
}

#[test]
fn an_answer_before_any_transcript_is_still_one_to_speech() {
    let mut bench = bench();
    assert_eq!(
        bench.hears(says(2, "")),
        ["speech started", "started", "speech ended", "audio 1 samples"]
    );
}

#[test]
fn a_server_that_tells_activity_is_believed() {
    let mut bench = bench();
    let activity = |kind: &str| json!({"voiceActivity": {"voiceActivityType": kind, "audioOffset": "1.2s"}});
    assert_eq!(bench.hears(activity("ACTIVITY_START")), ["speech started"]);
    assert_eq!(bench.hears(heard("Hi")), ["user: Hi…"]);
    assert_eq!(bench.hears(activity("ACTIVITY_END")), ["speech ended"]);
    assert_eq!(bench.hears(says(2, "")), ["started", "audio 1 samples"]);
    let mut session = Bench::new();
    assert_eq!(session.hears(activity("ACTIVITY_START")), nothing());
}

#[test]
fn who_goes_on_before_the_answer_speaks_again() {
    let mut bench = bench();
    let activity = |kind: &str| json!({"voiceActivity": {"voiceActivityType": kind}});
    bench.hears(activity("ACTIVITY_START"));
    assert_eq!(bench.hears(activity("ACTIVITY_END")), ["speech ended"]);
    assert_eq!(bench.hears(heard("Hi")), ["user: Hi…"], "it may come late");
    assert_eq!(bench.hears(activity("ACTIVITY_START")), ["speech started"]);
    assert_eq!(bench.interrupt(), nothing());
    assert_eq!(bench.hears(activity("ACTIVITY_END")), ["speech ended"]);
    assert_eq!(bench.hears(says(2, "")), ["started", "audio 1 samples"]);
}

#[test]
fn an_interrupted_answer_is_speech_and_the_end_of_the_answer() {
    let mut bench = bench();
    bench.hears(says(2, ""));
    assert_eq!(bench.hears(interrupted()), ["speech started", "done"]);
    assert_eq!(bench.interrupt(), nothing());
    assert_eq!(bench.hears(says(2, "late")), nothing());
    assert_eq!(bench.hears(complete()), nothing());
    assert_eq!(bench.hears(heard("Wait")), ["user: Wait…"]);
    assert_eq!(
        bench.hears(says(2, "")),
        ["started", "speech ended", "audio 1 samples"]
    );
}

#[test]
fn an_interruption_after_the_end_is_speech_too() {
    let mut bench = bench();
    bench.hears(says(2, ""));
    bench.hears(complete());
    assert_eq!(bench.hears(interrupted()), ["speech started"]);
    assert_eq!(
        bench.hears(says(2, "")),
        ["started", "speech ended", "audio 1 samples"]
    );
}

#[test]
fn an_answer_that_the_client_stopped_goes_on_unheard() {
    let mut bench = bench();
    bench.hears(says(2, ""));
    assert_eq!(bench.interrupt(), nothing());
    assert_eq!(bench.hears(says(2, "B")), nothing());
    assert_eq!(bench.hears(generated()), nothing());
    assert_eq!(bench.hears(complete()), nothing());
    assert_eq!(
        bench.hears(says(2, "")),
        ["speech started", "started", "speech ended", "audio 1 samples"]
    );
}

#[test]
fn a_greeting_is_no_answer_to_speech() {
    let mut bench = bench();
    bench.greet();
    assert_eq!(bench.hears(says(2, "")), ["started", "audio 1 samples"]);
}

#[test]
fn a_new_connection_hears_what_was_not_answered() {
    let mut bench = bench();
    bench.gets_handle("one");
    bench.audio();
    assert_eq!(bench.breaks(), ["relink"]);
    assert_eq!(bench.audio(), nothing());
    assert_eq!(bench.relinked(), ["send 40 ms"]);
    bench.hears(says(2, ""));
    bench.hears(complete());
    assert_eq!(bench.breaks(), ["relink"]);
    assert_eq!(bench.relinked(), nothing());
}

/// An answer that the client plays, and the number of events that the session took of it: all.
fn played() -> (Bench, u64) {
    let mut bench = bench();
    let told = [bench.hears(says(2, "A")), bench.hears(complete())];
    let told = told.iter().flatten().count();
    (bench, u64::try_from(told).unwrap())
}

#[test]
fn a_turn_that_is_news_to_who_stops_the_answer_before_is_answered_all_the_same() {
    let (mut bench, taken) = played();
    bench.hears(heard("And"));
    bench.hears(says(4, "B"));
    // Whether the session knows that the user speaks does not matter.
    for taken in [taken, taken + 2] {
        assert_eq!(
            bench.interrupt_at(taken),
            ["started", "audio 2 samples", "text: B"],
            "{taken}"
        );
    }
    assert_eq!(bench.hears(says(2, "C")), ["audio 1 samples", "text: C"]);
    assert_eq!(bench.hears(complete()), ["user: And.", "done"]);
    let whole = bench.interrupt_at(taken);
    assert_eq!(whole.first().map(String::as_str), Some("started"));
    assert_eq!(whole.last().map(String::as_str), Some("done"));
}

#[test]
fn who_knows_of_a_turn_stops_its_answer() {
    let (mut bench, taken) = played();
    bench.hears(heard("And"));
    bench.hears(says(2, "B"));
    // Speech and its words, and that it is answered.
    assert_eq!(bench.interrupt_at(taken + 3), nothing());
    assert_eq!(bench.hears(says(2, "C")), nothing());
    assert_eq!(bench.hears(complete()), nothing());
}

#[test]
fn a_turn_whose_end_is_news_and_that_is_not_answered_yet_is_answered() {
    let (mut bench, taken) = played();
    let activity = |kind: &str| json!({"voiceActivity": {"voiceActivityType": kind}});
    bench.hears(activity("ACTIVITY_START"));
    bench.hears(activity("ACTIVITY_END"));
    assert_eq!(bench.interrupt_at(taken + 1), nothing());
    assert_eq!(bench.hears(says(2, "")), ["started", "audio 1 samples"]);
}

#[test]
fn what_was_told_long_ago_is_known() {
    let (mut bench, taken) = played();
    bench.hears(heard("And"));
    for _ in 0..130 {
        bench.hears(says(2, ""));
    }
    assert_eq!(bench.interrupt_at(taken), nothing());
    assert_eq!(bench.hears(says(2, "")), nothing());
}

#[test]
fn a_greeting_is_no_news() {
    let (mut bench, taken) = played();
    bench.hears(heard("And"));
    bench.interrupt();
    bench.greet();
    bench.hears(says(2, ""));
    assert_eq!(bench.interrupt_at(taken), nothing());
    assert_eq!(bench.hears(says(2, "")), nothing());
}

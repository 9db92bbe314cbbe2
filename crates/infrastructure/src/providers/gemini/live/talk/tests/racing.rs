//! Interruptions, and what was on its way meanwhile.

use super::*;

/// An answer is being given.
fn answering() -> Bench {
    let mut bench = Bench::new();
    bench.asks();
    bench.hears(says(2, "A"));
    bench
}

#[test]
fn nothing_of_an_answer_that_was_cut_is_told() {
    let mut bench = answering();
    assert_eq!(bench.interrupt(), ["send start"]);
    for stale in [
        says(2, "B"),
        heard("old"),
        generated(),
        interrupted(),
        says(2, "C"),
        complete(),
    ] {
        assert_eq!(bench.hears(stale), nothing());
    }
    bench.audio();
    assert_eq!(bench.commit(), ["send end"]);
    assert_eq!(
        bench.hears(says(2, "D")),
        ["started", "audio 1 samples", "text: D"]
    );
    assert_eq!(bench.hears(complete()), ["done"]);
}

#[test]
fn who_interrupts_is_heard_from_the_first_word() {
    let mut bench = answering();
    for _ in 0..50 {
        assert_eq!(bench.audio(), nothing());
    }
    assert_eq!(bench.interrupt(), ["send start"]);
    // 100 ms of speech and 300 ms before it, once.
    assert_eq!(bench.began_ago(100), ["send 100 ms"; 4]);
    assert_eq!(bench.began_ago(100), nothing());
    assert_eq!(bench.audio(), ["send 20 ms"]);
}

#[test]
fn who_pressed_a_button_is_heard_from_now_on() {
    let mut bench = answering();
    for _ in 0..50 {
        bench.audio();
    }
    bench.interrupt();
    assert_eq!(
        bench.audio(),
        ["send 100 ms", "send 100 ms", "send 100 ms", "send 20 ms"]
    );
    assert_eq!(bench.began_ago(20), nothing());
}

#[test]
fn the_next_answer_may_be_asked_for_before_the_last_one_ended() {
    let mut bench = answering();
    bench.interrupt();
    bench.commit();
    for stale in [says(2, "B"), interrupted(), says(2, "C"), complete()] {
        assert_eq!(bench.hears(stale), nothing());
    }
    assert_eq!(
        bench.hears(says(2, "D")),
        ["started", "audio 1 samples", "text: D"]
    );
}

#[test]
fn an_answer_that_was_complete_when_it_was_cut_ends_once() {
    let mut bench = answering();
    bench.interrupt();
    bench.commit();
    // It was on its way.
    assert_eq!(bench.hears(complete()), nothing());
    // The server takes it for played no longer; some say so.
    assert_eq!(bench.hears(interrupted()), nothing());
    assert_eq!(bench.hears(complete()), nothing());
    assert_eq!(
        bench.hears(says(2, "D")),
        ["started", "audio 1 samples", "text: D"]
    );
    assert_eq!(bench.hears(complete()), ["done"]);
}

#[test]
fn an_answer_that_was_cut_before_its_first_word_may_never_be_heard_of() {
    let mut bench = Bench::new();
    bench.asks();
    bench.interrupt();
    bench.commit();
    assert_eq!(
        bench.hears(says(2, "D")),
        ["started", "audio 1 samples", "text: D"]
    );
    assert_eq!(bench.hears(complete()), ["done"]);
}

#[test]
fn an_answer_that_was_cut_before_its_first_word_may_end() {
    let mut bench = Bench::new();
    bench.asks();
    bench.interrupt();
    bench.commit();
    assert_eq!(bench.hears(interrupted()), nothing());
    assert_eq!(bench.hears(complete()), nothing());
    assert_eq!(
        bench.hears(says(2, "D")),
        ["started", "audio 1 samples", "text: D"]
    );
    assert_eq!(bench.hears(complete()), ["done"]);
}

#[test]
fn an_answer_that_was_cut_before_its_first_word_may_begin() {
    let mut bench = Bench::new();
    bench.asks();
    bench.interrupt();
    assert_eq!(bench.hears(says(2, "B")), nothing());
    bench.commit();
    assert_eq!(bench.hears(says(2, "C")), nothing());
    assert_eq!(bench.hears(complete()), nothing());
    assert_eq!(bench.hears(complete()), ["started", "done"]);
}

#[test]
fn an_end_that_never_comes_does_not_silence_the_next_answer() {
    let mut bench = answering();
    bench.interrupt();
    bench.hears(interrupted());
    bench.commit();
    assert_eq!(
        bench.hears(says(2, "D")),
        ["started", "audio 1 samples", "text: D"]
    );
    assert_eq!(bench.hears(complete()), ["done"]);
}

#[test]
fn who_goes_on_before_the_answer_has_one_transcript() {
    let mut bench = Bench::new();
    bench.asks();
    assert_eq!(bench.hears(heard("What time")), ["user: What time…"]);
    bench.interrupt();
    bench.began_ago(20);
    bench.commit();
    assert_eq!(bench.hears(heard(" is it?")), ["user: What time is it?…"]);
    bench.hears(says(2, "A"));
    assert_eq!(bench.hears(complete()), ["user: What time is it?.", "done"]);
}

#[test]
fn every_answer_that_was_cut_ends() {
    let mut bench = answering();
    bench.interrupt();
    bench.commit();
    bench.interrupt();
    bench.commit();
    for stale in [says(2, "B"), interrupted(), complete(), interrupted(), complete()] {
        assert_eq!(bench.hears(stale), nothing());
    }
    assert_eq!(
        bench.hears(says(2, "D")),
        ["started", "audio 1 samples", "text: D"]
    );
}

#[test]
fn what_nobody_asked_for_is_not_told() {
    let mut bench = answering();
    bench.hears(complete());
    for unasked in [says(2, "B"), generated(), complete(), interrupted(), complete()] {
        assert_eq!(bench.hears(unasked), nothing());
    }
    bench.asks();
    assert_eq!(
        bench.hears(says(2, "D")),
        ["started", "audio 1 samples", "text: D"]
    );
}

#[test]
fn usage_of_an_answer_that_was_cut_is_not_that_of_the_next() {
    let mut bench = answering();
    bench.interrupt();
    bench.commit();
    bench.hears(json!({"serverContent": {"turnComplete": true}, "usageMetadata": {"promptTokenCount": 5}}));
    bench.hears(says(2, ""));
    assert_eq!(bench.hears(complete()), ["done"]);
}

#[test]
fn who_speaks_after_the_end_stops_what_the_server_believes_to_be_playing() {
    let mut bench = answering();
    bench.hears(generated());
    assert_eq!(bench.wait(200), ["done"]);
    assert_eq!(bench.began_ago(0), ["send start"]);
    assert_eq!(bench.hears(interrupted()), nothing());
    bench.commit();
    assert_eq!(
        bench.hears(says(2, "D")),
        ["started", "audio 1 samples", "text: D"]
    );
}

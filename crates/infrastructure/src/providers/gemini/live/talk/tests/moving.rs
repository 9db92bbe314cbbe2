//! From one connection to the next.

use super::*;

fn linked() -> Bench {
    let mut bench = Bench::new();
    bench.gets_handle("one");
    bench
}

#[test]
fn a_conversation_that_is_sent_away_moves_at_once_when_nobody_speaks() {
    let mut bench = linked();
    assert_eq!(bench.hears(go_away("10s")), ["relink"]);
    assert_eq!(bench.talk.handle(), Some("one"));
    assert_eq!(bench.relinked(), nothing());
    assert_eq!(bench.deadline_ms(), None);
}

#[test]
fn it_moves_after_the_answer_with_the_handle_that_knows_it() {
    let mut bench = linked();
    bench.asks();
    assert_eq!(bench.hears(go_away("10s")), nothing());
    bench.hears(json!({"sessionResumptionUpdate": {"newHandle": "", "resumable": false}}));
    bench.hears(says(2, ""));
    assert_eq!(
        bench.hears(complete()),
        ["done"],
        "the handle does not know the answer yet"
    );
    assert_eq!(bench.hears(resumable("two")), ["relink"]);
    assert_eq!(bench.talk.handle(), Some("two"));
}

#[test]
fn it_moves_with_an_old_handle_before_it_is_cut() {
    let mut bench = linked();
    bench.asks();
    bench.hears(go_away("10s"));
    bench.hears(says(2, ""));
    assert_eq!(bench.deadline_ms(), None, "an answer is not cut by ourselves");
    assert_eq!(bench.hears(complete()), ["done"]);
    assert_eq!(bench.deadline_ms(), Some(9_000));
    assert_eq!(bench.wait(8_999), nothing());
    assert_eq!(bench.wait(1), ["relink"]);
}

#[test]
fn little_time_is_halved() {
    let mut bench = linked();
    bench.began_ago(0);
    bench.hears(go_away("1s"));
    assert_eq!(bench.deadline_ms(), Some(500));
    bench.hears(go_away("soon"));
    assert_eq!(bench.deadline_ms(), Some(4_000));
}

#[test]
fn who_speaks_meanwhile_is_heard_completely() {
    let mut bench = linked();
    bench.audio();
    bench.began_ago(20);
    assert_eq!(bench.hears(go_away("10s")), nothing(), "somebody speaks");
    assert_eq!(bench.wait(9_000), ["relink"]);
    assert_eq!(bench.audio(), nothing());
    assert_eq!(bench.relinked(), ["send start", "send 40 ms"]);
    assert_eq!(bench.audio(), ["send 20 ms"]);
    assert_eq!(bench.commit(), ["send end"]);
}

#[test]
fn a_turn_that_ends_meanwhile_is_asked_on_the_next_connection() {
    let mut bench = linked();
    bench.audio();
    assert_eq!(bench.breaks(), ["relink"]);
    bench.audio();
    assert_eq!(bench.began_ago(40), nothing());
    assert_eq!(bench.commit(), nothing());
    assert_eq!(bench.relinked(), ["send start", "send 40 ms", "send end"]);
    assert_eq!(
        bench.hears(says(2, "A")),
        ["started", "audio 1 samples", "text: A"]
    );
}

#[test]
fn a_question_without_an_answer_is_asked_again() {
    let mut bench = linked();
    bench.asks();
    assert_eq!(bench.breaks(), ["relink"]);
    assert_eq!(bench.relinked(), ["send start", "send 40 ms", "send end"]);
    bench.hears(says(2, ""));
    bench.hears(complete());
    bench.greet();
    assert_eq!(bench.breaks(), ["relink"]);
    assert_eq!(bench.relinked(), ["send start", "send text", "send end"]);
}

#[test]
fn only_the_answer_that_was_being_given_fails() {
    let mut bench = linked();
    bench.asks();
    bench.hears(heard("What?"));
    bench.hears(says(2, "A"));
    assert_eq!(
        bench.breaks(),
        ["user: What?.", "failed: it cannot be reached", "relink"]
    );
    assert_eq!(bench.relinked(), nothing());
    bench.asks();
    assert_eq!(
        bench.hears(says(2, "B")),
        ["started", "audio 1 samples", "text: B"]
    );
}

#[test]
fn an_answer_that_was_all_told_does_not_fail() {
    let mut bench = linked();
    bench.asks();
    bench.hears(says(2, "A"));
    bench.hears(generated());
    assert_eq!(bench.wait(200), ["done"]);
    assert_eq!(bench.breaks(), ["relink"]);
    assert_eq!(bench.relinked(), nothing());
}

#[test]
fn an_interruption_meanwhile_leaves_nothing_to_ask() {
    let mut bench = linked();
    bench.asks();
    bench.breaks();
    assert_eq!(bench.interrupt(), nothing());
    assert_eq!(bench.relinked(), ["send start"]);
    bench.commit();
    assert_eq!(
        bench.hears(complete()),
        ["started", "done"],
        "another connection owes nothing"
    );
}

#[test]
fn nothing_of_an_answer_that_was_cut_is_told_to_another_connection() {
    let mut bench = linked();
    bench.asks();
    bench.hears(says(2, "Apples. Bananas."));
    assert_eq!(bench.interrupt(), ["send start"]);
    assert_eq!(bench.breaks(), ["relink"]);
    assert_eq!(bench.relinked(), ["send start"]);
}

#[test]
fn without_a_handle_the_conversation_is_over() {
    let mut bench = Bench::new();
    bench.hears(go_away("1s"));
    assert_eq!(bench.deadline_ms(), None);
    assert_eq!(bench.breaks(), ["over: it cannot be reached"]);
}

#[test]
fn what_cannot_be_helped_ends_the_conversation() {
    let mut bench = linked();
    let err = failure(ProviderErrorKind::QuotaExceeded);
    assert_eq!(bench.breaks_with(err, false), ["over: the quota is used up"]);
}

#[test]
fn a_connection_that_always_breaks_is_given_up() {
    let mut bench = linked();
    for _ in 0..3 {
        assert_eq!(bench.breaks(), ["relink"]);
        bench.relinked();
    }
    assert_eq!(bench.breaks(), ["over: it cannot be reached"]);
    let mut bench = linked();
    for _ in 0..10 {
        assert_eq!(bench.breaks(), ["relink"]);
        bench.relinked();
        bench.hears(heard(""));
    }
}

//! The session stops the AI and does not know yet that ears found the end of the user's next turn, or that the AI was done.

use viva_domain::ports::SpeechToTextEventKind as Heard;
use viva_fakes::Speech;

use super::detecting::{failed, saying};
use super::*;

const FAILED: &str = "failed: provider scripted: it received too many requests";

/// "Once upon a time." is said to its end, and the user speaks.
async fn speaking() -> Bench {
    let mut bench = saying().await;
    bench.words_within(ms(2_000)).await;
    bench.hear(Heard::SpeechStarted);
    assert_eq!(bench.words_within(ms(100)).await, ["speech started"]);
    bench
}

/// "Once upon a time." is being said, and the user has asked something meanwhile, as the session knows.
async fn asking() -> Bench {
    let mut bench = saying().await;
    bench.hear(Heard::SpeechStarted);
    bench.hear_final("And?");
    let said = bench.words_within(ms(100)).await;
    assert_eq!(said, ["speech started", "speech ended", "partial: And?"]);
    bench
}

/// The session is slow: it takes nothing of what is said. There is room for all of it.
async fn takes_nothing(bench: &Bench) {
    for _ in 0..8 {
        bench.voice.next(Speech::of(ms(20)));
    }
    tokio::time::sleep(ms(1_000)).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_cut_is_the_answer_that_is_heard_and_not_the_next_one() {
    let mut bench = speaking().await;
    bench.hear_final("Aha.");
    takes_nothing(&bench).await;
    assert_eq!(bench.model.asked().len(), 2, "it is answered already");
    bench.interrupt("Once".len());
    bench.heard("Once upon".len());
    let said = bench.words_within(ms(1_000)).await;
    assert_eq!(&said[..3], ["speech ended", "final: Aha.", "started"]);
    assert_eq!(said.last().unwrap(), "done");
    assert_eq!(bench.asked_last(), ["U: Tell me.", "A: Once", "U: Aha."]);

    bench.hear(Heard::SpeechStarted);
    bench.hear_final("And?");
    bench.words_within(ms(1_000)).await;
    let corrected = ["U: Tell me.", "A: Once upon", "U: Aha."];
    assert_eq!(bench.asked_last()[..3], corrected);
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn it_is_the_one_that_is_heard_when_the_session_hears_late_that_it_was_over() {
    let mut bench = asking().await;
    takes_nothing(&bench).await;
    assert_eq!(bench.model.asked().len(), 2, "it is answered already");
    bench.interrupt("Once".len());
    bench.commit();
    let said = bench.words_within(ms(2_000)).await;
    assert_eq!(&said[..2], ["final: And?", "started"]);
    assert_eq!(said.last().unwrap(), "done");
    assert_eq!(bench.asked_last(), ["U: Tell me.", "A: Once", "U: And?"]);
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_the_session_asked_for_is_stopped_as_any_other() {
    let mut bench = asking().await;
    takes_nothing(&bench).await;
    bench.interrupt("Once".len());
    bench.commit();
    bench.stop(None);
    assert_eq!(bench.words_within(ms(2_000)).await, Vec::<String>::new());
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn who_speaks_on_meanwhile_is_answered_to_all_of_it() {
    let mut bench = speaking().await;
    bench.hear_final("Aha.");
    bench.hear(Heard::SpeechStarted);
    takes_nothing(&bench).await;
    bench.interrupt("Once".len());
    let said = bench.words_within(ms(100)).await;
    assert_eq!(said, ["speech ended", "speech started"]);
    bench.go_on();
    bench.hear_final("And?");
    let said = bench.words_within(ms(1_000)).await;
    assert_eq!(&said[..2], ["speech ended", "final: Aha. And?"]);
    assert_eq!(said.last().unwrap(), "done");
    assert_eq!(bench.asked_last(), ["U: Tell me.", "A: Once", "U: Aha. And?"]);
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_not_written_down_fails_all_the_same() {
    let mut bench = speaking().await;
    bench.hear(failed());
    takes_nothing(&bench).await;
    bench.interrupt("Once".len());
    let said = bench.words_within(ms(1_000)).await;
    assert_eq!(said, ["speech ended", FAILED]);
    bench.hear(Heard::SpeechStarted);
    bench.hear_final("Hello?");
    bench.words_within(ms(1_000)).await;
    assert_eq!(bench.asked_last(), ["U: Tell me.", "A: Once", "U: Hello?"]);
    bench.close().await;
}

//! Ears that find the user's turns, and cannot tell what was said in them while the AI may finish.

use viva_domain::ports::SpeechToTextEventKind as Heard;

use super::detecting::{failed, saying};
use super::*;

const FAILED: &str = "failed: provider scripted: it received too many requests";

/// "Once upon a time." is being said, and something that is not written down.
async fn speaking_in_vain() -> Bench {
    let mut bench = saying().await;
    bench.hear(Heard::SpeechStarted);
    bench.hear(failed());
    let said = bench.words_within(ms(100)).await;
    assert_eq!(said, ["speech started", "speech ended"]);
    bench
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_not_written_down_fails_as_soon_as_the_ai_is_done() {
    let mut bench = speaking_in_vain().await;
    let said = bench.words_within(ms(2_000)).await;
    assert_eq!(said, ["text:  a time.", "done", FAILED]);
    bench.hear(Heard::SpeechStarted);
    bench.hear_final("Hello?");
    assert_eq!(bench.words_within(ms(1_000)).await.last().unwrap(), "done");
    assert_eq!(
        bench.asked_last(),
        ["U: Tell me.", "A: Once upon a time.", "U: Hello?"]
    );
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn it_fails_when_the_ai_is_stopped_whether_it_is_asked_for_or_not() {
    for is_asked in [true, false] {
        let mut bench = speaking_in_vain().await;
        bench.interrupt(4);
        if is_asked {
            bench.commit();
        }
        assert_eq!(bench.words_within(ms(2_000)).await, [FAILED], "{is_asked}");
        bench.close().await;
    }
}

/// The session stops the first answer when the second turn has failed already, and asks for that turn.
#[tokio::test(start_paused = true)]
async fn it_fails_though_the_session_hears_late_that_the_ai_was_done() {
    let mut bench = speaking_in_vain().await;
    tokio::time::sleep(ms(2_000)).await;
    bench.interrupt(4);
    bench.commit();
    assert_eq!(bench.words_within(ms(2_000)).await, [FAILED]);
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn what_else_is_said_meanwhile_is_answered() {
    let mut bench = speaking_in_vain().await;
    bench.hear(Heard::SpeechStarted);
    bench.hear_final("And?");
    let said = bench.words_within(ms(2_000)).await;
    assert!(said.contains(&"final: And?".to_owned()), "{said:?}");
    assert!(!said.contains(&FAILED.to_owned()), "{said:?}");
    assert_eq!(said.last().unwrap(), "done");
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn who_still_speaks_when_the_ai_is_done_is_answered() {
    let mut bench = speaking_in_vain().await;
    bench.hear(Heard::SpeechStarted);
    let said = bench.words_within(ms(2_000)).await;
    assert_eq!(said.last().unwrap(), "done", "it may be the same turn");
    bench.hear_final("And?");
    let said = bench.words_within(ms(1_000)).await;
    assert_eq!(&said[..2], ["speech ended", "final: And?"]);
    assert_eq!(said.last().unwrap(), "done");
    bench.close().await;
}

//! What the model is told of the turns before.

use viva_fakes::{Reply, Speech, Transcript};

use super::*;

#[tokio::test(start_paused = true)]
async fn the_model_knows_what_was_said() {
    let mut bench = Bench::new().await;
    bench.exchange(" One? ", " Uno. ").await;
    bench.exchange("Two?", "Dos.").await;
    bench.exchange("Three?", "Tres.").await;
    assert_eq!(
        bench.asked_last(),
        ["U: One?", "A: Uno.", "U: Two?", "A: Dos.", "U: Three?"]
    );
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn of_an_answer_that_was_cut_the_model_knows_what_was_heard() {
    let told = "\n\nOnce upon a time there was";
    for (heard, expected) in [
        ("", None),
        ("Once upon", Some("A: Once upon")),
        (told, Some("A: Once upon a time there was")),
    ] {
        for rest in [Reply::new().text(told).hangs(), Reply::written(told)] {
            let mut bench = Bench::new().await;
            bench.model.reply(rest);
            bench.begin_speech();
            bench.commit_to(Transcript::of("Tell me."));
            bench.said_within(ms(5_000)).await;
            bench.interrupt(heard.chars().count());
            bench.exchange("Stop.", "Ok.").await;
            let expected: Vec<&str> = ["U: Tell me."]
                .into_iter()
                .chain(expected)
                .chain(["U: Stop."])
                .collect();
            assert_eq!(bench.asked_last(), expected);
            bench.close().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_heard_of_an_answer_may_become_known_after_the_cut() {
    let mut bench = Bench::new().await;
    bench.model.reply(Reply::written("Once upon a time there was"));
    bench.begin_speech();
    bench.commit_to(Transcript::of("Tell me."));
    bench.said_within(ms(5_000)).await;
    bench.interrupt("Once".len());
    bench.begin_speech();
    bench.heard("Once upon a".len());
    bench.exchange("Stop.", "Ok.").await;
    assert_eq!(bench.asked_last(), ["U: Tell me.", "A: Once upon a", "U: Stop."]);
    bench.heard(0);
    bench.exchange("And?", "Yes.").await;
    assert_eq!(
        bench.asked_last(),
        ["U: Tell me.", "U: Stop.", "A: Ok.", "U: And?"]
    );
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_which_nothing_was_said_is_no_message() {
    let mut bench = Bench::new().await;
    bench.exchange("One?", "Uno.").await;
    bench.model.reply(Reply::new().hangs());
    bench.begin_speech();
    bench.commit_to(Transcript::of("Two?"));
    bench.said_within(ms(100)).await;
    bench.stop(None);
    bench.exchange("Three?", "Tres.").await;
    assert_eq!(bench.asked_last(), ["U: One?", "A: Uno.", "U: Two?", "U: Three?"]);
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_nobody_took_yet_was_not_heard() {
    let mut bench = Bench::new().await;
    bench.model.reply(Reply::written("Uno."));
    bench.begin_speech();
    bench.commit_to(Transcript::of("One?"));
    bench.model.until(|asked| !asked.is_empty()).await;
    tokio::time::sleep(ms(1_000)).await;
    bench.stop(None);
    bench.exchange("Two?", "Dos.").await;
    assert_eq!(bench.asked_last(), ["U: One?", "U: Two?"]);
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn an_interruption_cuts_its_own_answer_only() {
    let mut bench = Bench::new().await;
    bench.exchange("One?", "Uno.").await;
    bench.begin_speech();
    bench.commit_to(Transcript::new().wait(ms(200)).text("Two?"));
    bench.said_within(ms(100)).await;
    bench.stop(None);
    bench.interrupt(1);
    bench.exchange("Three?", "Tres.").await;
    assert_eq!(bench.asked_last(), ["U: One?", "A: Uno.", "U: Two?", "U: Three?"]);
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn an_interruption_closes_every_connection() {
    let mut bench = Bench::new().await;
    bench.model.reply(
        Reply::new()
            .text("Once upon a time there was a dragon. It")
            .hangs(),
    );
    bench.voice.next(Speech::of(ms(2_000)).hangs_after(ms(500)));
    bench.begin_speech();
    bench.commit_to(Transcript::of("Tell me."));
    bench.said_within(ms(1_000)).await;
    assert_eq!(bench.voice.open(), 1);
    bench.interrupt(0);
    let cut = Instant::now();
    bench.model.until_idle().await;
    let ended = bench
        .voice
        .until(|speeches| speeches.iter().all(|speech| speech.end.is_some()))
        .await;
    assert_eq!((ended.len(), cut.elapsed()), (1, ms(0)));
    assert_eq!(bench.said_within(ms(1_000)).await, []);
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn of_an_answer_that_broke_off_the_model_knows_what_was_spoken() {
    let mut bench = Bench::new().await;
    bench.model.reply(Reply::written(
        " The first sentence is said. The second sentence is not said. The third neither.",
    ));
    bench.voice.next(Speech::of(ms(200)));
    bench.voice.next(Speech::of(ms(200)).breaks_off_after(ms(20)));
    bench.begin_speech();
    bench.commit_to(Transcript::of("Tell me."));
    let said = bench.words_within(ms(1_000)).await;
    assert!(said.last().unwrap().starts_with("failed: "), "{said:?}");
    bench.exchange("And?", "Sorry.").await;
    assert_eq!(
        bench.asked_last(),
        ["U: Tell me.", "A: The first sentence is said.", "U: And?"]
    );
    bench.close().await;
}

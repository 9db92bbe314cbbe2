//! Users who are not done after all, and answers that are made ready in case that they are.

use viva_domain::ports::{ProviderErrorKind, SpeechToTextCommand};
use viva_fakes::{AnswerEnd, Reply, Speech, Transcript};

use super::*;

#[tokio::test(start_paused = true)]
async fn a_user_who_goes_on_is_answered_once() {
    let mut bench = Bench::new().await;
    bench.model.reply(Reply::new().wait(ms(500)).text("What?").done());
    bench.begin_speech();
    bench.commit_to(Transcript::of("Tell me"));
    assert_eq!(bench.words_within(ms(100)).await, ["final: Tell me"]);
    bench.go_on();
    bench.model.until_idle().await;
    assert_eq!(bench.model.asked()[0].end, Some(AnswerEnd::Dropped));
    bench
        .ears
        .say(viva_domain::ports::SpeechToTextEventKind::Partial("a".to_owned()));
    assert_eq!(bench.words_within(ms(100)).await, ["partial: Tell me a"]);
    bench.commit_to(Transcript::of("a story."));
    let said = bench.words_within(ms(2_000)).await;
    assert_eq!(said[0], "final: Tell me a story.");
    assert_eq!(said.last().unwrap(), "done");
    assert_eq!(bench.asked_last(), ["U: Tell me a story."]);
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_nobody_took_yet_is_taken_back() {
    for reply in [
        Reply::written("What?"),
        Reply::new().text("What").hangs(),
        Reply::new(),
    ] {
        let mut bench = Bench::new().await;
        bench.exchange("Hi.", "Hello.").await;
        bench.model.reply(reply);
        bench.begin_speech();
        bench.commit_to(Transcript::of("Tell me"));
        bench.model.until(|asked| asked.len() == 2).await;
        tokio::time::sleep(ms(1_000)).await;
        bench.go_on();
        bench.commit_to(Transcript::of("a story."));
        let said = bench.words_within(ms(2_000)).await;
        assert_eq!(said[0], "final: Tell me a story.");
        assert_eq!(bench.asked_last(), ["U: Hi.", "A: Hello.", "U: Tell me a story."]);
        bench.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_goes_on_twice_before_anything_is_written_down_is_understood_whole() {
    let mut bench = Bench::new().await;
    bench.begin_speech();
    bench.commit_to(Transcript::new().wait(ms(400)).text("Tell"));
    bench.said_within(ms(50)).await;
    bench.go_on();
    bench.commit_to(Transcript::new().wait(ms(100)).text("me"));
    bench.said_within(ms(50)).await;
    bench.go_on();
    bench.said_within(ms(50)).await;
    bench.commit_to(Transcript::new().wait(ms(100)).text("a story."));
    let said = bench.said_within(ms(2_000)).await;
    assert_eq!(said[0], (600, "final: Tell me a story.".to_owned()), "{said:?}");
    assert_eq!(bench.model.asked().len(), 1);
    assert_eq!(bench.asked_last(), ["U: Tell me a story."]);
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_written_down_while_the_user_goes_on_is_told() {
    let mut bench = Bench::new().await;
    bench.begin_speech();
    bench.commit_to(Transcript::new().wait(ms(100)).text("Tell me"));
    bench.go_on();
    assert_eq!(lines(&bench.said_within(ms(500)).await), ["100 partial: Tell me"]);
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn who_goes_on_for_long_is_not_late() {
    let mut bench = Bench::new().await;
    bench.begin_speech();
    bench.commit_to(Transcript::new().wait(ms(12_000)).text("Tell me"));
    bench.said_within(ms(100)).await;
    bench.go_on();
    assert_eq!(bench.words_within(ms(11_000)).await, Vec::<String>::new());
    bench.commit_to(Transcript::of("a story."));
    let said = bench.words_within(ms(5_000)).await;
    assert_eq!(said[0], "final: Tell me a story.");
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_late_transcript_of_a_turn_that_is_over_is_history() {
    let mut bench = Bench::new().await;
    bench.begin_speech();
    bench.commit_to(Transcript::new().wait(ms(500)).text("Never mind."));
    bench.said_within(ms(100)).await;
    bench.stop(None);
    bench.begin_speech();
    bench.commit_to(Transcript::of("Tell me."));
    let said = bench.words_within(ms(2_000)).await;
    assert_eq!(said[0], "final: Tell me.");
    assert_eq!(bench.asked_last(), ["U: Never mind.", "U: Tell me."]);
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_late_transcript_of_a_turn_that_is_over_is_told_with_its_turn() {
    let mut bench = Bench::new().await;
    bench.begin_speech();
    bench.commit_to(Transcript::new().wait(ms(500)).text("Never mind."));
    bench.said_within(ms(100)).await;
    bench.stop(None);
    bench.begin_speech();
    bench.commit_to(Transcript::of("Tell me."));
    let late = bench.late_words_within(ms(2_000)).await;
    assert_eq!(late, [(1, "Never mind.".to_owned())]);
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn half_of_a_turn_that_is_over_is_not_told() {
    for fails_first in [true, false] {
        let mut bench = Bench::new().await;
        let failing = || {
            Transcript::new()
                .wait(ms(100))
                .fails(ProviderErrorKind::Unavailable)
        };
        let half = || Transcript::new().wait(ms(100)).text("half");
        bench.begin_speech();
        bench.commit_to(if fails_first { failing() } else { half() });
        bench.said_within(ms(10)).await;
        bench.go_on();
        bench.commit_to(if fails_first { half() } else { failing() });
        bench.said_within(ms(10)).await;
        bench.stop(None);
        assert_eq!(bench.late_words_within(ms(2_000)).await, []);
        bench.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_was_written_down_in_parts_and_late_is_told_as_a_whole() {
    let mut bench = Bench::new().await;
    bench.begin_speech();
    bench.commit_to(Transcript::new().wait(ms(100)).text("Never"));
    bench.said_within(ms(50)).await;
    bench.go_on();
    bench.said_within(ms(100)).await;
    bench.commit_to(Transcript::new().wait(ms(300)).text("mind."));
    bench.said_within(ms(100)).await;
    bench.stop(None);
    let late = bench.late_words_within(ms(2_000)).await;
    assert_eq!(late, [(3, "Never mind.".to_owned())]);
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_ready_is_given_at_once() {
    let mut bench = Bench::new().await;
    bench.model.reply(
        Reply::new()
            .wait(ms(200))
            .text("Once upon a time. ")
            .wait(ms(1_000))
            .text("The end.")
            .done(),
    );
    bench.voice.next(Speech::of(ms(100)).after(ms(120)));
    bench.begin_speech();
    bench.prepare_for(Transcript::new().wait(ms(100)).text("Tell me."));
    assert_eq!(
        lines(&bench.said_within(ms(400)).await),
        ["100 partial: Tell me."]
    );
    assert!(bench.voice.recorded().is_empty(), "nobody wants to hear it yet");
    let asked = bench.ears.recorded().control();
    bench.commit();
    let said = bench.said_within(ms(200)).await;
    assert_eq!(
        lines(&said),
        [
            "100 final: Tell me.",
            "100 reached Transcribed",
            "100 reached LlmRequested",
            "300 reached LlmFirstToken",
            "300 started",
            "300 text: Once upon a time. ",
        ]
    );
    let said = bench.said_within(ms(3_000)).await;
    assert_eq!(said.last().unwrap().1, "done");
    assert_eq!(
        bench.ears.recorded().control(),
        asked,
        "what is written down is not asked for again"
    );
    assert_eq!(bench.model.asked().len(), 1);
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn who_goes_on_gets_no_answer_that_was_ready() {
    let mut bench = Bench::new().await;
    bench.exchange("Hi.", "Hello.").await;
    bench.model.reply(Reply::written("What?"));
    bench.begin_speech();
    bench.prepare_for(Transcript::of("Tell me"));
    assert_eq!(bench.words_within(ms(500)).await, ["partial: Tell me"]);
    bench.go_on();
    bench.prepare_for(Transcript::of("a story."));
    assert_eq!(bench.words_within(ms(500)).await, ["partial: Tell me a story."]);
    bench.commit();
    let said = bench.words_within(ms(2_000)).await;
    assert_eq!(said[0], "final: Tell me a story.");
    assert_eq!(said.last().unwrap(), "done");
    assert_eq!(bench.asked_last(), ["U: Hi.", "A: Hello.", "U: Tell me a story."]);
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn who_goes_on_before_the_words_are_there_keeps_what_was_answered_before() {
    for order in [
        ModeOrder::Prepare,
        ModeOrder::Commit(Generation::FIRST.next().next()),
    ] {
        let mut bench = Bench::new().await;
        bench.exchange("Hi.", "Hello.").await;
        bench.begin_speech();
        bench.ears.hear(Transcript::new().wait(ms(300)).text("Tell me"));
        bench.mode.order(order);
        bench.next_generation();
        bench.said_within(ms(100)).await;
        bench.go_on();
        bench.commit_to(Transcript::of("a story."));
        bench.said_within(ms(2_000)).await;
        assert_eq!(bench.asked_last(), ["U: Hi.", "A: Hello.", "U: Tell me a story."]);
        bench.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn without_words_nothing_is_made_ready() {
    let mut bench = Bench::new().await;
    bench.begin_speech();
    bench.prepare_for(Transcript::of(""));
    bench.said_within(ms(100)).await;
    assert!(bench.model.asked().is_empty());
    bench.commit();
    assert_eq!(
        bench.words_within(ms(1_000)).await,
        ["final: ", "started", "done"]
    );
    assert_eq!(
        bench.ears.recorded().control().last(),
        Some(&SpeechToTextCommand::Finalize { number: 1 })
    );
    assert!(bench.model.asked().is_empty());
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn who_is_done_before_the_words_are_there_is_answered_when_they_are() {
    let mut bench = Bench::new().await;
    bench.begin_speech();
    bench.prepare_for(Transcript::new().wait(ms(300)).text("Tell me."));
    bench.said_within(ms(200)).await;
    bench.commit();
    let said = bench.said_within(ms(2_000)).await;
    assert_eq!(said[0], (300, "final: Tell me.".to_owned()));
    assert_eq!(
        (said.last().unwrap().1.as_str(), bench.model.asked().len()),
        ("done", 1)
    );
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_made_ready_stays_within_bounds() {
    let mut bench = Bench::new().await;
    let many = (0..2_000).fold(Reply::new(), |reply, _| reply.text("This is a whole sentence. "));
    bench.model.reply(many.done());
    bench.begin_speech();
    bench.prepare_for(Transcript::of("Tell me."));
    bench.said_within(ms(1_000)).await;
    let deltas = bench.model.asked()[0].deltas;
    assert!((1_000..1_200).contains(&deltas), "{deltas}");
    bench.go_on();
    bench.model.until_idle().await;
    bench.close().await;
}

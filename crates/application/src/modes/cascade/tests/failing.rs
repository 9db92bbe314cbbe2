//! Stages that fail: the turn fails, and the next one works.

use viva_domain::ports::{ProviderErrorKind, SpeechToTextCapabilities};
use viva_fakes::{Reply, Speech, Transcript};

use super::*;

const UNAVAILABLE: &str = "failed: provider scripted: it cannot be reached";

impl Bench {
    /// Everything works (again).
    async fn still_works(mut self, expected: &[&str]) {
        self.exchange("Again?", "Yes.").await;
        assert_eq!(self.asked_last(), expected);
        self.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_not_written_down_fails() {
    let mut bench = Bench::new().await;
    bench.begin_speech();
    bench.commit_to(
        Transcript::new()
            .wait(ms(100))
            .fails(ProviderErrorKind::Unavailable),
    );
    assert_eq!(bench.words_within(ms(1_000)).await, [UNAVAILABLE]);
    bench.still_works(&["U: Again?"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_turn_fails_also_when_its_failure_was_known_before_its_end() {
    let mut bench = Bench::new().await;
    bench.begin_speech();
    bench.prepare_for(Transcript::new().fails(ProviderErrorKind::Unavailable));
    assert_eq!(bench.words_within(ms(1_000)).await, Vec::<String>::new());
    bench.commit();
    assert_eq!(bench.words_within(ms(1_000)).await, [UNAVAILABLE]);
    bench.still_works(&["U: Again?"]).await;
}

#[tokio::test(start_paused = true)]
async fn half_a_turn_is_not_answered() {
    let mut bench = Bench::new().await;
    bench.begin_speech();
    bench.prepare_for(Transcript::new().fails(ProviderErrorKind::Unavailable));
    bench.words_within(ms(100)).await;
    bench.go_on();
    bench.commit_to(Transcript::new().wait(ms(100)).text("a story."));
    assert_eq!(bench.words_within(ms(1_000)).await, [UNAVAILABLE]);
    bench.still_works(&["U: a story.", "U: Again?"]).await;
}

#[tokio::test(start_paused = true)]
async fn ears_that_are_late_fail_the_turn_and_are_understood_all_the_same() {
    let mut bench = Bench::new().await;
    bench.begin_speech();
    bench.commit_to(Transcript::new().wait(ms(12_000)).text("Tell me."));
    let said = bench.said_within(ms(11_000)).await;
    let expected =
        "10000 failed: provider scripted: it failed: speech-to-text wrote nothing down within 10 s";
    assert_eq!(lines(&said), [expected]);
    bench.begin_speech();
    bench.commit_to(Transcript::of("Hello?"));
    assert_eq!(bench.words_within(ms(2_000)).await[0], "final: Hello?");
    assert_eq!(bench.asked_last(), ["U: Tell me.", "U: Hello?"]);
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn ears_that_are_far_too_late_are_not_understood_as_the_next_turn() {
    let mut bench = Bench::new().await;
    bench.begin_speech();
    bench.commit_to(Transcript::new().wait(ms(13_000)).text("Tell me."));
    bench.said_within(ms(12_500)).await;
    bench.begin_speech();
    bench.commit_to(Transcript::new().wait(ms(1_000)).text("Hello?"));
    let said = bench.said_within(ms(3_000)).await;
    assert_eq!(said[0], (14_000, "final: Hello?".to_owned()));
    assert_eq!(bench.asked_last(), ["U: Tell me.", "U: Hello?"]);
    bench.exchange("And?", "So.").await;
    assert_eq!(bench.asked_last()[2..], ["A: Hello there.", "U: And?"]);
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_turn_is_answered_whose_predecessor_the_ears_passed_over() {
    let mut bench = Bench::new().await;
    bench.begin_speech();
    bench.commit_to(Transcript::new());
    bench.said_within(ms(100)).await;
    bench.stop(None);
    bench.begin_speech();
    bench.commit_to(Transcript::of("Hello?"));
    assert_eq!(bench.words_within(ms(1_000)).await[0], "final: Hello?");
    bench
        .still_works(&["U: Hello?", "A: Hello there.", "U: Again?"])
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_turn_fails_of_which_the_ears_passed_over_a_part() {
    let mut bench = Bench::new().await;
    bench.begin_speech();
    bench.prepare_for(Transcript::new());
    bench.words_within(ms(100)).await;
    bench.go_on();
    bench.commit_to(Transcript::of("a story."));
    let failed =
        "failed: provider scripted: it failed: speech-to-text did not write down what it was asked for";
    assert_eq!(bench.words_within(ms(1_000)).await, [failed]);
    bench.still_works(&["U: a story.", "U: Again?"]).await;
}

#[tokio::test(start_paused = true)]
async fn what_the_ears_were_not_asked_is_nobodys() {
    let mut bench = Bench::new().await;
    bench.begin_speech();
    let noise = viva_domain::ports::SpeechToTextEventKind::Final("noise".to_owned());
    bench.ears.say(noise);
    assert_eq!(bench.words_within(ms(100)).await, Vec::<String>::new());
    bench.commit_to(Transcript::of("Tell me."));
    assert_eq!(bench.words_within(ms(1_000)).await[0], "final: Tell me.");
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn ears_are_waited_for_as_long_as_they_say_that_it_may_take() {
    let capabilities = SpeechToTextCapabilities {
        detects_turns: false,
        streams: false,
        input_rate: RATE,
        answers_within: ms(21_000),
    };
    let mut bench = Bench::with_ears(ScriptedSpeechToText::with_capabilities(capabilities)).await;
    bench.begin_speech();
    bench.commit_to(Transcript::new().wait(ms(20_000)).text("Tell me."));
    assert_eq!(bench.words_within(ms(21_000)).await[0], "final: Tell me.");
    bench.begin_speech();
    bench.commit_to(Transcript::new().wait(ms(60_000)).text("Tell me."));
    let said = bench.words_within(ms(22_000)).await;
    let expected = "failed: provider scripted: it failed: speech-to-text wrote nothing down within 21 s";
    assert_eq!(said, [expected]);
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn ears_are_not_late_when_it_is_the_session_that_does_not_listen() {
    let mut bench = Bench::new().await;
    let many = (0..200).fold(Transcript::new(), |heard, n| heard.partial(&n.to_string()));
    bench.begin_speech();
    bench.commit_to(many.text("Tell me."));
    tokio::time::sleep(ms(60_000)).await;
    let said = bench.words_within(ms(1_000)).await;
    assert_eq!(said.len(), 200 + 5, "{said:?}");
    assert_eq!(
        (said[200].as_str(), said.last().unwrap().as_str()),
        ("final: Tell me.", "done")
    );
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn ears_that_are_gone_end_the_conversation() {
    for transcript in [
        Transcript::new().breaks_off(ProviderErrorKind::QuotaExceeded),
        Transcript::new().hangs_up(),
    ] {
        let mut bench = Bench::new().await;
        bench.begin_speech();
        bench.commit_to(transcript);
        let said = bench.words_within(ms(20_000)).await;
        assert!(
            said.len() == 2 && said[0].starts_with("over: ") && said[1] == "end",
            "{said:?}"
        );
        bench.commit();
        bench.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn ears_that_are_gone_silence_the_ai() {
    let mut bench = Bench::new().await;
    bench.model.reply(Reply::new().text("Once upon").hangs());
    bench.begin_speech();
    bench.commit_to(Transcript::of("Tell me."));
    bench.said_within(ms(100)).await;
    let gone = viva_domain::ports::ProviderError {
        kind: ProviderErrorKind::Unavailable,
        provider: "scripted".to_owned(),
        retry_after: None,
        source: None,
    };
    bench
        .ears
        .say(viva_domain::ports::SpeechToTextEventKind::Failed(Arc::new(gone)));
    let said = bench.words_within(ms(1_000)).await;
    assert_eq!(said, ["over: provider scripted: it cannot be reached", "end"]);
    bench.model.until_idle().await;
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_model_that_refuses_fails_the_turn() {
    let mut bench = Bench::new().await;
    bench.model.faults().fail_next(1, ProviderErrorKind::Unavailable);
    bench.begin_speech();
    bench.commit_to(Transcript::of("Tell me."));
    assert_eq!(
        bench.words_within(ms(1_000)).await,
        ["final: Tell me.", UNAVAILABLE]
    );
    bench.still_works(&["U: Tell me.", "U: Again?"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_model_that_fails_fails_the_turn_once() {
    let broke_off = "failed: provider scripted: it failed: the answer broke off";
    for (reply, expected) in [
        (
            Reply::new().fails(ProviderErrorKind::Unavailable),
            vec![UNAVAILABLE],
        ),
        (Reply::new(), vec![broke_off]),
        (
            Reply::new().text("Once").fails(ProviderErrorKind::Unavailable),
            vec!["started", "text: Once", UNAVAILABLE],
        ),
        (
            Reply::new().text("Once"),
            vec!["started", "text: Once", broke_off],
        ),
    ] {
        let mut bench = Bench::new().await;
        bench.model.reply(reply);
        bench.begin_speech();
        bench.commit_to(Transcript::of("Tell me."));
        let said = bench.words_within(ms(5_000)).await;
        assert_eq!(said[1..], expected);
        bench.still_works(&["U: Tell me.", "U: Again?"]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_failed_before_it_was_wanted_is_asked_for_again() {
    let mut bench = Bench::new().await;
    bench.model.faults().fail_next(1, ProviderErrorKind::Unavailable);
    bench.begin_speech();
    bench.prepare_for(Transcript::of("Tell me."));
    assert_eq!(bench.words_within(ms(1_000)).await, ["partial: Tell me."]);
    bench.commit();
    assert_eq!(bench.words_within(ms(1_000)).await.last().unwrap(), "done");
    assert_eq!(bench.model.asked().len(), 2);
    assert_eq!(bench.asked_last(), ["U: Tell me."]);
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_voice_that_refuses_the_first_piece_fails_the_turn() {
    let mut bench = Bench::new().await;
    bench.voice.faults().fail_next(1, ProviderErrorKind::Unavailable);
    bench
        .model
        .reply(Reply::new().text("The first sentence. The second").hangs());
    bench.begin_speech();
    bench.commit_to(Transcript::of("Tell me."));
    let said = bench.words_within(ms(1_000)).await;
    assert_eq!(
        said[1..],
        ["started", "text: The first sentence. The second", UNAVAILABLE]
    );
    bench.model.until_idle().await;
    bench.still_works(&["U: Tell me.", "U: Again?"]).await;
}

#[tokio::test(start_paused = true)]
async fn what_was_said_before_the_voice_refuses_a_later_piece_is_heard() {
    let mut bench = Bench::new().await;
    let first = "The first sentence is said. And";
    bench.model.reply(
        Reply::new()
            .text(first)
            .wait(ms(100))
            .text(" the second one is not.")
            .done(),
    );
    bench
        .voice
        .next(Speech::of(ms(500)).after(ms(120)).at_speaking_speed());
    bench.begin_speech();
    bench.commit_to(Transcript::of("Tell me."));
    bench.voice.until(|speeches| speeches.len() == 1).await;
    bench.voice.faults().fail_next(1, ProviderErrorKind::Unavailable);
    let said = bench.said_within(ms(2_000)).await;
    let audio = said.iter().filter(|(_, line)| line.contains("audio")).count();
    assert_eq!(audio, 25, "{said:?}");
    assert_eq!(said.last().unwrap(), &(620, UNAVAILABLE.to_owned()));
    assert_eq!(bench.voice.faults().failures(), 1);
    bench
        .still_works(&["U: Tell me.", "A: The first sentence is said.", "U: Again?"])
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_voice_that_breaks_off_fails_the_turn() {
    let mut bench = Bench::new().await;
    bench
        .model
        .reply(Reply::new().text("The first sentence. The second").hangs());
    bench.voice.next(Speech::of(ms(500)).breaks_off_after(ms(100)));
    bench.begin_speech();
    bench.commit_to(Transcript::of("Tell me."));
    let said = bench.said_within(ms(2_000)).await;
    let end: Vec<&str> = said.iter().rev().take(2).map(|(_, line)| line.as_str()).collect();
    assert_eq!(end, [UNAVAILABLE, "audio of 100 ms"]);
    bench.still_works(&["U: Tell me.", "U: Again?"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_voice_that_breaks_off_while_the_model_writes_fails_the_turn_at_once() {
    let mut bench = Bench::new().await;
    bench
        .model
        .reply(Reply::new().text("The first sentence. The second").hangs());
    let speech = Speech::of(ms(500)).at_speaking_speed();
    bench.voice.next(speech.breaks_off_after(ms(100)));
    bench.begin_speech();
    bench.commit_to(Transcript::of("Tell me."));
    let said = bench.said_within(ms(2_000)).await;
    assert_eq!(said.last().unwrap(), &(100, UNAVAILABLE.to_owned()));
    bench.still_works(&["U: Tell me.", "U: Again?"]).await;
}

//! Ears that find the user's turns themselves.

use viva_domain::ports::SpeechToTextEventKind as Heard;
use viva_domain::ports::{ProviderError, ProviderErrorKind};
use viva_fakes::{AnswerEnd, Reply, Transcript};

use super::*;

impl Bench {
    pub(super) fn hear(&self, kind: Heard) {
        self.ears.say(kind);
    }

    pub(super) fn hear_final(&self, text: &str) {
        self.hear(Heard::Final(text.to_owned()));
    }

    fn hear_eager(&self, text: &str) {
        self.hear(Heard::EagerFinal(text.to_owned()));
    }

    fn hear_partial(&self, text: &str) {
        self.hear(Heard::Partial(text.to_owned()));
    }
}

pub(super) fn failed() -> Heard {
    Heard::FinalFailed(Arc::new(ProviderError {
        kind: ProviderErrorKind::RateLimited,
        provider: "scripted".to_owned(),
        retry_after: None,
        source: None,
    }))
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_turn_is_answered() {
    let mut bench = Bench::detecting().await;
    assert_eq!(bench.mode.turn_taking(), viva_domain::turns::TurnTaking::Provider);
    for round in 0..2 {
        bench.model.reply(Reply::written("Hello."));
        bench.hear(Heard::SpeechStarted);
        bench.hear_partial("Hi");
        bench.hear_final("Hi.");
        let said = bench.words_within(ms(1_000)).await;
        let expected = [
            "speech started",
            "partial: Hi",
            "speech ended",
            "final: Hi.",
            "started",
            "text: Hello.",
            "done",
        ];
        assert_eq!(said, expected, "{round}");
    }
    assert_eq!(bench.asked_last(), ["U: Hi.", "A: Hello.", "U: Hi."]);
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn an_eager_answer_is_given_when_the_turn_is_over() {
    let mut bench = Bench::detecting().await;
    bench
        .model
        .reply(Reply::new().wait(ms(200)).text("Hello.").done());
    bench.hear(Heard::SpeechStarted);
    bench.hear_eager("Hi.");
    assert_eq!(
        bench.words_within(ms(100)).await,
        ["speech started", "partial: Hi."]
    );
    tokio::time::sleep(ms(400)).await;
    assert_eq!(bench.model.asked().len(), 1);
    assert!(bench.voice.recorded().is_empty());
    bench.hear_final("Hi.");
    let said = bench.said_within(ms(1_000)).await;
    assert!(said.contains(&(200, "text: Hello.".to_owned())), "{said:?}");
    assert_eq!(
        (said.last().unwrap().1.as_str(), bench.model.asked().len()),
        ("done", 1)
    );
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn an_eager_answer_to_half_a_turn_is_dropped() {
    for resumed in [Some(Heard::SpeechResumed), None] {
        let mut bench = Bench::detecting().await;
        bench.model.reply(Reply::new().hangs());
        bench.hear(Heard::SpeechStarted);
        bench.hear_eager("Tell me");
        bench.said_within(ms(100)).await;
        if let Some(event) = resumed {
            bench.hear(event);
            bench.model.until_idle().await;
        }
        bench.hear_final("Tell me a story.");
        let said = bench.words_within(ms(1_000)).await;
        assert_eq!(&said[..2], ["speech ended", "final: Tell me a story."]);
        assert_eq!(said.last().unwrap(), "done");
        assert_eq!(bench.model.asked()[0].end, Some(AnswerEnd::Dropped));
        assert_eq!(bench.asked_last(), ["U: Tell me a story."]);
        bench.close().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_turn_without_words_ends() {
    let mut bench = Bench::detecting().await;
    bench.hear(Heard::SpeechStarted);
    bench.hear_eager("");
    bench.hear_final("");
    let said = bench.words_within(ms(1_000)).await;
    assert_eq!(
        said,
        [
            "speech started",
            "partial: ",
            "speech ended",
            "final: ",
            "started",
            "done"
        ]
    );
    assert!(bench.model.asked().is_empty());
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_turn_may_be_ended_by_the_user_and_none_need_not() {
    let mut bench = Bench::detecting().await;
    bench.mode.order(ModeOrder::EndTurn);
    assert_eq!(bench.said_within(ms(1_000)).await, [], "there was no turn");
    bench.hear(Heard::SpeechStarted);
    bench.words_within(ms(100)).await;
    bench.ears.hear(Transcript::new().wait(ms(100)).text("Hi."));
    bench.mode.order(ModeOrder::EndTurn);
    let said = bench.words_within(ms(1_000)).await;
    assert_eq!(&said[..2], ["speech ended", "final: Hi."]);
    assert_eq!(said.last().unwrap(), "done");
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_not_written_down_fails() {
    let mut bench = Bench::detecting().await;
    bench.hear(failed());
    assert_eq!(bench.said_within(ms(100)).await, [], "there was no turn");
    bench.hear(Heard::SpeechStarted);
    bench.hear_eager("Hi.");
    bench.hear(failed());
    let said = bench.words_within(ms(1_000)).await;
    assert_eq!(&said[..3], ["speech started", "partial: Hi.", "speech ended"]);
    assert_eq!(
        &said[3..],
        ["failed: provider scripted: it received too many requests"]
    );
    bench.model.until_idle().await;
    bench.hear(Heard::SpeechStarted);
    bench.hear_final("Hello?");
    assert_eq!(bench.words_within(ms(1_000)).await.last().unwrap(), "done");
    assert_eq!(bench.asked_last(), ["U: Hello?"]);
    bench.close().await;
}

/// An answer that is being said for a second, to "Tell me.".
pub(super) async fn saying() -> Bench {
    let mut bench = Bench::detecting().await;
    bench.model.reply(
        Reply::new()
            .text("Once upon")
            .wait(ms(1_000))
            .text(" a time.")
            .done(),
    );
    bench.hear(Heard::SpeechStarted);
    bench.hear_final("Tell me.");
    bench.said_within(ms(500)).await;
    bench
}

#[tokio::test(start_paused = true)]
async fn what_is_said_while_the_ai_may_finish_is_answered_then() {
    let mut bench = saying().await;
    bench.hear(Heard::SpeechStarted);
    bench.hear_partial("A");
    bench.hear_eager("Aha");
    bench.hear_final("Aha.");
    bench.hear_partial("nothing");
    bench.hear(Heard::SpeechStarted);
    bench.hear_final("And?");
    bench.hear(Heard::SpeechStarted);
    bench.hear(failed());
    let said = bench.words_within(ms(2_000)).await;
    let meanwhile = [
        "speech started",
        "partial: A",
        "partial: Aha",
        "speech ended",
        "partial: Aha.",
        "speech started",
        "speech ended",
        "partial: Aha. And?",
        "speech started",
        "speech ended",
        "text:  a time.",
        "done",
        "final: Aha. And?",
        "started",
    ];
    assert_eq!(said[..meanwhile.len()], meanwhile);
    assert_eq!(said.last().unwrap(), "done");
    assert_eq!(
        bench.asked_last(),
        ["U: Tell me.", "A: Once upon a time.", "U: Aha. And?"]
    );
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn who_still_speaks_when_the_ai_is_done_is_answered_to_all_of_it() {
    let mut bench = saying().await;
    bench.hear(Heard::SpeechStarted);
    bench.hear_final("Aha.");
    bench.hear(Heard::SpeechStarted);
    let said = bench.words_within(ms(2_000)).await;
    assert_eq!(said.last().unwrap(), "done", "nothing is answered yet");
    bench.hear_final("And?");
    let said = bench.words_within(ms(1_000)).await;
    assert_eq!(&said[..2], ["speech ended", "final: Aha. And?"]);
    assert_eq!(
        bench.asked_last(),
        ["U: Tell me.", "A: Once upon a time.", "U: Aha. And?"]
    );
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_stops_the_ai_gets_what_was_said_meanwhile_answered() {
    let mut bench = saying().await;
    bench.hear(Heard::SpeechStarted);
    bench.hear_final("Aha.");
    bench.words_within(ms(100)).await;
    bench.interrupt(4);
    let said = bench.words_within(ms(1_000)).await;
    assert_eq!(&said[..2], ["final: Aha.", "started"]);
    assert_eq!(bench.asked_last(), ["U: Tell me.", "A: Once", "U: Aha."]);
    bench.close().await;
}

/// The client plays the answer before, and barge-in is off.
#[tokio::test(start_paused = true)]
async fn a_client_may_stop_an_answer_while_the_model_says_the_next_one() {
    let mut bench = saying().await;
    bench.words_within(ms(2_000)).await;
    bench.model.reply(Reply::written("I see."));
    bench.hear(Heard::SpeechStarted);
    bench.hear_final("Aha.");
    bench.words_within(ms(1_000)).await;
    bench.cut_before("Once upon".len());
    bench.heard("Once".len());
    bench.hear(Heard::SpeechStarted);
    bench.hear_final("And?");
    bench.words_within(ms(1_000)).await;
    let expected = ["U: Tell me.", "A: Once", "U: Aha.", "A: I see.", "U: And?"];
    assert_eq!(bench.asked_last(), expected);
    bench.close().await;
}

/// The client plays the answer before, barge-in is off, and the ears are not certain that the user is done.
#[tokio::test(start_paused = true)]
async fn a_client_may_stop_an_answer_while_the_next_one_is_made_ready() {
    let mut bench = saying().await;
    bench.words_within(ms(2_000)).await;
    bench.hear(Heard::SpeechStarted);
    bench.hear_eager("Aha.");
    bench.words_within(ms(1_000)).await;
    let ready = ["U: Tell me.", "A: Once upon a time.", "U: Aha."];
    assert_eq!(bench.asked_last(), ready);
    bench.interrupt("Once upon".len());
    bench.heard("Once".len());
    bench.hear_final("Aha.");
    bench.words_within(ms(1_000)).await;
    assert_eq!(bench.asked_last(), ["U: Tell me.", "A: Once", "U: Aha."]);
    bench.close().await;
}

/// The ears hear the whole of a turn before the session was told that it began.
#[tokio::test(start_paused = true)]
async fn who_interrupts_is_answered_however_late_the_session_hears_of_it() {
    let mut bench = Bench::detecting().await;
    bench.model.reply(Reply::new().text("Once upon").hangs());
    bench.hear(Heard::SpeechStarted);
    bench.hear_final("Tell me.");
    bench.said_within(ms(500)).await;
    bench.hear(Heard::SpeechStarted);
    bench.hear_partial("St");
    bench.hear_final("Stop.");
    tokio::time::sleep(ms(1_000)).await;
    let told = bench.mode.next().await.unwrap();
    assert_eq!(told.what, ModeSaid::SpeechStarted);
    bench.interrupt(4);
    let said = bench.words_within(ms(1_000)).await;
    assert_eq!(&said[..3], ["partial: St", "speech ended", "final: Stop."]);
    assert_eq!(said.last().unwrap(), "done");
    assert_eq!(bench.asked_last(), ["U: Tell me.", "A: Once", "U: Stop."]);
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn who_goes_on_is_answered_however_late_the_session_hears_of_it() {
    let mut bench = Bench::detecting().await;
    bench.model.reply(Reply::new().hangs());
    bench.hear(Heard::SpeechStarted);
    bench.hear_final("Tell me");
    bench.said_within(ms(500)).await;
    bench.hear(Heard::SpeechStarted);
    bench.hear_final("a story.");
    tokio::time::sleep(ms(1_000)).await;
    let told = bench.mode.next().await.unwrap();
    assert_eq!(told.what, ModeSaid::SpeechStarted);
    let generation = bench.next_generation();
    bench.mode.order(ModeOrder::GoOn { generation });
    let said = bench.words_within(ms(1_000)).await;
    assert_eq!(&said[..2], ["speech ended", "final: Tell me a story."]);
    assert_eq!(said.last().unwrap(), "done");
    assert_eq!(bench.asked_last(), ["U: Tell me a story."]);
    bench.close().await;
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_asked_for_when_the_ai_was_stopped_is_answered_once() {
    let mut bench = saying().await;
    bench.hear(Heard::SpeechStarted);
    bench.hear_final("Aha.");
    bench.words_within(ms(100)).await;
    bench.interrupt(4);
    bench.commit();
    let said = bench.words_within(ms(1_000)).await;
    assert_eq!(&said[..2], ["final: Aha.", "started"]);
    assert_eq!(said.iter().filter(|line| *line == "done").count(), 1);
    assert_eq!(bench.asked_last(), ["U: Tell me.", "A: Once", "U: Aha."]);
    assert_eq!(
        bench.ears.recorded().control(),
        [],
        "nothing is to be written down"
    );
    bench.close().await;
}

/// The user speaks on when the AI is stopped, and the session does not know it yet.
#[tokio::test(start_paused = true)]
async fn what_was_heard_of_a_stopped_answer_stays_said_though_the_next_turn_waits() {
    let mut bench = saying().await;
    bench
        .model
        .reply(Reply::new().text("Two").wait(ms(1_000)).text(" dragons.").done());
    bench.hear(Heard::SpeechStarted);
    bench.hear_final("And?");
    let said = bench.words_within(ms(1_000)).await;
    assert_eq!(said.last().unwrap(), "text: Two", "{said:?}");
    bench.hear(Heard::SpeechStarted);
    bench.hear_final("More?");
    bench.words_within(ms(100)).await;
    bench.hear(Heard::SpeechStarted);
    tokio::time::sleep(ms(100)).await;
    bench.interrupt(3);
    bench.commit();
    let said = bench.words_within(ms(2_000)).await;
    assert!(said.contains(&"final: More?".to_owned()), "{said:?}");
    assert_eq!(
        bench.asked_last(),
        [
            "U: Tell me.",
            "A: Once upon a time.",
            "U: And?",
            "A: Two",
            "U: More?"
        ]
    );
    bench.close().await;
}

//! What every adapter does that speaks over a WebSocket, against a scripted server: one line in its tests,
//! `socket_speech_tests!(bench);`, with an async function that starts one. Most of it is what is done over HTTP too.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::time::{sleep, timeout};
use viva_domain::ports::{ProviderErrorKind, SpeechMark, SpeechPart};
use viva_fakes::Speech;
use viva_fakes::vendors::speech::SpeechScript;

use super::spares::LONGEST;
use crate::providers::transport::HttpLimits;
use crate::providers::transport::speech_cases::{Bench, impatient, next};

/// As long as it may take until the server knows that somebody hung up.
const PATIENCE: Duration = Duration::from_secs(5);

/// Makes one test per case.
macro_rules! socket_speech_tests {
    ($bench:ident) => {
        $crate::providers::transport::speech_cases::http_speech_tests!($bench:
            every_sample_arrives_wherever_the_bytes_are_cut,
            the_first_byte_comes_when_the_vendor_sends_it,
            dropping_the_speech_hangs_up_at_once,
            cancelling_often_leaves_nothing_open,
            a_refused_key_is_told_at_once,
            a_vendor_that_asks_for_a_little_time_gets_it,
            a_vendor_that_asks_for_much_time_is_not_asked_again,
            a_used_up_quota_is_told_at_once,
            speech_that_breaks_off_fails_once,
            speech_that_stalls_is_given_up,
            speech_can_be_empty,
            a_vendor_that_does_not_answer_is_given_up,
            nobody_there_is_unavailable,
            what_was_configured_wrong_is_said,
            the_key_is_nowhere_but_in_its_header,
        );
        $crate::providers::mouths::cases::socket_speech_tests!($bench:
            a_failing_vendor_is_called_once_more_and_then_told,
            dropping_what_was_not_heard_hangs_up,
            a_connection_is_used_again,
            a_connection_that_was_cut_off_is_not_used_again,
            a_kept_connection_that_is_gone_is_opened_again,
            a_kept_connection_that_does_not_answer_is_opened_again,
            what_is_kept_is_closed_in_time,
            what_is_kept_is_closed_with_the_adapter,
        );
    };
    ($bench:ident: $($case:ident),+ $(,)?) => {
        mod socket_speech {
            $(
                #[tokio::test]
                async fn $case() {
                    $crate::providers::mouths::cases::$case(super::$bench).await;
                }
            )+
        }
    };
}
pub(in crate::providers) use socket_speech_tests;

/// What is said of the words of a text: milliseconds of the audio, and what is spoken by then.
pub(in crate::providers) async fn marks(bench: &Bench, text: &str) -> Vec<(u128, String)> {
    let mut stream = bench.speak(text).await.unwrap();
    let mut marks = Vec::new();
    while let Some(part) = stream.next().await {
        if let SpeechPart::Mark(SpeechMark { at, chars }) = part.unwrap() {
            marks.push((at.as_millis(), text.chars().take(chars).collect()));
        }
    }
    marks
}

pub(in crate::providers) async fn a_failing_vendor_is_called_once_more_and_then_told(
    start: impl AsyncFn(SpeechScript, HttpLimits) -> Bench,
) {
    let bench = start(SpeechScript::default(), impatient()).await;
    bench.server.refuse(500, "internal_error", "oops", None);
    let (samples, failure) = bench.listen("Hi").await;
    assert_eq!((samples.len(), failure), (2_880, None));
    // The next call needs another connection.
    let mut stream = bench.speak("Cut off.").await.unwrap();
    next(&mut stream).await.unwrap().unwrap();
    drop(stream);
    for _ in 0..2 {
        bench.server.refuse(500, "internal_error", "oops", None);
    }
    let (err, asked) = bench.refusal().await;
    assert_eq!((err.kind, asked), (ProviderErrorKind::Unavailable, 2));
}

pub(in crate::providers) async fn dropping_what_was_not_heard_hangs_up(
    start: impl AsyncFn(SpeechScript, HttpLimits) -> Bench,
) {
    let bench = start(SpeechScript::default(), impatient()).await;
    bench
        .server
        .speak(Speech::of(Duration::from_millis(100)).after(Duration::from_hours(1)));
    let stream = bench.speak("Hello.").await.unwrap();
    bench.server.until(|requests| requests.len() == 1).await;
    drop(stream);
    bench.server.closed().await;
}

pub(in crate::providers) async fn a_connection_is_used_again(
    start: impl AsyncFn(SpeechScript, HttpLimits) -> Bench,
) {
    let bench = start(SpeechScript::default(), impatient()).await;
    for _ in 0..3 {
        let (samples, failure) = bench.listen("Hi").await;
        assert_eq!((samples.len(), failure), (2_880, None));
    }
    assert_eq!(bench.server.connections(), 1);
    let mut both = [
        bench.speak("One.").await.unwrap(),
        bench.speak("Two.").await.unwrap(),
    ];
    for stream in &mut both {
        while next(stream).await.is_some() {}
    }
    assert_eq!(bench.server.connections(), 2, "one text after the other");
}

pub(in crate::providers) async fn a_connection_that_was_cut_off_is_not_used_again(
    start: impl AsyncFn(SpeechScript, HttpLimits) -> Bench,
) {
    let bench = start(SpeechScript::default(), impatient()).await;
    let mut stream = bench.speak("Cut off.").await.unwrap();
    next(&mut stream).await.unwrap().unwrap();
    drop(stream);
    let (samples, failure) = bench.listen("Hi").await;
    assert_eq!((samples.len(), failure), (2_880, None));
    assert_eq!(bench.server.connections(), 2);
}

pub(in crate::providers) async fn a_kept_connection_that_is_gone_is_opened_again(
    start: impl AsyncFn(SpeechScript, HttpLimits) -> Bench,
) {
    let bench = start(SpeechScript::default(), impatient()).await;
    // Whether that is noticed before the next text is sent or after it.
    for round in 1..=10 {
        let (samples, failure) = bench.listen("Hi").await;
        assert_eq!((samples.len(), failure), (2_880, None));
        assert_eq!(bench.server.connections(), round);
        bench.server.hang_up();
    }
}

pub(in crate::providers) async fn a_kept_connection_that_does_not_answer_is_opened_again(
    start: impl AsyncFn(SpeechScript, HttpLimits) -> Bench,
) {
    let limits = HttpLimits {
        answer: Duration::from_millis(100),
        ..impatient()
    };
    let bench = start(SpeechScript::default(), limits).await;
    bench.listen("Hi").await;
    bench
        .server
        .speak(Speech::of(Duration::ZERO).accepted_after(Duration::from_hours(1)));
    let (samples, failure) = bench.listen("Hi").await;
    assert_eq!((samples.len(), failure), (2_880, None));
    assert_eq!(bench.server.connections(), 2);
    assert_eq!(bench.server.requests().len(), 3);
}

pub(in crate::providers) async fn what_is_kept_is_closed_in_time(
    start: impl AsyncFn(SpeechScript, HttpLimits) -> Bench,
) {
    let bench = start(SpeechScript::default(), impatient()).await;
    bench.listen("Hi").await;
    tokio::time::pause();
    sleep(LONGEST.saturating_sub(Duration::from_secs(1))).await;
    assert_eq!(bench.server.open_sockets(), 1);
    sleep(Duration::from_secs(2)).await;
    tokio::time::resume();
    let closed = timeout(PATIENCE, bench.server.all_sockets_closed()).await;
    closed.expect("it stays open");
    let (samples, failure) = bench.listen("Hi").await;
    assert_eq!((samples.len(), failure), (2_880, None));
}

pub(in crate::providers) async fn what_is_kept_is_closed_with_the_adapter(
    start: impl AsyncFn(SpeechScript, HttpLimits) -> Bench,
) {
    let bench = start(SpeechScript::default(), impatient()).await;
    bench.listen("Hi").await;
    assert_eq!(bench.server.open_sockets(), 1);
    drop(bench.tts);
    let closed = timeout(PATIENCE, bench.server.all_sockets_closed()).await;
    closed.expect("it stays open");
}

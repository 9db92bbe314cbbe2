//! What every adapter does that listens over a WebSocket, against a scripted server: one line in its tests,
//! `ears_tests!(bench);`, with an async function that starts one.

use std::error::Error;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};
use tokio_util::task::TaskTracker;
use viva_domain::ports::{ProviderErrorKind, SpeechToText, SpeechToTextCommand, SpeechToTextEventKind};
use viva_domain::sessions::ProviderConfig;
use viva_fakes::CapturedLogs;
use viva_fakes::vendors::RecordedLine;

use super::rig::lost;
use super::talk::{Talk, logged, patiently};
use crate::providers::testing::PROVIDER;
use crate::providers::transport::hanging_up;

const UNAVAILABLE: ProviderErrorKind = ProviderErrorKind::Unavailable;
/// Only its own key is known to the server.
const WRONG_KEY: &str = "sk-wrong-key";

/// A server, and ears that know where it is.
pub(in crate::providers) struct Bench {
    pub(in crate::providers) server: Box<dyn Server>,
    pub(in crate::providers) ears: Box<dyn SpeechToText>,
    /// The same ears with another address and key.
    pub(in crate::providers) elsewhere: Elsewhere,
    pub(in crate::providers) config: ProviderConfig,
    /// The key of the server.
    pub(in crate::providers) key: &'static str,
    /// The vendor's own address.
    pub(in crate::providers) vendor: &'static str,
    /// What the adapter shows of itself.
    pub(in crate::providers) shown: String,
    pub(in crate::providers) tasks: TaskTracker,
}

/// Makes ears with an address and a key.
pub(in crate::providers) type Elsewhere = Box<dyn Fn(&str, Option<&str>) -> Box<dyn SpeechToText>>;

/// What the scripted servers have in common.
pub(in crate::providers) trait Server {
    fn base_url(&self) -> String;
    /// Lines up what becomes of the next utterance.
    fn hear(&self, heard: Heard);
    fn refuse(&self, status: u16, message: &str, retry_after: Option<u64>);
    fn say(&self, message: Value);
    /// Sends a message that is one of the vendor's by its type only, with words in it.
    fn say_malformed(&self, words: &str);
    fn cut(&self);
    fn lines(&self) -> Vec<RecordedLine>;
    /// Waits until what every connection was sent meets the condition.
    fn until<'a>(&'a self, condition: &'a mut Condition<'a>) -> LocalBoxFuture<'a, Vec<RecordedLine>>;
}

pub(in crate::providers) type Condition<'a> = dyn FnMut(&[RecordedLine]) -> bool + 'a;

/// What becomes of an utterance.
#[derive(Debug, Clone, Copy)]
pub(in crate::providers) enum Heard {
    /// It is understood as this text, so long after the order.
    As(&'static str, Duration),
    /// It is never answered.
    Never,
    /// The connection breaks off instead.
    Cut,
}

/// Makes one test per case.
macro_rules! ears_tests {
    ($bench:ident: $($case:ident),+ $(,)?) => {
        mod $bench {
            $(
                #[tokio::test]
                async fn $case() {
                    $crate::providers::ears::cases::$case(super::$bench).await;
                }
            )+
        }
    };
    ($bench:ident) => {
        $crate::providers::ears::cases::ears_tests!($bench:
            a_text_comes_as_late_as_the_vendor_is,
            what_nobody_understood_is_an_empty_text,
            what_nobody_knows_changes_nothing,
            a_turn_in_one_piece_is_heard_whole,
            a_refused_connection_is_told,
            a_vendor_that_is_out_of_order_for_a_moment_is_called_once_more,
            a_connection_that_breaks_between_utterances_is_opened_again_without_a_word,
            an_order_whose_connection_breaks_fails_and_the_next_one_does_not,
            hanging_up_closes_the_connection_at_once,
            nobody_there_is_unavailable,
            the_vendor_itself_is_not_called_without_a_key,
            neither_key_nor_words_are_logged,
        );
    };
}
pub(in crate::providers) use ears_tests;

impl Bench {
    async fn talk(&self) -> Talk {
        Talk::open(&*self.ears, &self.config).await
    }

    async fn speak(&self, talk: &mut Talk) {
        talk.speak().await;
        if self.ears.capabilities(&self.config).detects_turns {
            assert_eq!(talk.answer().await, SpeechToTextEventKind::SpeechStarted);
        }
    }

    /// Says something and has it written down.
    async fn ask(&self, talk: &mut Talk) -> SpeechToTextEventKind {
        self.speak(talk).await;
        talk.finalize().await;
        talk.answer().await
    }

    async fn until(&self, mut condition: impl FnMut(&[RecordedLine]) -> bool) -> Vec<RecordedLine> {
        patiently(self.server.until(&mut condition)).await
    }
}

/// Whether a vendor was told to write down what it heard.
fn is_asked(line: &RecordedLine) -> bool {
    let orders = [
        "Finalize",
        "ForceEndTurn",
        "ForceEndOfUtterance",
        "ForceEndpoint",
        "audio.end",
        "input_audio_buffer.commit",
    ];
    let types = line.types();
    let is_commit = |text: &Value| text["commit"] == true;
    orders.iter().any(|order| types.contains(order)) || line.texts.iter().any(is_commit)
}

fn text(text: &str) -> SpeechToTextEventKind {
    SpeechToTextEventKind::Final(text.to_owned())
}

pub(in crate::providers) async fn a_text_comes_as_late_as_the_vendor_is(start: impl AsyncFn() -> Bench) {
    let bench = start().await;
    let delay = Duration::from_millis(150);
    bench.server.hear(Heard::As("late", delay));
    let mut talk = bench.talk().await;
    let asked = Instant::now();
    assert_eq!(bench.ask(&mut talk).await, text("late"));
    let took = asked.elapsed();
    assert!(took >= delay, "{took:?} is earlier than the vendor");
}

pub(in crate::providers) async fn what_nobody_understood_is_an_empty_text(start: impl AsyncFn() -> Bench) {
    let bench = start().await;
    bench.server.hear(Heard::As("", Duration::ZERO));
    let mut talk = bench.talk().await;
    assert_eq!(bench.ask(&mut talk).await, text(""));
    assert_eq!(bench.ask(&mut talk).await, text("hello world"));
}

pub(in crate::providers) async fn what_nobody_knows_changes_nothing(start: impl AsyncFn() -> Bench) {
    let bench = start().await;
    let mut talk = bench.talk().await;
    bench.until(|lines| lines.len() == 1).await;
    for message in [
        // Each of them is where some vendor says what a message is.
        json!({"type": "dream", "message": "dream", "message_type": "dream", "of": ["sheep"]}),
        json!({"no": "type"}),
        json!([1, {}]),
        json!("sheep"),
        json!(null),
    ] {
        bench.server.say(message);
    }
    assert_eq!(bench.ask(&mut talk).await, text("hello world"));
    assert_eq!(bench.server.lines().len(), 1, "it was called again");
}

pub(in crate::providers) async fn a_turn_in_one_piece_is_heard_whole(start: impl AsyncFn() -> Bench) {
    for (told_before, heard) in [(true, 30), (false, 10)] {
        let bench = start().await;
        let detects_turns = bench.ears.capabilities(&bench.config).detects_turns;
        let mut talk = bench.talk().await;
        let samples = talk.samples(30_000);
        if told_before {
            talk.began(0).await;
        }
        let piece = vec![8_000; samples].into();
        talk.send(SpeechToTextCommand::Audio(piece)).await;
        if !told_before {
            talk.began(30_000).await;
        }
        if detects_turns {
            assert_eq!(talk.answer().await, SpeechToTextEventKind::SpeechStarted);
        }
        talk.finalize().await;
        assert_eq!(talk.answer().await, text("hello world"));
        let lines = bench.server.lines();
        assert!(lines[0].audio.len() >= talk.samples(heard * 1_000));
    }
}

pub(in crate::providers) async fn a_refused_connection_is_told(start: impl AsyncFn() -> Bench) {
    let bench = start().await;
    for (status, retry_after, tries, kind) in [
        (401, None, 1, ProviderErrorKind::CredentialInvalid),
        (402, None, 1, ProviderErrorKind::QuotaExceeded),
        (429, Some(7), 1, ProviderErrorKind::RateLimited),
        (500, None, 2, UNAVAILABLE),
        (400, None, 1, ProviderErrorKind::Failed("why".to_owned())),
    ] {
        // One try more would be let in.
        for _ in 0..tries {
            bench.server.refuse(status, "why", retry_after);
        }
        let err = bench.ears.connect(bench.config.clone()).await.unwrap_err();
        assert_eq!((&err.kind, err.provider.as_str()), (&kind, PROVIDER));
        assert_eq!(err.retry_after, retry_after.map(Duration::from_secs));
    }
    let mut talk = bench.talk().await;
    assert_eq!(bench.ask(&mut talk).await, text("hello world"));
}

pub(in crate::providers) async fn a_vendor_that_is_out_of_order_for_a_moment_is_called_once_more(
    start: impl AsyncFn() -> Bench,
) {
    let bench = start().await;
    for (status, retry_after) in [(503, None), (429, Some(1))] {
        bench.server.refuse(status, "why", retry_after);
        let refused = Instant::now();
        let mut talk = bench.talk().await;
        assert!(refused.elapsed() >= Duration::from_secs(retry_after.unwrap_or_default()));
        assert_eq!(bench.ask(&mut talk).await, text("hello world"));
    }
}

pub(in crate::providers) async fn a_connection_that_breaks_between_utterances_is_opened_again_without_a_word(
    start: impl AsyncFn() -> Bench,
) {
    let logs = CapturedLogs::start();
    let bench = start().await;
    let mut talk = bench.talk().await;
    for cut in 1..4 {
        assert_eq!(bench.ask(&mut talk).await, text("hello world"), "{cut}");
        bench.server.cut();
        // What is said until the line is back is kept.
        lost(&logs, cut).await;
    }
    assert_eq!(bench.server.lines().len(), 3);
}

pub(in crate::providers) async fn an_order_whose_connection_breaks_fails_and_the_next_one_does_not(
    start: impl AsyncFn() -> Bench,
) {
    let bench = start().await;
    bench.server.hear(Heard::Cut);
    let mut talk = bench.talk().await;
    let SpeechToTextEventKind::FinalFailed(err) = bench.ask(&mut talk).await else {
        panic!("it was answered");
    };
    assert_eq!((&err.kind, err.provider.as_str()), (&UNAVAILABLE, PROVIDER));
    assert_eq!(bench.ask(&mut talk).await, text("hello world"));
}

pub(in crate::providers) async fn hanging_up_closes_the_connection_at_once(start: impl AsyncFn() -> Bench) {
    hanging_up::is_noticed_at_once(async || {
        let bench = start().await;
        bench.server.hear(Heard::Never);
        let mut talk = bench.talk().await;
        talk.speak().await;
        talk.finalize().await;
        bench.until(|lines| is_asked(&lines[0])).await;
        let hung_up = Instant::now();
        drop(talk);
        let lines = bench.until(|lines| lines[0].closed.is_some()).await;
        let closed = lines[0].closed.unwrap();
        assert_eq!(closed.code, Some(1_000));
        bench.tasks.close();
        patiently(bench.tasks.wait()).await;
        closed.at - hung_up
    })
    .await;
}

pub(in crate::providers) async fn nobody_there_is_unavailable(start: impl AsyncFn() -> Bench) {
    let bench = start().await;
    let ears = (bench.elsewhere)("http://127.0.0.1:9", Some(bench.key));
    let refused = ears.connect(bench.config.clone()).await;
    assert_eq!(refused.unwrap_err().kind, UNAVAILABLE);
}

pub(in crate::providers) async fn the_vendor_itself_is_not_called_without_a_key(
    start: impl AsyncFn() -> Bench,
) {
    let bench = start().await;
    let refused = |base_url: &str, key: Option<&str>| {
        let (ears, config) = ((bench.elsewhere)(base_url, key), bench.config.clone());
        async move { ears.connect(config).await.unwrap_err().kind }
    };
    assert_eq!(
        refused(bench.vendor, None).await,
        ProviderErrorKind::CredentialMissing
    );
    // A server of one's own is asked, and may refuse.
    let own = refused(&bench.server.base_url(), None).await;
    assert_eq!(own, ProviderErrorKind::CredentialInvalid);
}

pub(in crate::providers) async fn neither_key_nor_words_are_logged(start: impl AsyncFn() -> Bench) {
    let logs = CapturedLogs::start();
    let bench = start().await;
    bench.server.hear(Heard::As("top secret words", Duration::ZERO));
    let mut talk = bench.talk().await;
    assert_eq!(bench.ask(&mut talk).await, text("top secret words"));
    let heard = bench.server.lines()[0].audio.len();
    bench.speak(&mut talk).await;
    // The vendor's turn runs, so it is this one that the message could be about.
    bench.until(|lines| lines[0].audio.len() > heard).await;
    bench.server.say_malformed("top secret nonsense");
    talk.finalize().await;
    assert_eq!(talk.answer().await, text("hello world"));
    bench.server.refuse(418, &format!("not {}", bench.key), None);
    let told_off = bench.ears.connect(bench.config.clone()).await.unwrap_err();
    assert_eq!(told_off.kind, ProviderErrorKind::Failed("not [key]".to_owned()));
    // The server answers a wrong key with the key.
    let wrong = (bench.elsewhere)(&bench.server.base_url(), Some(WRONG_KEY));
    let refused = wrong.connect(bench.config.clone()).await.unwrap_err();
    let mut told = bench.shown.clone();
    for err in [told_off, refused] {
        write!(told, "{err} {err:?}").expect("writing to a string succeeds");
        let mut cause = err.source();
        while let Some(err) = cause {
            write!(told, "{err} {err:?}").expect("writing to a string succeeds");
            cause = err.source();
        }
    }
    drop(talk);
    bench.tasks.close();
    patiently(bench.tasks.wait()).await;
    let logged = logged(&logs);
    assert!(logged.contains(PROVIDER), "nothing was logged: {logged}");
    for secret in [bench.key, WRONG_KEY, "top secret"] {
        assert!(!logged.contains(secret), "{logged}");
        assert!(!told.contains(secret), "{told}");
    }
}

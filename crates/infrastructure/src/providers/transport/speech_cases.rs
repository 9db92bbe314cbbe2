//! What every adapter does that speaks through [`super::speech`], against a scripted server: one line in its tests,
//! `http_speech_tests!(bench);`, with an async function that starts one.

use std::error::Error;
use std::fmt::Debug;
use std::time::{Duration, Instant};

use futures_util::{FutureExt, StreamExt};
use tokio::time::timeout;
use viva_domain::ports::{
    ProviderError, ProviderErrorKind, SpeechPart, SpeechStream, TextToSpeech, TextToSpeechRequest,
};
use viva_domain::sessions::ProviderConfig;
use viva_fakes::vendors::speech::{SpeechScript, SpeechServer, SpeechVendor};
use viva_fakes::{CapturedLogs, Speech};

use super::{HttpClient, HttpLimits, hanging_up};
use crate::providers::Defaults;
use crate::providers::testing::PROVIDER;

/// A server, and the adapter that asks it.
pub(crate) struct Bench {
    pub(crate) server: SpeechServer,
    pub(crate) tts: Box<dyn TextToSpeech>,
    /// What the adapter shows of itself.
    pub(crate) shown: String,
    pub(crate) config: ProviderConfig,
}

/// The key of scripted servers.
pub(crate) const KEY: &str = "sk-secret-key";
/// Of speech nothing came for this long: it is over.
const STALL_LIMIT: Duration = Duration::from_secs(30);
/// As often as it takes for one that is not held up by the machine.
const TRIES: usize = 10;

/// Makes one test per case.
macro_rules! http_speech_tests {
    ($bench:ident: $($case:ident),+ $(,)?) => {
        mod http_speech {
            $(
                #[tokio::test]
                async fn $case() {
                    $crate::providers::transport::speech_cases::$case(super::$bench).await;
                }
            )+
        }
    };
    ($bench:ident) => {
        http_speech_tests!($bench:
            every_sample_arrives_wherever_the_bytes_are_cut,
            the_first_byte_comes_when_the_vendor_sends_it,
            dropping_the_speech_hangs_up_at_once,
            dropping_what_did_not_begin_hangs_up,
            cancelling_often_leaves_nothing_open,
            a_refused_key_is_told_at_once,
            a_vendor_that_asks_for_a_little_time_gets_it,
            a_vendor_that_asks_for_much_time_is_not_asked_again,
            a_used_up_quota_is_told_at_once,
            a_failing_vendor_is_asked_again_and_then_told,
            speech_that_breaks_off_fails_once,
            speech_that_stalls_is_given_up,
            speech_can_be_empty,
            a_vendor_that_does_not_answer_is_given_up,
            nobody_there_is_unavailable,
            text_is_no_speech,
            what_was_configured_wrong_is_said,
            the_key_is_nowhere_but_in_its_header,
        );
    };
}
pub(crate) use http_speech_tests;

impl Bench {
    /// An adapter that asks a server which does what is scripted.
    pub(crate) async fn start<T: TextToSpeech + Debug + 'static>(
        vendor: SpeechVendor,
        script: SpeechScript,
        adapter: impl FnOnce(&str) -> T,
    ) -> Self {
        let server = SpeechServer::start(vendor, script).await.unwrap();
        let tts = adapter(&server.base_url());
        Self {
            server,
            shown: format!("{tts:?}"),
            tts: Box::new(tts),
            config: ProviderConfig::of(PROVIDER),
        }
    }

    pub(crate) async fn speak(&self, text: &str) -> Result<SpeechStream, ProviderError> {
        let request = TextToSpeechRequest {
            config: self.tts.resolve(&self.config).unwrap(),
            text: text.to_owned(),
            previous_text: String::new(),
        };
        self.tts.speak(request).await
    }

    /// All samples, and the failure after them.
    pub(crate) async fn listen(&self, text: &str) -> (Vec<i16>, Option<ProviderError>) {
        let mut stream = self.speak(text).await.unwrap();
        let mut samples = Vec::new();
        while let Some(piece) = next(&mut stream).await {
            match piece {
                Ok(piece) => samples.extend(piece),
                Err(err) => {
                    assert!(stream.next().await.is_none(), "something follows the failure");
                    assert_eq!(err.provider, PROVIDER);
                    return (samples, Some(err));
                }
            }
        }
        (samples, None)
    }

    /// How it refuses to speak, and how often it was asked. Over a socket it is told on the way.
    pub(crate) async fn refusal(&self) -> (ProviderError, usize) {
        let before = self.server.requests().len();
        let err = match self.speak("Hello.").await {
            Ok(mut stream) => next(&mut stream).await.and_then(Result::err),
            Err(err) => Some(err),
        };
        let err = err.expect("it was not refused");
        assert_eq!(err.provider, PROVIDER);
        (err, self.server.requests().len() - before)
    }
}

/// The next audio; what is said of words is left out.
pub(crate) async fn next(stream: &mut SpeechStream) -> Option<Result<Vec<i16>, ProviderError>> {
    loop {
        match stream.next().await? {
            Ok(SpeechPart::Audio(samples)) => return Some(Ok(samples)),
            Ok(SpeechPart::Mark(_)) => {}
            Err(err) => return Some(Err(err)),
        }
    }
}

/// What a script has first.
pub(crate) fn defaults() -> Defaults {
    Defaults {
        model: Some("test_v2_5".to_owned()),
        voice: Some("anna".to_owned()),
    }
}

/// A client that does not wait long.
pub(crate) fn impatient() -> HttpLimits {
    HttpLimits {
        first_wait: ms(5),
        ..HttpLimits::default()
    }
}

pub(crate) fn http(limits: HttpLimits) -> HttpClient {
    HttpClient::new().unwrap().with_limits(limits)
}

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub(crate) async fn every_sample_arrives_wherever_the_bytes_are_cut(
    start: impl AsyncFn(SpeechScript, HttpLimits) -> Bench,
) {
    for piece_bytes in [1, 777, 1_000_000] {
        let script = SpeechScript {
            piece_bytes,
            ..SpeechScript::default()
        };
        let bench = start(script, impatient()).await;
        let speech = Speech::of(ms(100));
        bench.server.speak(speech);
        let (samples, failure) = bench.listen("Hello.").await;
        assert_eq!(failure, None);
        assert!(samples == speech.samples(24_000), "{} samples", samples.len());
        let requests = bench.server.until(|requests| requests[0].is_complete).await;
        assert_eq!(requests.len(), 1);
    }
}

pub(crate) async fn the_first_byte_comes_when_the_vendor_sends_it(
    start: impl AsyncFn(SpeechScript, HttpLimits) -> Bench,
) {
    let script = SpeechScript {
        delay: ms(120),
        ..SpeechScript::default()
    };
    let bench = start(script, impatient()).await;
    let mut soonest = Duration::MAX;
    for _ in 0..TRIES {
        let asked = Instant::now();
        let mut stream = bench.speak("Hello.").await.unwrap();
        next(&mut stream).await.unwrap().unwrap();
        let took = asked.elapsed();
        assert!(took >= ms(120), "{took:?}");
        soonest = soonest.min(took);
        if soonest < ms(160) {
            return;
        }
    }
    panic!("the first byte took {soonest:?} at best");
}

pub(crate) async fn dropping_the_speech_hangs_up_at_once(
    start: impl AsyncFn(SpeechScript, HttpLimits) -> Bench,
) {
    hanging_up::is_noticed_at_once(async || {
        let bench = start(SpeechScript::default(), impatient()).await;
        bench.server.speak(Speech::of(ms(5_000)).hangs_after(ms(100)));
        let mut stream = bench.speak("Hello.").await.unwrap();
        let mut heard = 0;
        while heard < 2_400 {
            heard += next(&mut stream).await.unwrap().unwrap().len();
        }
        let dropped = Instant::now();
        drop(stream);
        bench.server.closed().await - dropped
    })
    .await;
}

pub(crate) async fn dropping_what_did_not_begin_hangs_up(
    start: impl AsyncFn(SpeechScript, HttpLimits) -> Bench,
) {
    let hour = Duration::from_hours(1);
    hanging_up::is_noticed_at_once(async || {
        let bench = start(SpeechScript::default(), impatient()).await;
        bench.server.speak(Speech::of(ms(100)).accepted_after(hour));
        let dropped = tokio::select! {
            _ = bench.speak("Hello.") => panic!("it was not accepted yet"),
            _ = bench.server.until(|requests| requests.len() == 1) => Instant::now(),
        };
        bench.server.closed().await - dropped
    })
    .await;
    hanging_up::is_noticed_at_once(async || {
        let bench = start(SpeechScript::default(), impatient()).await;
        bench.server.speak(Speech::of(ms(100)).after(hour));
        let mut stream = bench.speak("Hello.").await.unwrap();
        assert!(next(&mut stream).now_or_never().is_none(), "it did not begin yet");
        let dropped = Instant::now();
        drop(stream);
        bench.server.closed().await - dropped
    })
    .await;
}

pub(crate) async fn cancelling_often_leaves_nothing_open(
    start: impl AsyncFn(SpeechScript, HttpLimits) -> Bench,
) {
    let bench = start(SpeechScript::default(), impatient()).await;
    for _ in 0..100 {
        bench.server.speak(Speech::of(ms(5_000)).hangs_after(ms(20)));
        let mut stream = bench.speak("Hello.").await.unwrap();
        next(&mut stream).await.unwrap().unwrap();
    }
    let requests = bench
        .server
        .until(|requests| requests.iter().all(|request| request.closed.is_some()))
        .await;
    assert_eq!(requests.len(), 100);
}

pub(crate) async fn a_refused_key_is_told_at_once(start: impl AsyncFn(SpeechScript, HttpLimits) -> Bench) {
    let script = SpeechScript {
        api_key: Some("another".to_owned()),
        ..SpeechScript::default()
    };
    let bench = start(script, impatient()).await;
    let (err, asked) = bench.refusal().await;
    assert_eq!((err.kind, asked), (ProviderErrorKind::CredentialInvalid, 1));
    let refused = bench.server.requests()[0].refused;
    assert!(matches!(refused, Some(400 | 401)), "{refused:?}");
}

pub(crate) async fn a_vendor_that_asks_for_a_little_time_gets_it(
    start: impl AsyncFn(SpeechScript, HttpLimits) -> Bench,
) {
    let bench = start(SpeechScript::default(), impatient()).await;
    bench
        .server
        .refuse(429, "rate_limited", "slow down", Some(ms(60)));
    let asked = Instant::now();
    let (samples, failure) = bench.listen("Hi").await;
    assert!(asked.elapsed() >= ms(60));
    assert_eq!((samples.len(), failure), (2_880, None));
    assert_eq!(bench.server.requests().len(), 2);
}

pub(crate) async fn a_vendor_that_asks_for_much_time_is_not_asked_again(
    start: impl AsyncFn(SpeechScript, HttpLimits) -> Bench,
) {
    let bench = start(SpeechScript::default(), impatient()).await;
    let wait = Duration::from_secs(30);
    bench.server.refuse(429, "rate_limited", "slow down", Some(wait));
    let (err, asked) = bench.refusal().await;
    assert_eq!(
        (err.kind, err.retry_after, asked),
        (ProviderErrorKind::RateLimited, Some(wait), 1)
    );
}

pub(crate) async fn a_used_up_quota_is_told_at_once(start: impl AsyncFn(SpeechScript, HttpLimits) -> Bench) {
    for status in [401, 429] {
        let bench = start(SpeechScript::default(), impatient()).await;
        bench.server.refuse(status, "quota_exceeded", "pay first", None);
        let (err, asked) = bench.refusal().await;
        assert_eq!((err.kind, asked), (ProviderErrorKind::QuotaExceeded, 1));
    }
}

pub(crate) async fn a_failing_vendor_is_asked_again_and_then_told(
    start: impl AsyncFn(SpeechScript, HttpLimits) -> Bench,
) {
    let bench = start(SpeechScript::default(), impatient()).await;
    bench.server.refuse(500, "internal_error", "oops", None);
    let (samples, failure) = bench.listen("Hi").await;
    assert_eq!((samples.len(), failure), (2_880, None));
    assert_eq!(bench.server.requests().len(), 2);
    for _ in 0..3 {
        bench.server.refuse(500, "internal_error", "oops", None);
    }
    let (err, asked) = bench.refusal().await;
    assert_eq!((err.kind, asked), (ProviderErrorKind::Unavailable, 3));
}

pub(crate) async fn speech_that_breaks_off_fails_once(
    start: impl AsyncFn(SpeechScript, HttpLimits) -> Bench,
) {
    let bench = start(SpeechScript::default(), impatient()).await;
    let speech = Speech::of(ms(500));
    bench.server.speak(speech.breaks_off_after(ms(100)));
    let (samples, failure) = bench.listen("Hello.").await;
    assert_eq!(failure.unwrap().kind, ProviderErrorKind::Unavailable);
    assert!(samples == speech.samples(24_000)[..samples.len()]);
    assert_eq!(
        bench.server.requests().len(),
        1,
        "nothing is asked again after the first byte"
    );
}

pub(crate) async fn speech_that_stalls_is_given_up(start: impl AsyncFn(SpeechScript, HttpLimits) -> Bench) {
    let bench = start(SpeechScript::default(), impatient()).await;
    let speech = Speech::of(ms(500));
    bench.server.speak(speech.hangs_after(ms(100)));
    let mut stream = bench.speak("Hello.").await.unwrap();
    let mut samples = Vec::new();
    // The last of it comes after this.
    let mut stalled = tokio::time::Instant::now();
    while samples.len() < 2_400 {
        stalled = tokio::time::Instant::now();
        samples.extend(next(&mut stream).await.unwrap().unwrap());
    }
    // From here on time passes as soon as nobody has anything to do.
    tokio::time::pause();
    let given_up = timeout(STALL_LIMIT * 2, stream.next()).await;
    let next = given_up.expect("it was waited for");
    let err = next.expect("it ended as if it were whole").unwrap_err();
    assert_eq!(err.kind, ProviderErrorKind::Unavailable);
    let waited = stalled.elapsed();
    assert!(
        waited >= STALL_LIMIT && waited < STALL_LIMIT + ms(1_000),
        "{waited:?}"
    );
    assert!(stream.next().await.is_none(), "something follows the failure");
    assert!(
        samples == speech.samples(24_000)[..2_400],
        "{} samples",
        samples.len()
    );
    assert_eq!(
        bench.server.requests().len(),
        1,
        "nothing is asked again after the first byte"
    );
    bench.server.closed().await;
}

pub(crate) async fn speech_can_be_empty(start: impl AsyncFn(SpeechScript, HttpLimits) -> Bench) {
    let bench = start(SpeechScript::default(), impatient()).await;
    bench.server.speak(Speech::of(Duration::ZERO));
    assert_eq!(bench.listen("…").await, (Vec::new(), None));
}

pub(crate) async fn a_vendor_that_does_not_answer_is_given_up(
    start: impl AsyncFn(SpeechScript, HttpLimits) -> Bench,
) {
    let limits = HttpLimits {
        answer: ms(100),
        ..impatient()
    };
    let bench = start(SpeechScript::default(), limits).await;
    bench
        .server
        .speak(Speech::of(ms(100)).accepted_after(Duration::from_hours(1)));
    let (err, asked) = bench.refusal().await;
    assert_eq!((err.kind, asked), (ProviderErrorKind::Unavailable, 1));
    bench.server.closed().await;
}

pub(crate) async fn nobody_there_is_unavailable(start: impl AsyncFn(SpeechScript, HttpLimits) -> Bench) {
    let Bench {
        server, tts, config, ..
    } = start(SpeechScript::default(), impatient()).await;
    drop(server);
    let request = TextToSpeechRequest {
        config: tts.resolve(&config).unwrap(),
        text: "Hello.".to_owned(),
        previous_text: String::new(),
    };
    // The server closes its port a moment after it was dropped; until then it refuses.
    let err = tts.speak(request).await.err().expect("somebody answered");
    assert_eq!(err.kind, ProviderErrorKind::Unavailable);
}

pub(crate) async fn text_is_no_speech(start: impl AsyncFn(SpeechScript, HttpLimits) -> Bench) {
    for kind in ["text/html; of=sk-secret-key", "application/json"] {
        let script = SpeechScript {
            content_type: Some(kind.to_owned()),
            ..SpeechScript::default()
        };
        let (err, asked) = start(script, impatient()).await.refusal().await;
        let told = kind.replace(KEY, "[key]");
        let refused = ["PCM at 24000 Hz", "a WAV file"]
            .map(|wanted| ProviderErrorKind::Failed(format!("it sent {told:?} instead of {wanted}")));
        assert!(refused.contains(&err.kind), "{err}");
        assert_eq!(asked, 1);
    }
}

pub(crate) async fn what_was_configured_wrong_is_said(
    start: impl AsyncFn(SpeechScript, HttpLimits) -> Bench,
) {
    let mut bench = start(SpeechScript::default(), impatient()).await;
    let right = bench.config.clone();
    let wrong = [
        ProviderConfig {
            model: Some("nosuch".to_owned()),
            ..right.clone()
        },
        ProviderConfig {
            voice: Some("nosuch".to_owned()),
            ..right
        },
    ];
    for config in wrong {
        // Some know by themselves.
        let err = if let Err(err) = bench.tts.resolve(&config) {
            err
        } else {
            bench.config = config;
            let (err, asked) = bench.refusal().await;
            assert_eq!(asked, 1);
            err
        };
        assert!(matches!(err.kind, ProviderErrorKind::InvalidConfig(_)), "{err}");
    }
}

pub(crate) async fn the_key_is_nowhere_but_in_its_header(
    start: impl AsyncFn(SpeechScript, HttpLimits) -> Bench,
) {
    let logs = CapturedLogs::start();
    let bench = start(SpeechScript::default(), impatient()).await;
    bench.server.refuse(500, "internal_error", KEY, None);
    assert!(bench.listen("Hello.").await.1.is_none());
    let script = SpeechScript {
        api_key: Some("another".to_owned()),
        ..SpeechScript::default()
    };
    // It complains with the key in its message.
    let (err, _) = start(script, impatient()).await.refusal().await;
    // A socket that is open is refused nothing.
    bench.server.hang_up();
    bench.server.refuse(418, "teapot", &format!("not {KEY}"), None);
    let (failed, _) = bench.refusal().await;
    assert_eq!(failed.kind, ProviderErrorKind::Failed("not [key]".to_owned()));
    let mut told = vec![bench.shown, logs.text()];
    for err in [&err, &failed] {
        told.push(format!("{err:?} {err}"));
        let mut cause = err.source();
        while let Some(err) = cause {
            told.push(format!("{err:?} {err}"));
            cause = err.source();
        }
    }
    assert!(
        told[1].contains("began to speak"),
        "nothing was logged: {}",
        told[1]
    );
    assert!(bench.server.requests().iter().all(|request| request.has_key));
    for text in told {
        assert!(!text.contains(KEY) && !text.contains("secret"), "{text}");
    }
}

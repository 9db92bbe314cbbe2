//! Answers as a session asks for them, on a paused clock.

use std::time::Duration;

use futures_util::StreamExt;
use rstest::rstest;
use tokio::time::{Instant, timeout};
use viva_contract::language_model_contract;
use viva_domain::ports::{
    LanguageModel, LanguageModelEvent, LanguageModelRequest, Message, MessageRole, ProviderError,
    ProviderErrorKind,
};
use viva_domain::sessions::ProviderConfig;

use super::{OfflineLanguageModel, turn};
use crate::providers::testing;

/// Longer than anything that happens.
const HOUR: Duration = Duration::from_hours(1);

const COUNTING: (&str, &str) = ("answers", r#"["One two three.", "Four."]"#);

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn config(options: &[(&str, &str)]) -> ProviderConfig {
    ProviderConfig {
        options: testing::options(options),
        ..ProviderConfig::of("offline")
    }
}

async fn offline(case: impl AsyncFnOnce(&dyn LanguageModel, ProviderConfig)) {
    let fast = config(&[("delay_ms", "0"), ("tokens_per_second", "10000")]);
    case(&OfflineLanguageModel::new(), fast).await;
}

language_model_contract!(offline);

/// The user and the AI in turns, the user first.
fn messages(texts: &[&str]) -> Vec<Message> {
    let roles = [MessageRole::User, MessageRole::Assistant].into_iter().cycle();
    texts
        .iter()
        .zip(roles)
        .map(|(text, role)| Message {
            role,
            text: (*text).to_owned(),
        })
        .collect()
}

fn request(config: &ProviderConfig, messages: Vec<Message>) -> LanguageModelRequest {
    LanguageModelRequest {
        config: OfflineLanguageModel::new().resolve(config).unwrap(),
        instructions: String::new(),
        messages,
    }
}

/// What came of a request, and when.
#[derive(Debug, Default)]
struct Written {
    tokens: Vec<(Duration, String)>,
    is_done: bool,
    failure: Option<ProviderError>,
    /// Nothing came for an hour.
    hangs: bool,
}

impl Written {
    fn text(&self) -> String {
        self.tokens.iter().map(|(_, token)| token.as_str()).collect()
    }
}

async fn written(request: LanguageModelRequest) -> Written {
    let asked = Instant::now();
    let mut stream = OfflineLanguageModel::new().respond(request).await.unwrap();
    let mut written = Written::default();
    loop {
        match timeout(HOUR, stream.next()).await {
            Ok(Some(Ok(LanguageModelEvent::Delta(token)))) => written.tokens.push((asked.elapsed(), token)),
            Ok(Some(Ok(LanguageModelEvent::Done { usage }))) => {
                assert_eq!(usage, None);
                written.is_done = true;
            }
            Ok(Some(Err(err))) => written.failure = Some(err),
            Ok(None) => break,
            Err(_) => {
                written.hangs = true;
                break;
            }
        }
    }
    written
}

async fn answer(options: &[(&str, &str)], texts: &[&str]) -> Written {
    written(request(&config(options), messages(texts))).await
}

#[tokio::test(start_paused = true)]
async fn every_token_comes_exactly_in_its_time() {
    let options = [COUNTING, ("delay_ms", "200"), ("tokens_per_second", "100")];
    let written = answer(&options, &["Count."]).await;
    let expected = [(200, "One "), (210, "two "), (220, "three.")];
    assert_eq!(
        written.tokens,
        expected.map(|(after, token)| (ms(after), token.to_owned()))
    );
    assert!(written.is_done);
}

#[tokio::test(start_paused = true)]
async fn without_options_the_first_token_takes_150_ms_and_the_others_20() {
    let times: Vec<Duration> = answer(&[], &["Hello."])
        .await
        .tokens
        .iter()
        .map(|(after, _)| *after)
        .take(3)
        .collect();
    assert_eq!(times, [ms(150), ms(170), ms(190)]);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_is_late_gets_what_was_written_meanwhile_at_once() {
    let request = request(&config(&[COUNTING]), messages(&["Count."]));
    let mut stream = OfflineLanguageModel::new().respond(request).await.unwrap();
    tokio::time::sleep(ms(1_000)).await;
    let read = Instant::now();
    assert_eq!(stream.by_ref().count().await, 4);
    assert_eq!(read.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn answers_take_turns_with_the_user() {
    assert_eq!(answer(&[COUNTING], &["a"]).await.text(), "One two three.");
    assert_eq!(answer(&[COUNTING], &["a", "b", "c"]).await.text(), "Four.");
    let fifth = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    assert_eq!(answer(&[COUNTING], &fifth).await.text(), "One two three.");
}

#[rstest]
#[case(&[], 0)]
#[case(&["a"], 1)]
#[case(&["a", "b"], 2)]
#[case(&["a", "b", "c"], 2)]
fn the_turn_is_how_often_it_was_asked(#[case] texts: &[&str], #[case] expected: u16) {
    assert_eq!(turn(&messages(texts)), expected);
    let mut greeted = messages(&["x", "hello"]);
    greeted.remove(0);
    assert_eq!(turn(&greeted), 1, "it goes on after a greeting");
}

#[tokio::test(start_paused = true)]
async fn it_begins_with_a_greeting_and_acknowledges_its_instructions_once() {
    let asked = |language: &str, messages: Vec<Message>| {
        let config = ProviderConfig {
            language: Some(language.to_owned()),
            ..config(&[])
        };
        LanguageModelRequest {
            instructions: "Be brief.".to_owned(),
            ..request(&config, messages)
        }
    };
    let greeting = written(asked("en", Vec::new())).await.text();
    assert!(
        greeting.starts_with("Hello, this is Viva's offline voice."),
        "{greeting}"
    );
    assert!(greeting.ends_with("I can only play a script."), "{greeting}");
    let first = written(asked("zh-TW", messages(&["你好"]))).await;
    assert!(
        first.text().ends_with("我收到你的指示了，不過我只會照稿子說。"),
        "{first:?}"
    );
    assert!(first.tokens.len() > 20, "characters are tokens: {first:?}");
    let second = written(asked("de", messages(&["a", "b", "c"]))).await.text();
    assert!(second.starts_with("Unterbrich mich"), "{second}");
    assert!(!second.contains("Anweisungen"), "{second}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_fails_hangs_or_breaks_off_as_asked() {
    let fails = answer(&[COUNTING, ("fail_after_tokens", "1")], &["a"]).await;
    assert_eq!((fails.text().as_str(), fails.is_done), ("One ", false));
    assert!(matches!(
        fails.failure.unwrap().kind,
        ProviderErrorKind::Failed(_)
    ));
    let hangs = answer(&[COUNTING, ("hang_after_tokens", "2")], &["a"]).await;
    assert!(hangs.hangs && hangs.text() == "One two ", "{hangs:?}");
    let drops = answer(&[COUNTING, ("drop_after_tokens", "0")], &["a"]).await;
    assert!(
        !drops.is_done && !drops.hangs && drops.failure.is_none(),
        "{drops:?}"
    );
    assert!(drops.tokens.is_empty(), "{drops:?}");
    let spared = answer(
        &[COUNTING, ("drop_after_tokens", "0"), ("fail_turn", "2")],
        &["a"],
    )
    .await;
    assert!(spared.is_done);
    let short = answer(&[COUNTING, ("fail_after_tokens", "3")], &["a"]).await;
    assert!(short.is_done && short.failure.is_none(), "{short:?}");
}

#[rstest]
#[case("unavailable", ProviderErrorKind::Unavailable, None)]
#[case("rate_limited", ProviderErrorKind::RateLimited, Some(Duration::from_secs(1)))]
#[tokio::test]
async fn the_request_fails_as_asked(
    #[case] name: &str,
    #[case] kind: ProviderErrorKind,
    #[case] retry_after: Option<Duration>,
) {
    let config = config(&[("fail_connect", &format!("{name:?}"))]);
    let refused = OfflineLanguageModel::new()
        .respond(request(&config, Vec::new()))
        .await;
    let err = refused.err().unwrap();
    assert_eq!((err.kind, err.retry_after), (kind, retry_after));
}

#[rstest]
#[case(ProviderConfig { model: Some("big".to_owned()), ..config(&[]) }, "model \"big\" is unknown; the offline provider has no models")]
#[case(ProviderConfig { voice: Some("anna".to_owned()), ..config(&[]) }, "voice \"anna\" is of no use here; only speech has a voice")]
#[case(ProviderConfig { language: Some("tlh".to_owned()), ..config(&[]) }, "language \"tlh\" is not spoken; use one of en, zh-TW, de, fr, es")]
fn what_is_not_there_is_refused_by_name(#[case] config: ProviderConfig, #[case] message: &str) {
    let err = OfflineLanguageModel::new().resolve(&config).unwrap_err();
    assert_eq!(err.kind, ProviderErrorKind::InvalidConfig(message.to_owned()));
}

#[test]
fn it_offers_the_languages_of_the_script() {
    let info = OfflineLanguageModel::new().info();
    assert_eq!(info.languages.len(), 5);
    assert!(info.models.is_empty() && info.voices.is_empty());
}

use std::time::Duration;

use futures_util::StreamExt;
use rstest::rstest;
use tokio::time::{Instant, timeout};
use viva_domain::ports::{LanguageModelEvent, ProviderError, ProviderErrorKind};
use viva_fakes::CapturedLogs;
use viva_fakes::vendors::language_models::ChatVendor::{self, Anthropic, Gemini, OpenAi};
use viva_fakes::vendors::language_models::{ChatScript, ChatServerSettings};

use super::bench::{Bench, config, patiently, quick_limits};
use crate::providers::transport::HttpLimits;

const KEY: &str = "sk-another-key-1234567890";
/// Of an answer nothing came for this long: it is over.
const STALL_LIMIT: Duration = Duration::from_secs(30);

#[rstest]
#[tokio::test]
async fn a_wrong_key_is_said_and_never_shown(#[values(OpenAi, Anthropic, Gemini)] vendor: ChatVendor) {
    let logs = CapturedLogs::start();
    let bench = Bench::with(ChatServerSettings::of(vendor), Some(KEY), quick_limits()).await;
    let err = bench.refused().await;
    assert_eq!(err.kind, ProviderErrorKind::CredentialInvalid);
    assert_eq!(err.provider, "acme");
    assert_eq!(bench.server.requests().len(), 1, "it was not tried again");
    let source = err.source.as_ref().map(ToString::to_string).unwrap_or_default();
    assert!(
        source.contains("[key]"),
        "the server did not repeat the key: {source}"
    );
    assert_hidden(&err, &logs, KEY);
}

#[rstest]
#[tokio::test]
async fn a_key_that_is_not_let_in_is_said_at_once(#[values(OpenAi, Anthropic, Gemini)] vendor: ChatVendor) {
    let bench = Bench::start(vendor).await;
    bench.server.script(ChatScript::refusing(401, None));
    let err = bench.refused().await;
    assert_eq!(err.kind, ProviderErrorKind::CredentialInvalid);
    let requests = bench.server.requests();
    let statuses: Vec<_> = requests.iter().map(|request| request.status).collect();
    assert_eq!(statuses, [Some(401)]);
}

#[rstest]
#[tokio::test]
async fn the_right_key_is_never_shown_either(#[values(OpenAi, Anthropic, Gemini)] vendor: ChatVendor) {
    let logs = CapturedLogs::start();
    let bench = Bench::start(vendor).await;
    let key = bench.server.settings().key.clone().unwrap();
    assert!(bench.answer().await.is_done);
    bench.server.script(ChatScript::new().text("a").overloaded());
    let err = bench.answer().await.failure.unwrap();
    assert_hidden(&err, &logs, &key);
    let requests = bench.server.requests();
    assert!(requests.iter().all(|request| !request.path.contains(&key)));
    assert!(logs.text().contains("acme"), "nothing was logged at all");
}

fn assert_hidden(err: &ProviderError, logs: &CapturedLogs, key: &str) {
    let source = err.source.as_ref().map(ToString::to_string);
    for text in [
        err.to_string(),
        format!("{err:?}"),
        source.unwrap_or_default(),
        logs.text(),
    ] {
        assert!(!text.contains(key), "{text}");
    }
}

#[rstest]
#[tokio::test]
async fn without_a_key_nothing_is_sent(#[values(OpenAi, Anthropic, Gemini)] vendor: ChatVendor) {
    let bench = Bench::with(ChatServerSettings::of(vendor), None, quick_limits()).await;
    assert_eq!(bench.refused().await.kind, ProviderErrorKind::CredentialMissing);
    assert!(bench.server.requests().is_empty());
}

#[rstest]
#[tokio::test]
async fn a_short_rate_limit_is_waited_for(#[values(OpenAi, Anthropic, Gemini)] vendor: ChatVendor) {
    let bench = Bench::start(vendor).await;
    let wait = Duration::from_millis(60);
    bench.server.script(ChatScript::refusing(429, Some(wait)));
    assert!(bench.answer().await.is_done);
    let requests = bench.server.requests();
    assert_eq!(
        requests.iter().map(|request| request.status).collect::<Vec<_>>(),
        [Some(429), Some(200)]
    );
    assert!(requests[1].at - requests[0].at >= wait);
}

#[rstest]
#[tokio::test]
async fn a_long_rate_limit_is_told(#[values(OpenAi, Anthropic, Gemini)] vendor: ChatVendor) {
    let bench = Bench::start(vendor).await;
    let wait = Duration::from_secs(20);
    bench.server.script(ChatScript::refusing(429, Some(wait)));
    let err = bench.refused().await;
    assert_eq!(
        (err.kind, err.retry_after),
        (ProviderErrorKind::RateLimited, Some(wait))
    );
    assert_eq!(bench.server.requests().len(), 1);
}

#[rstest]
#[tokio::test]
async fn a_failing_server_is_tried_three_times(#[values(OpenAi, Anthropic, Gemini)] vendor: ChatVendor) {
    let bench = Bench::start(vendor).await;
    for _ in 0..2 {
        bench.server.script(ChatScript::refusing(500, None));
    }
    assert!(bench.answer().await.is_done);
    for _ in 0..3 {
        bench.server.script(ChatScript::refusing(500, None));
    }
    assert_eq!(bench.refused().await.kind, ProviderErrorKind::Unavailable);
    assert_eq!(bench.server.requests().len(), 6);
}

#[rstest]
#[tokio::test]
async fn an_unknown_model_is_a_wrong_setting(#[values(OpenAi, Anthropic, Gemini)] vendor: ChatVendor) {
    let bench = Bench::start(vendor).await;
    let mut config = config();
    config.model = Some("no-such-model".to_owned());
    let err = bench.ask(config).await.err().unwrap();
    match err.kind {
        ProviderErrorKind::InvalidConfig(message) => assert!(message.contains("no-such-model"), "{message}"),
        other => panic!("{other:?}"),
    }
}

#[rstest]
#[tokio::test]
async fn an_error_within_an_answer_ends_it(#[values(OpenAi, Anthropic, Gemini)] vendor: ChatVendor) {
    let bench = Bench::start(vendor).await;
    bench.server.script(ChatScript::new().text("Well,").overloaded());
    let heard = bench.answer().await;
    assert_eq!(heard.text, "Well,");
    assert_eq!(
        heard.failure.map(|err| err.kind),
        Some(ProviderErrorKind::Unavailable)
    );
    assert_eq!(
        bench.server.requests().len(),
        1,
        "nothing is tried again after a word"
    );
}

#[rstest]
#[tokio::test]
async fn a_broken_connection_ends_the_answer(#[values(OpenAi, Anthropic, Gemini)] vendor: ChatVendor) {
    let bench = Bench::start(vendor).await;
    bench.server.script(ChatScript::new().text("Well,").hangs_up());
    let heard = bench.answer().await;
    assert_eq!(heard.text, "Well,");
    assert_eq!(
        heard.failure.map(|err| err.kind),
        Some(ProviderErrorKind::Unavailable)
    );
    assert_eq!(bench.server.requests().len(), 1);
}

#[rstest]
#[tokio::test]
async fn an_answer_that_stalls_is_given_up(#[values(OpenAi, Anthropic, Gemini)] vendor: ChatVendor) {
    let bench = Bench::start(vendor).await;
    bench.server.script(ChatScript::new().text("Well,"));
    let mut stream = bench.ask(config()).await.unwrap();
    let said = patiently(stream.next()).await.unwrap().unwrap();
    assert_eq!(said, LanguageModelEvent::Delta("Well,".to_owned()));
    // From here on time passes as soon as nobody has anything to do.
    tokio::time::pause();
    let stalled = Instant::now();
    let given_up = timeout(STALL_LIMIT * 2, stream.next()).await;
    let err = given_up.expect("it was waited for").unwrap().unwrap_err();
    assert_eq!(err.kind, ProviderErrorKind::Unavailable);
    // It has been silent since a moment ago.
    let waited = stalled.elapsed();
    assert!(
        waited.abs_diff(STALL_LIMIT) < Duration::from_secs(1),
        "{waited:?}"
    );
    assert!(stream.next().await.is_none(), "something follows the failure");
    assert_eq!(
        bench.server.requests().len(),
        1,
        "it was asked again after a word"
    );
    bench.server.closed().await;
}

#[rstest]
#[tokio::test]
async fn an_answer_that_does_not_end_broke_off(#[values(OpenAi, Anthropic, Gemini)] vendor: ChatVendor) {
    let bench = Bench::start(vendor).await;
    bench.server.script(ChatScript::new().text("Well,").ends_early());
    let heard = bench.answer().await;
    assert_eq!(
        heard.failure.map(|err| err.kind),
        Some(ProviderErrorKind::Unavailable)
    );
}

#[rstest]
#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up(#[values(OpenAi, Anthropic, Gemini)] vendor: ChatVendor) {
    let limits = HttpLimits {
        answer: Duration::from_millis(100),
        ..quick_limits()
    };
    let settings = ChatServerSettings::of(vendor);
    let key = settings.key.clone();
    let bench = Bench::with(settings, key.as_deref(), limits).await;
    bench
        .server
        .script(ChatScript::new().accepting_after(Duration::from_hours(1)));
    assert_eq!(bench.refused().await.kind, ProviderErrorKind::Unavailable);
    assert_eq!(bench.server.requests().len(), 1);
    bench.server.closed().await;
}

#[rstest]
#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable(#[values(OpenAi, Anthropic, Gemini)] vendor: ChatVendor) {
    let Bench { server, model } = Bench::start(vendor).await;
    drop(server);
    let request = viva_domain::ports::LanguageModelRequest {
        config: config(),
        instructions: String::new(),
        messages: Vec::new(),
    };
    // What the dropped server still accepts it does not answer.
    let err = patiently(model.respond(request)).await.err().unwrap();
    assert_eq!(err.kind, ProviderErrorKind::Unavailable);
}

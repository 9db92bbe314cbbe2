use std::time::{Duration, Instant};

use futures_util::StreamExt;
use rstest::rstest;
use viva_contract::language_model_contract;
use viva_domain::ports::LanguageModel;
use viva_domain::sessions::ProviderConfig;
use viva_domain::turns::Usage;
use viva_fakes::vendors::language_models::ChatVendor::{self, Anthropic, Gemini, OpenAi};
use viva_fakes::vendors::language_models::{ChatScript, ChatServerSettings};

use super::bench::{Bench, Heard, config, patiently, quick_limits};
use crate::providers::transport::hanging_up;

async fn openai(case: impl AsyncFnOnce(&dyn LanguageModel, ProviderConfig)) {
    case(&*Bench::start(OpenAi).await.model, config()).await;
}

async fn anthropic(case: impl AsyncFnOnce(&dyn LanguageModel, ProviderConfig)) {
    case(&*Bench::start(Anthropic).await.model, config()).await;
}

async fn gemini(case: impl AsyncFnOnce(&dyn LanguageModel, ProviderConfig)) {
    case(&*Bench::start(Gemini).await.model, config()).await;
}

language_model_contract!(openai);
language_model_contract!(anthropic);
language_model_contract!(gemini);

#[rstest]
#[tokio::test]
async fn an_answer_comes_word_by_word_and_is_counted(
    #[values(OpenAi, Anthropic, Gemini)] vendor: ChatVendor,
) {
    let bench = Bench::start(vendor).await;
    bench
        .server
        .script(ChatScript::answering("Once upon a time: 從前 “…” 🙂."));
    let heard = bench.answer().await;
    assert_eq!(heard.text, "Once upon a time: 從前 “…” 🙂.");
    assert_eq!(heard.deltas, 7);
    let usage = Usage {
        input_tokens: Some(20),
        output_tokens: Some(9),
    };
    assert!(heard.is_done);
    assert_eq!(heard.usage, Some(usage));
}

#[rstest]
#[tokio::test]
async fn words_are_told_as_they_come(#[values(OpenAi, Anthropic, Gemini)] vendor: ChatVendor) {
    let bench = Bench::start(vendor).await;
    // It hangs after the first word, so whoever waited for more would get nothing.
    bench.server.script(ChatScript::new().text("Well,"));
    let mut stream = bench.ask(config()).await.unwrap();
    assert!(patiently(stream.next()).await.unwrap().is_ok());
}

#[rstest]
#[tokio::test]
async fn a_slow_first_word_is_waited_for(#[values(OpenAi, Anthropic, Gemini)] vendor: ChatVendor) {
    let bench = Bench::start(vendor).await;
    let delay = Duration::from_millis(150);
    let script = ChatScript::answering("Good.").accepting_after(delay);
    bench.server.script(script.wait(Duration::ZERO));
    bench
        .server
        .script(ChatScript::new().wait(delay).text("Good.").done());
    for _ in 0..2 {
        let asked = Instant::now();
        let heard = bench.answer().await;
        assert_eq!((heard.text.as_str(), heard.is_done), ("Good.", true));
        assert!(asked.elapsed() >= delay);
    }
    assert_eq!(bench.server.requests().len(), 2, "nothing was asked twice");
}

#[rstest]
#[tokio::test]
async fn an_empty_answer_is_complete(#[values(OpenAi, Anthropic, Gemini)] vendor: ChatVendor) {
    let bench = Bench::start(vendor).await;
    bench.server.script(ChatScript::new().done());
    let heard = bench.answer().await;
    assert_eq!((heard.deltas, heard.is_done), (0, true));
}

#[rstest]
#[tokio::test]
async fn dropping_an_answer_closes_the_connection(#[values(OpenAi, Anthropic, Gemini)] vendor: ChatVendor) {
    hanging_up::is_noticed_at_once(async || {
        let bench = Bench::start(vendor).await;
        bench.server.script(ChatScript::new().text("Well,"));
        let mut stream = bench.ask(config()).await.unwrap();
        patiently(stream.next()).await.unwrap().unwrap();
        let dropped = Instant::now();
        drop(stream);
        let closed = patiently(bench.server.closed()).await;
        closed.saturating_duration_since(dropped)
    })
    .await;
}

#[rstest]
#[tokio::test]
async fn dropping_a_request_closes_the_connection(#[values(OpenAi, Anthropic, Gemini)] vendor: ChatVendor) {
    let bench = Bench::start(vendor).await;
    bench
        .server
        .script(ChatScript::new().accepting_after(Duration::from_hours(1)));
    {
        let asking = bench.ask(config());
        let asked = bench.server.until(|requests| !requests.is_empty());
        tokio::select! {
            _ = asking => panic!("it was answered"),
            _ = asked => {}
        }
    }
    patiently(bench.server.closed()).await;
}

#[tokio::test]
async fn a_server_without_keys_is_sent_none() {
    for vendor in [OpenAi, Anthropic, Gemini] {
        let settings = ChatServerSettings {
            key: None,
            ..ChatServerSettings::of(vendor)
        };
        let bench = Bench::with(settings, None, quick_limits()).await;
        assert!(bench.answer().await.is_done);
        let requests = bench.server.requests();
        for header in ["authorization", "x-api-key", "x-goog-api-key"] {
            assert_eq!(requests[0].header(header), None, "{vendor:?}");
        }
    }
}

#[tokio::test]
async fn answers_that_were_read_share_a_connection() {
    let bench = Bench::start(OpenAi).await;
    for _ in 0..20 {
        let stream = bench.ask(config()).await.unwrap();
        assert!(Heard::all(stream).await.is_done);
    }
    let requests = bench.server.requests();
    assert!(requests.iter().all(|request| request.closed.is_none()));
    let peers: std::collections::HashSet<_> = requests.iter().map(|request| request.peer).collect();
    assert_eq!(peers.len(), 1);
}

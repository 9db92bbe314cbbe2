use std::time::{Duration, Instant};

use rstest::rstest;
use serde_json::json;
use viva_domain::ports::{Message, MessageRole, ProviderErrorKind, RealtimeVoice};
use viva_domain::sessions::ProviderConfig;
use viva_fakes::vendors::openai::realtime::{OpenAiRealtimeScript, RealtimeHost};

use super::bench::{Bench, KEY, ORDERED, PROVIDER, config, settings};
use crate::providers::openai::realtime::RealtimeSettings;

#[tokio::test]
async fn defaults_are_filled_in() {
    let bench = Bench::new().await;
    let resolved = bench.voice.resolve(&config(&[("speed", "1.25")])).unwrap();
    let expected = ProviderConfig {
        model: Some("speaks-2".to_owned()),
        voice: Some("marin".to_owned()),
        ..config(&[("speed", "1.25"), ("transcription_model", "\"hears-2\"")])
    };
    assert_eq!(resolved, expected);
}

#[tokio::test]
async fn without_a_model_there_is_no_conversation() {
    let bench = Bench::with(
        OpenAiRealtimeScript::default(),
        RealtimeSettings::default(),
        Some(KEY),
    )
    .await;
    let err = bench.connect(&config(&[]), Vec::new()).await.unwrap_err();
    let message = "model is missing; there is no default".to_owned();
    assert_eq!(
        (err.provider.as_str(), err.kind),
        (PROVIDER, ProviderErrorKind::InvalidConfig(message))
    );
    let named = ProviderConfig {
        model: Some("a model/1".to_owned()),
        ..config(&[])
    };
    bench.connect(&named, Vec::new()).await.unwrap();
    assert_eq!(bench.server.requests()[0].parameters()["model"], "a model/1");
}

#[tokio::test]
async fn the_provider_is_told_how_to_be() {
    let bench = Bench::new().await;
    let message = |role, text: &str| Message {
        role,
        text: text.to_owned(),
    };
    let history = vec![
        message(MessageRole::User, "Hello."),
        message(MessageRole::Assistant, "Hi."),
    ];
    let _session = bench.connect(&config(&[ORDERED]), history).await.unwrap();
    let lines = bench.until_told(|lines| lines[0].texts.len() == 3).await;
    let session = &lines[0].texts[0]["session"];
    assert_eq!(session["type"], "realtime");
    assert_eq!(session["instructions"], "Be brief.");
    assert_eq!(session["audio"]["output"]["voice"], "marin");
    assert_eq!(
        session["audio"]["input"]["transcription"],
        json!({ "model": "hears-2", "language": "en" })
    );
    let said = |index: usize| {
        (
            &lines[0].texts[index]["item"]["role"],
            &lines[0].texts[index]["item"]["content"][0]["text"],
        )
    };
    assert_eq!(said(1), (&json!("user"), &json!("Hello.")));
    assert_eq!(said(2), (&json!("assistant"), &json!("Hi.")));
    assert_eq!(bench.server.complaints(), Vec::<String>::new());
}

#[rstest]
#[case(401, "invalid_api_key", ProviderErrorKind::CredentialInvalid)]
#[case(403, "forbidden", ProviderErrorKind::CredentialForbidden)]
#[case(429, "rate_limit_exceeded", ProviderErrorKind::RateLimited)]
#[case(429, "insufficient_quota", ProviderErrorKind::QuotaExceeded)]
#[case(404, "model_not_found", ProviderErrorKind::InvalidConfig("No.".to_owned()))]
#[case(400, "odd", ProviderErrorKind::Failed("No.".to_owned()))]
#[case(500, "server_error", ProviderErrorKind::Unavailable)]
#[tokio::test]
async fn a_refusal_is_understood(
    #[case] status: u16,
    #[case] code: &str,
    #[case] kind: ProviderErrorKind,
    #[values(RealtimeHost::OpenAi, RealtimeHost::Azure)] host: RealtimeHost,
) {
    let bench = Bench::at(host).await;
    // Where it may help it is tried once more; one try more would be let in.
    let tries = if kind == ProviderErrorKind::Unavailable {
        2
    } else {
        1
    };
    for _ in 0..tries {
        bench
            .server
            .refuse(status, code, "No.", (status == 429).then_some(7));
    }
    let err = bench.connect(&config(&[]), Vec::new()).await.unwrap_err();
    assert_eq!(err.kind, kind);
    assert_eq!(
        err.retry_after.map(|wait| wait.as_secs()),
        (status == 429).then_some(7)
    );
    assert_eq!(bench.server.attempts(), tries);
    bench.connect(&config(&[]), Vec::new()).await.unwrap();
}

#[rstest]
#[case(503, "server_error", None)]
#[case(429, "rate_limit_exceeded", Some(1))]
#[tokio::test]
async fn a_provider_that_is_out_of_order_for_a_moment_is_called_once_more(
    #[case] status: u16,
    #[case] code: &str,
    #[case] retry_after: Option<u64>,
    #[values(RealtimeHost::OpenAi, RealtimeHost::Azure)] host: RealtimeHost,
) {
    let bench = Bench::at(host).await;
    bench.server.refuse(status, code, "No.", retry_after);
    let refused = Instant::now();
    let mut talk = bench.talk(&[ORDERED]).await;
    assert!(refused.elapsed() >= Duration::from_secs(retry_after.unwrap_or_default()));
    assert!(talk.ask().await.is_done());
    assert_eq!(bench.server.attempts(), 2);
}

#[rstest]
#[case(RealtimeHost::OpenAi)]
#[case(RealtimeHost::Azure)]
#[tokio::test]
async fn a_wrong_key_is_refused(#[case] host: RealtimeHost) {
    let script = OpenAiRealtimeScript {
        host,
        ..OpenAiRealtimeScript::default()
    };
    let bench = Bench::with(script, settings(), Some("sk-wrong")).await;
    let err = bench.connect(&config(&[]), Vec::new()).await.unwrap_err();
    assert_eq!(
        (err.provider.as_str(), &err.kind),
        (PROVIDER, &ProviderErrorKind::CredentialInvalid)
    );
    assert!(!format!("{err:?}").contains("sk-wrong"));
}

#[tokio::test]
async fn azure_needs_a_key_and_servers_at_home_do_not() {
    let script = |host| OpenAiRealtimeScript {
        host,
        api_key: None,
        ..OpenAiRealtimeScript::default()
    };
    let azure = Bench::with(script(RealtimeHost::Azure), settings(), None).await;
    let err = azure.connect(&config(&[]), Vec::new()).await.unwrap_err();
    assert_eq!(
        (err.kind, azure.server.attempts()),
        (ProviderErrorKind::CredentialMissing, 0)
    );
    let home = Bench::with(script(RealtimeHost::OpenAi), settings(), None).await;
    home.connect(&config(&[]), Vec::new()).await.unwrap();
}

#[tokio::test]
async fn nobody_there_is_unavailable() {
    let bench = Bench::new().await;
    let Bench { server, voice, .. } = bench;
    drop(server);
    let request = viva_domain::ports::RealtimeRequest {
        config: voice.resolve(&config(&[])).unwrap(),
        instructions: String::new(),
        ai_role: None,
        history: Vec::new(),
    };
    assert_eq!(
        voice.connect(request).await.unwrap_err().kind,
        ProviderErrorKind::Unavailable
    );
}

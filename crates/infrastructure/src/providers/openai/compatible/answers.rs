//! Language models.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use rstest::rstest;
use viva_domain::ports::{
    LanguageModel, LanguageModelEvent, LanguageModelRequest, Message, MessageRole, ProviderError,
    ProviderErrorKind,
};
use viva_domain::sessions::ProviderConfig;
use viva_domain::turns::Usage;
use viva_fakes::vendors::compatible::CompatibleVendor::{LlamaCpp, LocalAi, Ollama, Speaches, Vllm};
use viva_fakes::vendors::compatible::{CompatibleScript, CompatibleVendor};

use super::{PROVIDER, account, client_for, defaults, http, server, with};
use crate::providers::ears::talk::{config, patiently};
use crate::providers::openai::OpenAiLanguageModel;

/// What was answered, to its end.
type Answer = Result<(String, Option<Usage>), ProviderError>;

async fn ask(base_url: &str, config: ProviderConfig) -> Answer {
    let account = account(base_url, None);
    let http = client_for(&account, http());
    let model = OpenAiLanguageModel::new(account, http, defaults(None)).with_optional_key();
    let request = LanguageModelRequest {
        config: model.resolve(&config)?,
        instructions: "Be brief.".to_owned(),
        messages: vec![Message {
            role: MessageRole::User,
            text: "How are you?".to_owned(),
        }],
    };
    let mut stream = patiently(model.respond(request)).await?;
    let mut text = String::new();
    loop {
        match patiently(stream.next()).await.expect("it has no end") {
            Ok(LanguageModelEvent::Delta(delta)) => text.push_str(&delta),
            Ok(LanguageModelEvent::Done { usage }) => return Ok((text, usage)),
            Err(err) => return Err(err),
        }
    }
}

#[rstest]
#[case::ollama(Ollama)]
#[case::llama_cpp(LlamaCpp)]
#[case::vllm(Vllm)]
#[case::local_ai(LocalAi)]
#[case::speaches(Speaches)]
#[tokio::test]
async fn a_server_answers(#[case] vendor: CompatibleVendor) {
    let server = server(vendor).await;
    let (text, usage) = ask(&server.base_url(), ProviderConfig::of(PROVIDER))
        .await
        .unwrap();
    assert_eq!(text, "I am fine, thanks.", "and no thoughts");
    let counted = Usage {
        input_tokens: Some(20),
        output_tokens: Some(9),
    };
    // That one does not pass it on.
    assert_eq!(usage, Some(counted).filter(|_| vendor != Speaches));
    let [request] = &server.requests()[..] else {
        panic!("it was asked more than once");
    };
    assert_eq!(
        (request.path.as_str(), request.has_key),
        ("/v1/chat/completions", false)
    );
    assert_eq!(request.json["messages"][0]["role"], "system");
}

/// The name that Ollama reads, of those that there are.
#[tokio::test]
async fn an_answer_is_limited_in_the_servers_words() {
    let server = server(Ollama).await;
    let config = config(
        PROVIDER,
        super::MODEL,
        &[("max_tokens", "100"), ("reasoning_effort", "\"none\"")],
    );
    assert!(ask(&server.base_url(), config).await.is_ok());
    let body = &server.requests()[0].json;
    assert_eq!(body["max_tokens"], 100);
    assert_eq!(body["reasoning_effort"], "none");
    assert!(body.get("max_completion_tokens").is_none());
}

#[rstest]
#[case::llama_cpp(LlamaCpp)]
#[case::local_ai(LocalAi)]
#[tokio::test]
async fn an_address_may_lack_its_version_where_the_paths_do(#[case] vendor: CompatibleVendor) {
    let server = server(vendor).await;
    let answer = ask(&server.bare_url(), ProviderConfig::of(PROVIDER)).await;
    assert_eq!(answer.unwrap().0, "I am fine, thanks.");
    assert_eq!(server.requests()[0].path, "/chat/completions");
}

#[rstest]
#[case::ollama(Ollama, "model \"nosuch\" not found, try pulling it first")]
#[case::vllm(Vllm, "The model `nosuch` does not exist.")]
#[case::local_ai(LocalAi, "model \"nosuch\" not found")]
#[case::speaches(Speaches, "Failed to communicate with the language model API.")]
#[tokio::test]
async fn a_model_that_is_not_there_is_told(#[case] vendor: CompatibleVendor, #[case] message: &str) {
    let server = server(vendor).await;
    let err = ask(&server.base_url(), config(PROVIDER, "nosuch", &[]))
        .await
        .unwrap_err();
    assert_eq!(err.kind, ProviderErrorKind::InvalidConfig(message.to_owned()));
    assert_eq!(server.requests().len(), 1, "nothing is asked twice");
}

/// llama.cpp refuses everything until its model is loaded; others do not answer.
#[tokio::test]
async fn a_model_that_is_being_loaded_is_waited_for() {
    let script = CompatibleScript {
        loading: 2,
        ..CompatibleScript::default()
    };
    let server = with(LlamaCpp, script).await;
    assert!(
        ask(&server.base_url(), ProviderConfig::of(PROVIDER))
            .await
            .is_ok()
    );
    let statuses: Vec<u16> = server.requests().iter().map(|request| request.status).collect();
    assert_eq!(statuses, [503, 503, 200]);

    let loads_for = Duration::from_millis(300);
    let script = CompatibleScript {
        loads_for,
        ..CompatibleScript::default()
    };
    let server = with(Ollama, script).await;
    let asked = Instant::now();
    assert!(
        ask(&server.base_url(), ProviderConfig::of(PROVIDER))
            .await
            .is_ok()
    );
    assert!(asked.elapsed() >= loads_for);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_model_that_does_not_finish_loading_is_unavailable() {
    let script = CompatibleScript {
        loading: usize::MAX,
        ..CompatibleScript::default()
    };
    let server = with(LlamaCpp, script).await;
    let err = ask(&server.base_url(), ProviderConfig::of(PROVIDER))
        .await
        .unwrap_err();
    assert_eq!(err.kind, ProviderErrorKind::Unavailable);
}

/// Which is that of an operator who set one, and the user did not.
#[rstest]
#[case::llama_cpp(LlamaCpp, ProviderErrorKind::CredentialInvalid)]
#[case::vllm(Vllm, ProviderErrorKind::CredentialInvalid)]
#[case::local_ai(LocalAi, ProviderErrorKind::CredentialInvalid)]
#[case::speaches(Speaches, ProviderErrorKind::CredentialMissing)]
#[tokio::test]
async fn a_server_may_want_a_key_all_the_same(
    #[case] vendor: CompatibleVendor,
    #[case] kind: ProviderErrorKind,
) {
    let script = CompatibleScript {
        api_key: Some("sk-own".to_owned()),
        ..CompatibleScript::default()
    };
    let server = with(vendor, script).await;
    let err = ask(&server.base_url(), ProviderConfig::of(PROVIDER))
        .await
        .unwrap_err();
    assert_eq!(err.kind, kind);
}

//! Speech-to-text: of files, since hardly any has OpenAI's sessions.

use rstest::rstest;
use tokio_util::task::TaskTracker;
use viva_audio::SampleRate;
use viva_domain::ports::{ProviderErrorKind, SpeechToText, SpeechToTextEventKind};
use viva_domain::sessions::ProviderConfig;
use viva_fakes::vendors::compatible::CompatibleVendor::{
    LlamaCpp, LocalAi, Ollama, Speaches, Vllm, WhisperCpp,
};
use viva_fakes::vendors::compatible::{CompatibleScript, CompatibleVendor};

use super::{MODEL, PROVIDER, account, defaults, http, server, with};
use crate::providers::ears::talk::{Talk, config, patiently};
use crate::providers::openai::OpenAiSpeechToText;

const HEARD: &str = "Hello world.";

fn ears(base_url: &str) -> OpenAiSpeechToText {
    let account = account(base_url, None);
    OpenAiSpeechToText::new(account, &http(), defaults(None), TaskTracker::new())
}

/// An utterance, and what is told of it, to its end.
async fn utter(base_url: &str, config: &ProviderConfig) -> Vec<SpeechToTextEventKind> {
    let mut talk = Talk::open(&ears(base_url), config).await;
    talk.speak().await;
    talk.finalize().await;
    let mut told = Vec::new();
    loop {
        let kind = talk.next().await;
        let is_last = !matches!(kind, SpeechToTextEventKind::Partial(_));
        told.push(kind);
        if is_last {
            return told;
        }
    }
}

/// Started as its documents say for clients of OpenAI.
fn script() -> CompatibleScript {
    CompatibleScript {
        inference_path: "/v1/audio/transcriptions".to_owned(),
        ..CompatibleScript::default()
    }
}

#[rstest]
#[case::ollama(Ollama, false)]
#[case::llama_cpp(LlamaCpp, true)]
#[case::vllm(Vllm, true)]
#[case::local_ai(LocalAi, true)]
#[case::speaches(Speaches, true)]
#[case::whisper_cpp(WhisperCpp, false)]
#[tokio::test]
async fn a_server_writes_down_what_is_said(#[case] vendor: CompatibleVendor, #[case] streams: bool) {
    let server = with(vendor, script()).await;
    let mut asked = config(
        PROVIDER,
        MODEL,
        &[("temperature", "0"), ("prompt", "\"A talk.\"")],
    );
    asked.language = Some("en-GB".to_owned());
    let told = utter(&server.base_url(), &asked).await;
    let partial = |text: &str| SpeechToTextEventKind::Partial(text.to_owned());
    let mut expected = vec![SpeechToTextEventKind::Final(HEARD.to_owned())];
    if streams {
        expected.splice(..0, [partial("Hello"), partial(HEARD)]);
    }
    // Of a blank before the first word a server may make a piece.
    let told: Vec<_> = told.into_iter().filter(|kind| *kind != partial("")).collect();
    assert_eq!(told, expected);
    let [request] = &server.requests()[..] else {
        panic!("it was sent more than once");
    };
    assert!(!request.has_key);
    assert_eq!(request.path, "/v1/audio/transcriptions");
    assert_eq!(request.audio.as_ref().unwrap().rate, SampleRate::HZ_16K);
    let fields = ["model", "language", "response_format"].map(|name| request.field(name).unwrap());
    assert_eq!(fields, [MODEL, "en", "json"]);
}

/// As an operator may want it whose server streams in a way that nobody understands.
#[rstest]
#[case::ollama(Ollama)]
#[case::llama_cpp(LlamaCpp)]
#[case::vllm(Vllm)]
#[case::local_ai(LocalAi)]
#[case::speaches(Speaches)]
#[case::whisper_cpp(WhisperCpp)]
#[tokio::test]
async fn a_transcript_may_come_in_one_piece(#[case] vendor: CompatibleVendor) {
    let server = with(vendor, script()).await;
    let told = utter(
        &server.base_url(),
        &config(PROVIDER, MODEL, &[("stream", "false")]),
    )
    .await;
    assert_eq!(told, [SpeechToTextEventKind::Final(HEARD.to_owned())]);
}

#[rstest]
#[case::ollama(Ollama)]
#[case::llama_cpp(LlamaCpp)]
#[case::vllm(Vllm)]
#[case::local_ai(LocalAi)]
#[case::speaches(Speaches)]
#[case::whisper_cpp(WhisperCpp)]
#[tokio::test]
async fn what_nobody_understood_has_no_words(#[case] vendor: CompatibleVendor) {
    let heard = CompatibleScript {
        heard: String::new(),
        ..script()
    };
    let server = with(vendor, heard).await;
    let told = utter(&server.base_url(), &config(PROVIDER, MODEL, &[])).await;
    assert_eq!(told.last(), Some(&SpeechToTextEventKind::Final(String::new())));
}

#[rstest]
#[case::ollama(Ollama, "model \"nosuch\" not found, try pulling it first")]
#[case::vllm(Vllm, "The model `nosuch` does not exist.")]
#[case::local_ai(LocalAi, "model \"nosuch\" not found")]
#[case::speaches(
    Speaches,
    "Model 'nosuch' is not installed locally. You can download the model using `POST /v1/models`"
)]
#[tokio::test]
async fn a_model_that_is_not_there_is_told(#[case] vendor: CompatibleVendor, #[case] message: &str) {
    let server = server(vendor).await;
    let told = utter(&server.base_url(), &config(PROVIDER, "nosuch", &[])).await;
    assert_eq!(
        failure(told),
        ProviderErrorKind::InvalidConfig(message.to_owned())
    );
}

/// llama.cpp needs a model that hears.
#[tokio::test]
async fn a_model_that_cannot_hear_is_told() {
    let deaf = CompatibleScript {
        model: "deaf".to_owned(),
        ..CompatibleScript::default()
    };
    let server = with(LlamaCpp, deaf).await;
    let told = utter(&server.base_url(), &config(PROVIDER, "deaf", &[])).await;
    let message = "The current model does not support audio input.".to_owned();
    assert_eq!(failure(told), ProviderErrorKind::InvalidConfig(message));
}

/// whisper.cpp listens at another path, unless it is told to listen at OpenAI's.
#[tokio::test]
async fn a_server_that_was_started_for_somebody_else_is_told() {
    let server = server(WhisperCpp).await;
    let told = utter(&server.base_url(), &config(PROVIDER, MODEL, &[])).await;
    let message = "it answered 404 without a reason".to_owned();
    assert_eq!(failure(told), ProviderErrorKind::Failed(message));
}

/// vLLM's socket has a dialect of its own, in which its model has another place.
#[tokio::test]
async fn a_socket_with_another_dialect_is_told_at_once() {
    let server = server(Vllm).await;
    let asked = config(PROVIDER, MODEL, &[("api", "\"realtime\"")]);
    let err = patiently(ears(&server.base_url()).connect(asked))
        .await
        .err()
        .unwrap();
    let message = "Field required: model".to_owned();
    assert_eq!(err.kind, ProviderErrorKind::Failed(message));
}

fn failure(mut told: Vec<SpeechToTextEventKind>) -> ProviderErrorKind {
    match told.pop() {
        Some(SpeechToTextEventKind::FinalFailed(err)) => {
            assert_eq!((err.provider.as_str(), told.len()), (PROVIDER, 0));
            err.kind.clone()
        }
        other => panic!("expected a failure, got {other:?}"),
    }
}

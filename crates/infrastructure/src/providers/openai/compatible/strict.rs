//! The servers are as strict as the real ones, and as forgiving; else the other tests would prove little.

use reqwest::Client;
use reqwest::multipart::{Form, Part};
use rstest::rstest;
use serde_json::{Value, json};
use viva_audio::{Clip, SampleRate};
use viva_fakes::vendors::compatible::CompatibleVendor::{
    self, Kokoro, LlamaCpp, LocalAi, Ollama, Speaches, Vllm, WhisperCpp,
};
use viva_fakes::vendors::compatible::{CompatibleScript, CompatibleServer};

use super::{MODEL, with};
use crate::providers::transport::probe::with as having;

async fn open(vendor: CompatibleVendor) -> CompatibleServer {
    let script = CompatibleScript {
        inference_path: "/v1/audio/transcriptions".to_owned(),
        ..CompatibleScript::default()
    };
    with(vendor, script).await
}

fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

async fn posted(server: &CompatibleServer, path: &str, body: &Value) -> u16 {
    let url = format!("{}/{path}", server.base_url());
    client()
        .post(url)
        .json(body)
        .send()
        .await
        .unwrap()
        .status()
        .as_u16()
}

async fn uploaded(
    server: &CompatibleServer,
    fields: &[(&'static str, &'static str)],
    rate: Option<SampleRate>,
) -> u16 {
    let mut form = Form::new();
    for (name, value) in fields {
        form = form.text(*name, *value);
    }
    if let Some(rate) = rate {
        let clip = Clip {
            rate,
            samples: vec![1; 800],
        };
        let file = Part::bytes(clip.to_wav_bytes()).file_name("speech.wav");
        form = form.part("file", file);
    }
    let url = format!("{}/audio/transcriptions", server.base_url());
    client()
        .post(url)
        .multipart(form)
        .send()
        .await
        .unwrap()
        .status()
        .as_u16()
}

#[rstest]
#[case::ollama(Ollama, 400, 404)]
#[case::llama_cpp(LlamaCpp, 400, 200)]
#[case::vllm(Vllm, 400, 404)]
#[case::local_ai(LocalAi, 500, 404)]
#[case::speaches(Speaches, 422, 404)]
#[tokio::test]
async fn chats_are_taken_as_the_real_ones_take_them(
    #[case] vendor: CompatibleVendor,
    #[case] wrong: u16,
    #[case] no_model: u16,
) {
    let server = open(vendor).await;
    let right = json!({
        "model": MODEL, "stream": true, "messages": [{"role": "user", "content": "Hi"}], "mood": "unknown",
    });
    for (path, value, status) in [
        ("/mood", json!(1), 200),
        ("/messages", json!([]), wrong),
        ("/messages/0/role", json!("nobody"), wrong),
        ("/messages/0/content", json!(null), wrong),
        ("/model", json!("nosuch"), no_model),
    ] {
        let body = having(&right, path, value);
        assert_eq!(posted(&server, "chat/completions", &body).await, status, "{body}");
    }
    let missing = posted(&server, "nothing/here", &right).await;
    assert_eq!(missing, 404);
}

#[rstest]
#[case::ollama(Ollama, &[("model", MODEL)], 200)]
#[case::ollama_without_a_model(Ollama, &[], 400)]
#[case::llama_cpp_without_a_model(LlamaCpp, &[], 200)]
#[case::llama_cpp_as_text(LlamaCpp, &[("response_format", "text")], 400)]
#[case::vllm(Vllm, &[("model", MODEL), ("mood", "unknown")], 200)]
#[case::vllm_in_english_of_britain(Vllm, &[("model", MODEL), ("language", "en-GB")], 400)]
#[case::local_ai_without_a_model(LocalAi, &[], 400)]
#[case::speaches_without_a_model(Speaches, &[], 422)]
#[case::whisper_cpp_without_a_model(WhisperCpp, &[], 200)]
#[case::whisper_cpp_very_warm(WhisperCpp, &[("temperature", "warm")], 500)]
#[tokio::test]
async fn files_are_taken_as_the_real_ones_take_them(
    #[case] vendor: CompatibleVendor,
    #[case] fields: &[(&'static str, &'static str)],
    #[case] status: u16,
) {
    let server = open(vendor).await;
    assert_eq!(uploaded(&server, fields, Some(SampleRate::HZ_16K)).await, status);
    let without_file = uploaded(&server, fields, None).await;
    assert!(without_file >= 400, "{without_file}");
}

#[tokio::test]
async fn whisper_cpp_takes_one_rate_only() {
    let server = open(WhisperCpp).await;
    assert_eq!(uploaded(&server, &[], Some(SampleRate::HZ_24K)).await, 400);
}

#[rstest]
#[case::kokoro(Kokoro, "/instructions", json!("Whisper."), 200)]
#[case::kokoro_without_a_text(Kokoro, "/input", json!(null), 422)]
#[case::kokoro_in_a_hurry(Kokoro, "/speed", json!(5), 422)]
#[case::kokoro_in_another_format(Kokoro, "/response_format", json!("tape"), 422)]
#[case::kokoro_with_another_model(Kokoro, "/model", json!("nosuch"), 400)]
#[case::speaches(Speaches, "/mood", json!(1), 200)]
#[case::speaches_without_a_voice(Speaches, "/voice", json!(null), 422)]
#[case::speaches_in_a_hurry(Speaches, "/speed", json!(3), 422)]
#[case::local_ai_without_a_voice(LocalAi, "/voice", json!(null), 200)]
#[case::local_ai_without_a_model(LocalAi, "/model", json!(null), 400)]
#[tokio::test]
async fn texts_are_taken_as_the_real_ones_take_them(
    #[case] vendor: CompatibleVendor,
    #[case] path: &str,
    #[case] value: Value,
    #[case] status: u16,
) {
    let server = open(vendor).await;
    let model = if vendor == Kokoro { "tts-1" } else { MODEL };
    let right = json!({"model": model, "input": "Hi", "voice": "af_heart", "response_format": "wav"});
    assert_eq!(posted(&server, "audio/speech", &right).await, 200);
    assert_eq!(
        posted(&server, "audio/speech", &having(&right, path, value)).await,
        status
    );
}

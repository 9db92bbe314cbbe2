//! Against a server that speaks as OpenAI does.

use std::time::Duration;

use rstest::rstest;
use serde_json::json;
use viva_contract::text_to_speech_contract;
use viva_domain::ports::{ProviderErrorKind, TextToSpeech, TextToSpeechRequest};
use viva_domain::sessions::ProviderConfig;
use viva_fakes::Speech;
use viva_fakes::vendors::speech::{SpeechFormat, SpeechScript, SpeechVendor};

use super::OpenAiTextToSpeech;
use crate::providers::Defaults;
use crate::providers::testing::{account, config};
use crate::providers::transport::HttpLimits;
use crate::providers::transport::speech_cases::{Bench, KEY, defaults, http, http_speech_tests, impatient};

fn adapter(base_url: &str, key: Option<&str>, limits: HttpLimits) -> OpenAiTextToSpeech {
    OpenAiTextToSpeech::new(account(base_url, key), http(limits), defaults())
}

async fn bench(script: SpeechScript, limits: HttpLimits) -> Bench {
    Bench::start(SpeechVendor::OpenAi, script, |base_url| {
        adapter(base_url, Some(KEY), limits)
    })
    .await
}

async fn openai(case: impl AsyncFnOnce(&dyn TextToSpeech, ProviderConfig)) {
    let bench = bench(SpeechScript::default(), impatient()).await;
    case(&*bench.tts, bench.config).await;
}

text_to_speech_contract!(openai);
http_speech_tests!(bench);

#[tokio::test]
async fn what_was_chosen_is_asked_for() {
    let mut bench = bench(SpeechScript::default(), impatient()).await;
    bench.listen("Hi").await;
    bench.config = ProviderConfig {
        voice: Some("ben".to_owned()),
        language: Some("zh-TW".to_owned()),
        ..config(&[("instructions", "\"Whisper.\""), ("speed", "1.25")])
    };
    bench.listen("你好").await;
    let requests = bench.server.requests();
    assert_eq!(requests[0].target, "/v1/audio/speech");
    assert_eq!(
        requests[0].body,
        json!({"model": "test_v2_5", "input": "Hi", "voice": "anna", "response_format": "wav"})
    );
    assert_eq!(
        requests[1].body,
        json!({
            "model": "test_v2_5", "input": "你好", "voice": "ben", "response_format": "wav",
            "instructions": "Whisper.", "speed": 1.25,
        })
    );
}

#[tokio::test]
async fn a_compatible_server_needs_no_key() {
    let script = SpeechScript {
        api_key: None,
        format: SpeechFormat::Pcm,
        content_type: Some("audio/pcm;rate=24000;channels=1".to_owned()),
        ..SpeechScript::default()
    };
    let mut bench = bench(script, impatient()).await;
    bench.tts = Box::new(adapter(&bench.server.base_url(), None, impatient()));
    let (samples, failure) = bench.listen("Hi").await;
    assert_eq!((samples.len(), failure), (2_880, None));
    assert!(!bench.server.requests()[0].has_key);
}

/// Which is what OpenAI itself sends.
#[rstest]
#[case(1)]
#[case(777)]
#[case(1_000_000)]
#[tokio::test]
async fn every_sample_without_a_header_arrives_wherever_the_bytes_are_cut(#[case] piece_bytes: usize) {
    let script = SpeechScript {
        piece_bytes,
        format: SpeechFormat::Pcm,
        content_type: Some("audio/pcm".to_owned()),
        ..SpeechScript::default()
    };
    let bench = bench(script, impatient()).await;
    let speech = Speech::of(Duration::from_millis(100));
    bench.server.speak(speech);
    let (samples, failure) = bench.listen("Hello.").await;
    assert_eq!(failure, None);
    assert!(samples == speech.samples(24_000), "{} samples", samples.len());
}

#[tokio::test]
async fn openai_itself_is_not_asked_without_a_key() {
    let tts = adapter("https://api.openai.com/v1", None, impatient());
    let request = TextToSpeechRequest {
        config: config(&[]),
        text: "Hi".to_owned(),
        previous_text: String::new(),
    };
    let err = tts.speak(request).await.err().unwrap();
    assert_eq!(err.kind, ProviderErrorKind::CredentialMissing);
}

#[rstest]
#[case("audio/mpeg")]
#[case("audio/pcm;rate=16000")]
#[case("text/event-stream; charset=utf-8")]
#[tokio::test]
async fn another_format_is_refused(#[case] content_type: &str) {
    let script = SpeechScript {
        content_type: Some(content_type.to_owned()),
        ..SpeechScript::default()
    };
    let bench = bench(script, impatient()).await;
    let length = Duration::from_secs(5);
    bench.server.speak(Speech::of(length).hangs_after(length / 2));
    let err = bench.speak("Hi").await.err().unwrap();
    let message = format!("it sent {content_type:?} instead of PCM at 24000 Hz");
    assert_eq!(err.kind, ProviderErrorKind::Failed(message));
    bench.server.closed().await;
}

/// Voices of other servers have other rates, and only a file says which.
#[rstest]
#[case(22_050, None)]
#[case(16_000, None)]
#[case(24_000, Some("audio/x-wav"))]
#[case(16_000, Some("application/octet-stream"))]
#[tokio::test]
async fn a_server_that_has_only_files_is_understood_at_its_rate(
    #[case] rate: u32,
    #[case] content_type: Option<&str>,
) {
    let script = SpeechScript {
        format: SpeechFormat::Wav,
        rate,
        content_type: content_type.map(str::to_owned),
        ..SpeechScript::default()
    };
    let bench = bench(script, impatient()).await;
    bench.server.speak(Speech::of(Duration::from_millis(500)));
    let (samples, failure) = bench.listen("Hi").await;
    assert_eq!(failure, None);
    assert!(samples.len().abs_diff(12_000) <= 1, "{} samples", samples.len());
}

#[tokio::test]
async fn what_is_called_a_file_and_is_none_is_refused() {
    let script = SpeechScript {
        format: SpeechFormat::Pcm,
        content_type: Some("audio/wav".to_owned()),
        ..SpeechScript::default()
    };
    let bench = bench(script, impatient()).await;
    let (samples, failure) = bench.listen("Hi").await;
    assert_eq!(samples.len(), 0);
    let message = "it sent no WAV file".to_owned();
    assert_eq!(failure.unwrap().kind, ProviderErrorKind::Failed(message));
    bench
        .server
        .until(|requests| requests[0].closed.is_some() || requests[0].is_complete)
        .await;
}

#[test]
fn the_vendor_is_asked_for_what_it_begins_with_soonest() {
    let format = |base_url: &str| adapter(base_url, None, impatient()).response_format();
    assert_eq!(format("https://api.openai.com/v1"), "pcm");
    assert_eq!(format("https://eu.api.openai.com/v1"), "pcm");
    assert_eq!(format("http://127.0.0.1:8880/v1"), "wav");
}

#[rstest]
#[case(config(&[("speed", "5")]), "options.speed must be a number from 0.25 to 4")]
#[case(config(&[("instructions", "\" \"")]), "options.instructions must be a text of 1 to 4096 characters")]
#[case(config(&[("pace", "1")]), "options.pace is unknown; there are instructions, speed")]
fn what_is_not_there_is_refused_by_name(#[case] config: ProviderConfig, #[case] message: &str) {
    let tts = adapter("http://127.0.0.1:1/v1", None, impatient());
    let err = tts.resolve(&config).unwrap_err();
    assert_eq!(err.kind, ProviderErrorKind::InvalidConfig(message.to_owned()));
}

#[test]
fn without_a_default_a_choice_must_be_made() {
    let tts = OpenAiTextToSpeech {
        defaults: Defaults::default(),
        ..adapter("http://127.0.0.1:1/v1", None, impatient())
    };
    let message = |config: &ProviderConfig| match tts.resolve(config).unwrap_err().kind {
        ProviderErrorKind::InvalidConfig(message) => message,
        other => panic!("{other}"),
    };
    let mut config = config(&[]);
    assert_eq!(message(&config), "model is missing; there is no default");
    config.model = Some("any".to_owned());
    assert_eq!(message(&config), "voice is missing; there is no default");
    config.voice = Some("any".to_owned());
    assert_eq!(tts.resolve(&config).unwrap(), config);
}

/// A model that the vendor's own documents say takes no instructions.
#[tokio::test]
async fn instructions_that_the_model_does_not_take_are_told() {
    let mut bench = bench(SpeechScript::default(), impatient()).await;
    bench.config = ProviderConfig {
        model: Some("tts-1-test".to_owned()),
        ..config(&[("instructions", "\"Whisper.\"")])
    };
    let err = bench.speak("Hi").await.err().unwrap();
    assert!(matches!(err.kind, ProviderErrorKind::InvalidConfig(_)), "{err}");
}

/// The server is as strict as the vendor; else these tests would prove little.
#[tokio::test]
async fn the_server_refuses_what_the_vendor_would() {
    let bench = bench(SpeechScript::default(), impatient()).await;
    let right = json!({"model": "test_v2_5", "input": "Hi", "voice": "anna", "response_format": "pcm"});
    let with = |name: &str, value: serde_json::Value| {
        let mut body = right.clone();
        body[name] = value;
        body
    };
    let refused = [
        with("response_format", json!("mp3")),
        with("input", json!("")),
        with("speed", json!(5)),
        with("voice", json!(null)),
        with("mood", json!("good")),
    ];
    let url = format!("{}/audio/speech", bench.server.base_url());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let status = async |body| {
        let request = client.post(&url).bearer_auth(KEY).json(&body);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(status(right.clone()).await, 200);
    for body in refused {
        assert_eq!(status(body.clone()).await, 400, "{body}");
    }
    let nothing = client.post(&url).bearer_auth(KEY).send().await.unwrap();
    assert_eq!(nothing.status().as_u16(), 400);
}

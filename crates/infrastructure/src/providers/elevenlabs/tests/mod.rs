//! Against a server that speaks as `ElevenLabs` does.

mod socket;

use rstest::rstest;
use serde_json::json;
use viva_contract::text_to_speech_contract;
use viva_domain::ports::{ProviderErrorKind, TextToSpeech, TextToSpeechRequest};
use viva_domain::sessions::ProviderConfig;
use viva_fakes::vendors::speech::{SpeechScript, SpeechVendor};

use super::{ElevenLabsTextToSpeech, end, language};
use crate::providers::Defaults;
use crate::providers::testing::{account, config};
use crate::providers::transport::HttpLimits;
use crate::providers::transport::speech_cases::{Bench, KEY, defaults, http, http_speech_tests, impatient};

fn adapter(base_url: &str, key: Option<&str>, limits: HttpLimits) -> ElevenLabsTextToSpeech {
    ElevenLabsTextToSpeech::new(account(base_url, key), http(limits), defaults())
}

async fn bench(script: SpeechScript, limits: HttpLimits) -> Bench {
    Bench::start(SpeechVendor::ElevenLabs, script, |base_url| {
        adapter(base_url, Some(KEY), limits)
    })
    .await
}

async fn elevenlabs(case: impl AsyncFnOnce(&dyn TextToSpeech, ProviderConfig)) {
    let bench = bench(SpeechScript::default(), impatient()).await;
    case(&*bench.tts, bench.config).await;
}

text_to_speech_contract!(elevenlabs);
http_speech_tests!(bench);

fn request(config: ProviderConfig, previous_text: &str) -> TextToSpeechRequest {
    TextToSpeechRequest {
        config,
        text: "Hi".to_owned(),
        previous_text: previous_text.to_owned(),
    }
}

#[tokio::test]
async fn what_was_chosen_is_asked_for() {
    let bench = bench(SpeechScript::default(), impatient()).await;
    let chosen = ProviderConfig {
        voice: Some("ben".to_owned()),
        language: Some("zh-TW".to_owned()),
        ..config(&[
            ("stability", "0.5"),
            ("similarity_boost", "1"),
            ("style", "0"),
            ("use_speaker_boost", "false"),
            ("speed", "1.2"),
            ("seed", "4294967295"),
            ("apply_text_normalization", "\"off\""),
            ("enable_logging", "false"),
        ])
    };
    drop(bench.tts.speak(request(config(&[]), "")).await.unwrap());
    let speech = bench.tts.speak(request(chosen, "Before \"that\".")).await;
    drop(speech.unwrap());
    let requests = bench.server.requests();
    assert_eq!(
        requests[0].target,
        "/v1/text-to-speech/anna/stream?output_format=pcm_24000"
    );
    assert_eq!(requests[0].body, json!({"text": "Hi", "model_id": "test_v2_5"}));
    assert_eq!(
        requests[1].target,
        "/v1/text-to-speech/ben/stream?output_format=pcm_24000&enable_logging=false"
    );
    assert_eq!(
        requests[1].body,
        json!({
            "text": "Hi", "model_id": "test_v2_5", "language_code": "zh", "previous_text": "Before \"that\".",
            "voice_settings": {
                "stability": 0.5, "similarity_boost": 1.0, "style": 0.0, "use_speaker_boost": false, "speed": 1.2,
            },
            "seed": 4_294_967_295_u32, "apply_text_normalization": "off",
        })
    );
}

#[tokio::test]
async fn the_language_is_told_to_models_that_take_one() {
    let bench = bench(SpeechScript::default(), impatient()).await;
    let german = |model: &str, options: &[(&str, &str)]| ProviderConfig {
        model: Some(model.to_owned()),
        language: Some("de-AT".to_owned()),
        ..config(options)
    };
    let told = [
        (german("test_v2_5", &[]), Some("de")),
        (german("test_v2_5", &[("enforce_language", "false")]), None),
        (german("tts-1-test", &[]), None),
    ];
    for (nth, (config, language)) in told.into_iter().enumerate() {
        drop(bench.tts.speak(request(config, "")).await.unwrap());
        let body = &bench.server.requests()[nth].body;
        assert_eq!(body["language_code"].as_str(), language, "{body}");
    }
    let insisting = german("tts-1-test", &[("enforce_language", "true")]);
    let err = bench.tts.speak(request(insisting, "")).await.err().unwrap();
    assert_eq!(
        err.kind,
        ProviderErrorKind::Failed("Model tts-1-test does not support the language_code de.".to_owned())
    );
}

#[tokio::test]
async fn a_compatible_server_needs_no_key() {
    let script = SpeechScript {
        api_key: None,
        ..SpeechScript::default()
    };
    let mut bench = bench(script, impatient()).await;
    assert_eq!(bench.listen("Hi").await.1, None);
    bench.tts = Box::new(adapter(&bench.server.base_url(), None, impatient()));
    let (samples, failure) = bench.listen("Hi").await;
    assert_eq!((samples.len(), failure), (2_880, None));
    let requests = bench.server.requests();
    assert_eq!([requests[0].has_key, requests[1].has_key], [true, false]);
}

#[tokio::test]
async fn elevenlabs_itself_is_not_asked_without_a_key() {
    let tts = adapter("https://api.elevenlabs.io/v1", None, impatient());
    let err = tts.speak(request(config(&[]), "")).await.err().unwrap();
    assert_eq!(err.kind, ProviderErrorKind::CredentialMissing);
}

#[rstest]
#[case(config(&[("speed", "1.3")]), "options.speed must be a number from 0.7 to 1.2")]
#[case(config(&[("stability", "-0.1")]), "options.stability must be a number from 0 to 1")]
#[case(config(&[("style", "\"1\"")]), "options.style must be a number from 0 to 1")]
#[case(config(&[("use_speaker_boost", "1")]), "options.use_speaker_boost must be true or false")]
#[case(config(&[("seed", "4294967296")]), "options.seed must be a whole number from 0 to 4294967295")]
#[case(config(&[("apply_text_normalization", "true")]), "options.apply_text_normalization must be one of \"auto\", \"on\", \"off\"")]
#[case(config(&[("over", "\"pigeon\"")]), "options.over must be one of \"socket\", \"http\"")]
#[case(config(&[("over", "\"socket\""), ("seed", "1")]), "options.seed is not taken over a socket")]
#[case(config(&[("pitch", "1")]), "options.pitch is unknown; there are apply_text_normalization, enable_logging, enforce_language, over, seed, similarity_boost, speed, stability, style, use_speaker_boost")]
#[case(ProviderConfig { voice: Some("../models".to_owned()), ..config(&[]) }, "voice \"../models\" is no voice id; it has up to 64 letters and digits")]
#[case(ProviderConfig { voice: Some("a?b".to_owned()), ..config(&[]) }, "voice \"a?b\" is no voice id; it has up to 64 letters and digits")]
fn what_is_not_there_is_refused_by_name(#[case] config: ProviderConfig, #[case] message: &str) {
    let tts = adapter("http://127.0.0.1:1/v1", None, impatient());
    let err = tts.resolve(&config).unwrap_err();
    assert_eq!(err.kind, ProviderErrorKind::InvalidConfig(message.to_owned()));
}

#[test]
fn without_a_default_a_choice_must_be_made() {
    let tts = ElevenLabsTextToSpeech {
        defaults: Defaults::default(),
        ..adapter("http://127.0.0.1:1/v1", None, impatient())
    };
    let err = tts.resolve(&config(&[])).unwrap_err();
    assert_eq!(
        err.kind,
        ProviderErrorKind::InvalidConfig("model is missing; there is no default".to_owned())
    );
}

#[rstest]
#[case("en", "en")]
#[case("zh-TW", "zh")]
#[case("zh-CN", "zh")]
#[case("ja", "ja")]
#[case("ko", "ko")]
#[case("zh-Hant-TW", "zh")]
#[case("PT-br", "pt")]
#[case("fil", "fil")]
#[case("cmn-Hant-TW", "zh")]
fn regions_and_scripts_are_not_told(#[case] tag: &str, #[case] code: &str) {
    assert_eq!(language(tag), code);
}

#[test]
fn only_the_end_of_what_was_spoken_is_told() {
    assert_eq!(end(""), None);
    assert_eq!(end("Oh."), Some("Oh."));
    let long = format!("{}{}", "a".repeat(100), "é".repeat(500));
    assert_eq!(end(&long), Some(&long[100..]));
}

/// The server is as strict as the vendor, or stricter; else these tests would prove little.
#[tokio::test]
async fn the_server_refuses_what_the_vendor_would() {
    let bench = bench(SpeechScript::default(), impatient()).await;
    let right = json!({"text": "Hi", "model_id": "test_v2_5"});
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let status = async |path: &str, name: &str, value: serde_json::Value| {
        let mut body = right.clone();
        body[name] = value;
        let url = format!("{}/text-to-speech/{path}", bench.server.base_url());
        let request = client.post(url).header("xi-api-key", KEY).json(&body);
        request.send().await.unwrap().status().as_u16()
    };
    let path = "anna/stream?output_format=pcm_24000";
    assert_eq!(status(path, "seed", json!(1)).await, 200);
    assert_eq!(status(path, "text", json!("")).await, 422);
    assert_eq!(status(path, "mood", json!("good")).await, 422);
    assert_eq!(status(path, "voice_settings", json!({"speed": 2})).await, 422);
    assert_eq!(status(path, "voice_settings", json!({"mood": 2})).await, 422);
    assert_eq!(status(path, "language_code", json!("de-AT")).await, 400);
    assert_eq!(status("anna/stream", "seed", json!(1)).await, 400);
    assert_eq!(
        status("anna/stream?output_format=mp3_44100_128", "seed", json!(1)).await,
        400
    );
    assert_eq!(
        status("anna?output_format=pcm_24000", "seed", json!(1)).await,
        404
    );
}

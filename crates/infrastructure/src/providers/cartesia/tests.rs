//! Against a server that speaks as Cartesia does.

use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};
use viva_contract::text_to_speech_contract;
use viva_domain::ports::{ProviderErrorKind, TextToSpeech, TextToSpeechRequest};
use viva_domain::sessions::ProviderConfig;
use viva_fakes::Speech;
use viva_fakes::vendors::speech::{SpeechScript, SpeechVendor};

use super::CartesiaTextToSpeech;
use crate::providers::mouths::cases::{marks, socket_speech_tests};
use crate::providers::testing::{account, config};
use crate::providers::transport::HttpLimits;
use crate::providers::transport::probe::{Probe, with};
use crate::providers::transport::speech_cases::{Bench, KEY, defaults, http, impatient};

fn adapter(base_url: &str, key: Option<&str>, limits: HttpLimits) -> CartesiaTextToSpeech {
    CartesiaTextToSpeech::new(account(base_url, key), http(limits), defaults())
}

async fn bench(script: SpeechScript, limits: HttpLimits) -> Bench {
    Bench::start(SpeechVendor::Cartesia, script, |base_url| {
        adapter(base_url, Some(KEY), limits)
    })
    .await
}

async fn cartesia(case: impl AsyncFnOnce(&dyn TextToSpeech, ProviderConfig)) {
    let bench = bench(SpeechScript::default(), impatient()).await;
    case(&*bench.tts, bench.config).await;
}

text_to_speech_contract!(cartesia);
socket_speech_tests!(bench);

#[tokio::test]
async fn what_was_chosen_is_asked_for() {
    let mut bench = bench(SpeechScript::default(), impatient()).await;
    bench.listen("Hi").await;
    bench.config = ProviderConfig {
        model: Some("tts-1-test".to_owned()),
        voice: Some("ben".to_owned()),
        language: Some("zh-TW".to_owned()),
        ..config(&[
            ("speed", "1.2"),
            ("volume", "0.5"),
            ("emotion", "\"calm\""),
            ("pronunciation_dict_id", "\"mine\""),
        ])
    };
    bench.listen("你好。 ").await;
    let mut requests = bench.server.requests();
    assert_eq!(requests[0].target, "/tts/websocket?cartesia_version=2026-08-14");
    let contexts: Vec<Value> = requests
        .iter_mut()
        .map(|request| request.body["context_id"].take())
        .collect();
    assert_ne!(contexts[0], contexts[1]);
    let format = json!({"container": "raw", "encoding": "pcm_s16le", "sample_rate": 24_000});
    assert_eq!(
        requests[0].body,
        json!({
            "context_id": null, "model_id": "test_v2_5", "transcript": "Hi", "voice": {"mode": "id", "id": "anna"},
            "continue": false, "output_format": format, "add_timestamps": true,
            "use_normalized_timestamps": false, "max_buffer_delay_ms": 0,
        })
    );
    assert_eq!(
        requests[1].body,
        json!({
            "context_id": null, "model_id": "tts-1-test", "transcript": "你好。 ",
            "voice": {"mode": "id", "id": "ben"}, "language": "zh", "continue": false, "output_format": format,
            "add_timestamps": true, "use_normalized_timestamps": false, "max_buffer_delay_ms": 0,
            "generation_config": {"speed": 1.2, "volume": 0.5, "emotion": "calm"}, "pronunciation_dict_id": "mine",
        })
    );
}

#[tokio::test]
async fn words_are_told_with_their_times() {
    let bench = bench(SpeechScript::default(), impatient()).await;
    bench.server.speak(Speech::of(Duration::from_millis(900)));
    let told = marks(&bench, "Well, hello you!").await;
    let expected = [
        (0, ""),
        (300, "Well,"),
        (300, "Well, "),
        (600, "Well, hello"),
        (600, "Well, hello "),
        (900, "Well, hello you!"),
    ];
    let expected = expected.map(|(at, text)| (at, text.to_owned()));
    assert_eq!(told, expected);
}

#[tokio::test]
async fn cartesia_itself_is_not_asked_without_a_key() {
    let tts = adapter("https://api.cartesia.ai", None, impatient());
    let request = TextToSpeechRequest {
        config: config(&[]),
        text: "Hi".to_owned(),
        previous_text: String::new(),
    };
    let err = tts.speak(request).await.err().unwrap();
    assert_eq!(err.kind, ProviderErrorKind::CredentialMissing);
}

#[tokio::test]
async fn a_server_of_ones_own_needs_no_key() {
    let script = SpeechScript {
        api_key: None,
        ..SpeechScript::default()
    };
    let mut bench = bench(script, impatient()).await;
    bench.tts = Box::new(adapter(&bench.server.base_url(), None, impatient()));
    let (samples, failure) = bench.listen("Hi").await;
    assert_eq!((samples.len(), failure), (2_880, None));
    assert!(!bench.server.requests()[0].has_key);
}

#[rstest]
#[case(config(&[("speed", "1.6")]), "options.speed must be a number from 0.6 to 1.5")]
#[case(config(&[("volume", "0.4")]), "options.volume must be a number from 0.5 to 2")]
#[case(config(&[("emotion", "1")]), "options.emotion must be a text of 1 to 64 characters")]
#[case(config(&[("pitch", "1")]), "options.pitch is unknown; there are emotion, pronunciation_dict_id, speed, volume")]
fn what_is_not_there_is_refused_by_name(#[case] config: ProviderConfig, #[case] message: &str) {
    let tts = adapter("http://127.0.0.1:1", None, impatient());
    let err = tts.resolve(&config).unwrap_err();
    assert_eq!(err.kind, ProviderErrorKind::InvalidConfig(message.to_owned()));
}

/// The server is as strict as the vendor, or stricter; else these tests would prove little.
#[tokio::test]
async fn the_server_refuses_what_the_vendor_would() {
    let bench = bench(SpeechScript::default(), impatient()).await;
    let url = format!(
        "{}/tts/websocket?cartesia_version=2026-08-14",
        bench.server.base_url()
    );
    let key = format!("Bearer {KEY}");
    let right = json!({
        "context_id": "a", "model_id": "test_v2_5", "transcript": "Hi", "voice": {"mode": "id", "id": "anna"},
        "continue": false, "output_format": {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 24_000},
        "max_buffer_delay_ms": 0,
    });
    let mut probe = Probe::open(&url, &[("authorization", &key)]).await.unwrap();
    for (path, value, status) in [
        ("/transcript", json!("Ho"), 200),
        ("/transcript", json!(" "), 400),
        ("/context_id", Value::Null, 400),
        ("/mood", json!("good"), 400),
        ("/model_id", json!("nosuch"), 404),
        ("/voice", json!("anna"), 404),
        ("/language", json!("zh-TW"), 400),
        ("/output_format/sample_rate", json!(16_000), 400),
        ("/generation_config", json!({"speed": 2}), 400),
        ("/continue", json!(true), 400),
    ] {
        probe.send(&with(&right, path, value)).await;
        let said = probe.until(|said| said["done"] == true).await;
        assert_eq!(said["status_code"], status, "{path}: {said}");
    }
    for (url, key) in [
        (url.replace("2026-08-14", "2020-01-01"), key.as_str()),
        (url.replace("tts", "stt"), &key),
        (url, KEY),
    ] {
        assert!(
            Probe::open(&url, &[("authorization", key)]).await.is_err(),
            "{url}"
        );
    }
}

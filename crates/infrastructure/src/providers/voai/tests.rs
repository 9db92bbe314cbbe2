//! Against a server that speaks as `VoAI` does.

use rstest::rstest;
use serde_json::{Value, json};
use viva_contract::text_to_speech_contract;
use viva_domain::ports::{ProviderErrorKind, TextToSpeech, TextToSpeechRequest};
use viva_domain::sessions::ProviderConfig;
use viva_fakes::vendors::speech::{SpeechScript, SpeechVendor};

use super::VoAiTextToSpeech;
use crate::providers::testing::{account, config};
use crate::providers::transport::HttpLimits;
use crate::providers::transport::probe::with;
use crate::providers::transport::speech_cases::{Bench, KEY, defaults, http, http_speech_tests, impatient};

fn adapter(base_url: &str, key: Option<&str>, limits: HttpLimits) -> VoAiTextToSpeech {
    VoAiTextToSpeech::new(account(base_url, key), http(limits), defaults())
}

async fn bench(script: SpeechScript, limits: HttpLimits) -> Bench {
    Bench::start(SpeechVendor::VoAi, script, |base_url| {
        adapter(base_url, Some(KEY), limits)
    })
    .await
}

async fn voai(case: impl AsyncFnOnce(&dyn TextToSpeech, ProviderConfig)) {
    let bench = bench(SpeechScript::default(), impatient()).await;
    case(&*bench.tts, bench.config).await;
}

text_to_speech_contract!(voai);
http_speech_tests!(bench);

#[tokio::test]
async fn what_was_chosen_is_asked_for() {
    let mut bench = bench(SpeechScript::default(), impatient()).await;
    bench.listen("你好").await;
    bench.config = ProviderConfig {
        voice: Some("ben".to_owned()),
        ..config(&[
            ("speed", "1.5"),
            ("pitch_shift", "-5"),
            ("style", "\"開心\""),
            ("style_weight", "0.5"),
            ("breath_pause", "1"),
        ])
    };
    bench.listen("你好").await;
    let requests = bench.server.requests();
    assert_eq!(requests[0].target, "/TTS/Speech");
    assert_eq!(
        requests[0].body,
        json!({
            "version": "test_v2_5", "text": "你好", "speaker": "anna", "style": "預設", "speed": 1.0, "pitch_shift": 0,
            "style_weight": 0.0, "breath_pause": 0.0,
        })
    );
    assert_eq!(
        requests[1].body,
        json!({
            "version": "test_v2_5", "text": "你好", "speaker": "ben", "style": "開心", "speed": 1.5, "pitch_shift": -5,
            "style_weight": 0.5, "breath_pause": 1.0,
        })
    );
}

#[tokio::test]
async fn what_was_asked_for_is_said_where_something_else_comes() {
    let script = SpeechScript {
        content_type: Some("text/html".to_owned()),
        ..SpeechScript::default()
    };
    let (err, _) = bench(script, impatient()).await.refusal().await;
    let message = "it sent \"text/html\" instead of a WAV file".to_owned();
    assert_eq!(err.kind, ProviderErrorKind::Failed(message));
}

#[tokio::test]
async fn voai_itself_is_not_asked_without_a_key() {
    let tts = adapter("https://connect.voai.ai", None, impatient());
    let request = TextToSpeechRequest {
        config: config(&[]),
        text: "Hi".to_owned(),
        previous_text: String::new(),
    };
    let err = tts.speak(request).await.err().unwrap();
    assert_eq!(err.kind, ProviderErrorKind::CredentialMissing);
}

#[rstest]
#[case(config(&[("speed", "0.4")]), "options.speed must be a number from 0.5 to 1.5")]
#[case(config(&[("pitch_shift", "6")]), "options.pitch_shift must be a whole number from -5 to 5")]
#[case(config(&[("style", "\"\"")]), "options.style must be a text of 1 to 64 characters")]
#[case(config(&[("style_weight", "2")]), "options.style_weight must be a number from 0 to 1")]
#[case(config(&[("breath_pause", "11")]), "options.breath_pause must be a number from 0 to 10")]
#[case(config(&[("mood", "1")]), "options.mood is unknown; there are breath_pause, pitch_shift, speed, style, style_weight")]
fn what_is_not_there_is_refused_by_name(#[case] config: ProviderConfig, #[case] message: &str) {
    let tts = adapter("http://127.0.0.1:1", None, impatient());
    let err = tts.resolve(&config).unwrap_err();
    assert_eq!(err.kind, ProviderErrorKind::InvalidConfig(message.to_owned()));
}

/// The server is as strict as the vendor, or stricter; else these tests would prove little.
#[tokio::test]
async fn the_server_refuses_what_the_vendor_would() {
    let bench = bench(SpeechScript::default(), impatient()).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let right = json!({"version": "test_v2_5", "text": "Hi", "speaker": "anna", "style": "預設"});
    let status = async |format: &str, path: &str, value: Value| {
        let url = format!("{}/TTS/Speech", bench.server.base_url());
        let request = client
            .post(url)
            .header("x-api-key", KEY)
            .header("x-output-format", format);
        let request = request.json(&with(&right, path, value));
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(status("wav", "/speed", json!(1.5)).await, 200);
    assert_eq!(status("pcm", "/speed", json!(1.5)).await, 400);
    for (path, value) in [
        ("/speed", json!(2)),
        ("/pitch_shift", json!(6)),
        ("/text", json!(" ")),
        ("/speaker", json!("nosuch")),
        ("/version", json!("nosuch")),
        ("/mood", json!("good")),
    ] {
        assert_eq!(status("wav", path, value).await, 400, "{path}");
    }
}

//! Against a server that speaks as Google Cloud does.

use rstest::rstest;
use serde_json::{Value, json};
use viva_contract::text_to_speech_contract;
use viva_domain::ports::{ProviderErrorKind, TextToSpeech, TextToSpeechRequest};
use viva_domain::sessions::ProviderConfig;
use viva_fakes::vendors::speech::{SpeechScript, SpeechVendor};

use super::{GoogleTextToSpeech, decode};
use crate::providers::testing::{account, config};
use crate::providers::transport::probe::with;
use crate::providers::transport::speech_cases::{Bench, KEY, defaults, http, http_speech_tests, impatient};
use crate::providers::transport::{HttpLimits, pcm};

fn adapter(base_url: &str, key: Option<&str>, limits: HttpLimits) -> GoogleTextToSpeech {
    GoogleTextToSpeech::new(account(base_url, key), http(limits), defaults())
}

async fn bench(script: SpeechScript, limits: HttpLimits) -> Bench {
    let mut script = script;
    script.models.push("gemini-test".to_owned());
    Bench::start(SpeechVendor::Google, script, |base_url| {
        adapter(base_url, Some(KEY), limits)
    })
    .await
}

async fn google(case: impl AsyncFnOnce(&dyn TextToSpeech, ProviderConfig)) {
    let bench = bench(SpeechScript::default(), impatient()).await;
    case(&*bench.tts, bench.config).await;
}

text_to_speech_contract!(google);
// Nothing of it is heard before all of it came, and it is JSON.
http_speech_tests!(bench:
    every_sample_arrives_wherever_the_bytes_are_cut,
    the_first_byte_comes_when_the_vendor_sends_it,
    dropping_what_did_not_begin_hangs_up,
    a_refused_key_is_told_at_once,
    a_vendor_that_asks_for_a_little_time_gets_it,
    a_vendor_that_asks_for_much_time_is_not_asked_again,
    a_used_up_quota_is_told_at_once,
    a_failing_vendor_is_asked_again_and_then_told,
    speech_that_breaks_off_fails_once,
    speech_can_be_empty,
    a_vendor_that_does_not_answer_is_given_up,
    nobody_there_is_unavailable,
    what_was_configured_wrong_is_said,
    the_key_is_nowhere_but_in_its_header,
);

#[tokio::test]
async fn what_was_chosen_is_asked_for() {
    let mut bench = bench(SpeechScript::default(), impatient()).await;
    bench.listen("Hi").await;
    bench.config = ProviderConfig {
        model: Some("gemini-test".to_owned()),
        voice: Some("ben".to_owned()),
        language: Some("zh-TW".to_owned()),
        ..config(&[
            ("speed", "1.25"),
            ("pitch", "-2"),
            ("volume_gain_db", "3"),
            ("prompt", "\"Whisper.\""),
        ])
    };
    bench.listen("你好").await;
    let requests = bench.server.requests();
    assert_eq!(requests[0].target, "/v1/text:synthesize");
    assert_eq!(
        requests[0].body,
        json!({
            "input": {"text": "Hi"}, "voice": {"languageCode": "en-US", "name": "en-US-test_v2_5-anna"},
            "audioConfig": {"audioEncoding": "LINEAR16", "sampleRateHertz": 24_000},
        })
    );
    assert_eq!(
        requests[1].body,
        json!({
            "input": {"text": "你好", "prompt": "Whisper."},
            "voice": {"languageCode": "cmn-TW", "name": "ben", "modelName": "gemini-test"},
            "audioConfig": {
                "audioEncoding": "LINEAR16", "sampleRateHertz": 24_000, "speakingRate": 1.25, "pitch": -2.0,
                "volumeGainDb": 3.0,
            },
        })
    );
}

#[tokio::test]
async fn a_full_name_goes_without_a_model() {
    let mut bench = bench(SpeechScript::default(), impatient()).await;
    let voice = "en-GB-test_v2_5-ben";
    bench.config.model = Some("gemini-test".to_owned());
    bench.config.voice = Some(voice.to_owned());
    let (samples, failure) = bench.listen("Hi").await;
    assert_eq!((samples.len(), failure), (2_880, None));
    assert_eq!(
        bench.server.requests()[0].body["voice"],
        json!({"languageCode": "en-GB", "name": voice})
    );
    bench
        .config
        .options
        .insert("prompt".to_owned(), "\"Whisper.\"".to_owned());
    let err = bench.tts.resolve(&bench.config).unwrap_err();
    let message = format!("options.prompt is not taken by voice {voice:?}; Gemini's take it");
    assert_eq!(err.kind, ProviderErrorKind::InvalidConfig(message));
}

#[test]
fn audio_without_a_header_is_heard_and_what_is_none_is_refused() {
    use base64::Engine as _;
    let encoded = super::STANDARD.encode(pcm::encode(&[1, -2, 3]));
    assert_eq!(decode(&encoded), Ok(vec![1, -2, 3]));
    assert_eq!(decode("no audio"), Err("it sent audio that is none".to_owned()));
}

#[tokio::test]
async fn google_itself_is_not_asked_without_a_key() {
    let tts = adapter("https://texttospeech.googleapis.com", None, impatient());
    let request = TextToSpeechRequest {
        config: config(&[]),
        text: "Hi".to_owned(),
        previous_text: String::new(),
    };
    let err = tts.speak(request).await.err().unwrap();
    assert_eq!(err.kind, ProviderErrorKind::CredentialMissing);
}

#[rstest]
#[case(config(&[("speed", "0.2")]), "options.speed must be a number from 0.25 to 2")]
#[case(config(&[("pitch", "21")]), "options.pitch must be a number from -20 to 20")]
#[case(config(&[("volume_gain_db", "17")]), "options.volume_gain_db must be a number from -96 to 16")]
#[case(config(&[("prompt", "\"Whisper.\"")]), "options.prompt is not taken by model \"test_v2_5\"; Gemini's take it")]
#[case(config(&[("mood", "1")]), "options.mood is unknown; there are pitch, prompt, speed, volume_gain_db")]
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
    let right = json!({
        "input": {"text": "Hi"}, "voice": {"languageCode": "en-US", "name": "en-US-test_v2_5-anna"},
        "audioConfig": {"audioEncoding": "LINEAR16", "sampleRateHertz": 24_000, "pitch": 0},
    });
    let status = async |path: &str, value: Value| {
        let url = format!("{}/v1/text:synthesize", bench.server.base_url());
        let request = client.post(url).header("x-goog-api-key", KEY);
        let request = request.json(&with(&right, path, value));
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(status("/input/text", json!("Ho")).await, 200);
    for (path, value) in [
        ("/input/text", json!("")),
        ("/input/text", json!("x".repeat(5_001))),
        ("/input/ssml", json!("<speak/>")),
        ("/voice/languageCode", json!("en")),
        ("/voice/languageCode", json!("de-DE")),
        ("/voice/modelName", json!("nosuch")),
        ("/voice/modelName", json!("gemini-test")),
        (
            "/voice",
            json!({"languageCode": "en-US", "name": "anna", "modelName": "nosuch"}),
        ),
        ("/audioConfig/audioEncoding", json!("MP3")),
        ("/audioConfig/pitch", json!(30)),
        ("/mood", json!("good")),
    ] {
        assert_eq!(status(path, value).await, 400, "{path}");
    }
}

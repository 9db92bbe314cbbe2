//! Against a server that speaks as Gemini does.

use rstest::rstest;
use serde_json::{Value, json};
use viva_contract::text_to_speech_contract;
use viva_domain::ports::{ProviderErrorKind, TextToSpeech, TextToSpeechRequest};
use viva_domain::sessions::ProviderConfig;
use viva_fakes::vendors::speech::{SpeechScript, SpeechVendor};

use super::GeminiTextToSpeech;
use crate::providers::Defaults;
use crate::providers::testing::{self, account};
use crate::providers::transport::HttpLimits;
use crate::providers::transport::probe::with;
use crate::providers::transport::speech_cases::{Bench, KEY, http, http_speech_tests, impatient};

const NEW: &str = "gemini-3.8-test";
const OLD: &str = "gemini-2.5-test";

fn adapter(base_url: &str, key: Option<&str>, limits: HttpLimits) -> GeminiTextToSpeech {
    let defaults = Defaults {
        model: Some(NEW.to_owned()),
        voice: Some("anna".to_owned()),
    };
    GeminiTextToSpeech::new(account(base_url, key), http(limits), defaults)
}

async fn bench(script: SpeechScript, limits: HttpLimits) -> Bench {
    let script = SpeechScript {
        models: [NEW, OLD].map(str::to_owned).to_vec(),
        ..script
    };
    Bench::start(SpeechVendor::Gemini, script, |base_url| {
        adapter(base_url, Some(KEY), limits)
    })
    .await
}

async fn gemini(case: impl AsyncFnOnce(&dyn TextToSpeech, ProviderConfig)) {
    let bench = bench(SpeechScript::default(), impatient()).await;
    case(&*bench.tts, bench.config).await;
}

text_to_speech_contract!(gemini);
// Its events are JSON, whatever type they claim to be.
http_speech_tests!(bench:
    every_sample_arrives_wherever_the_bytes_are_cut,
    the_first_byte_comes_when_the_vendor_sends_it,
    dropping_the_speech_hangs_up_at_once,
    dropping_what_did_not_begin_hangs_up,
    cancelling_often_leaves_nothing_open,
    a_refused_key_is_told_at_once,
    a_vendor_that_asks_for_a_little_time_gets_it,
    a_vendor_that_asks_for_much_time_is_not_asked_again,
    a_used_up_quota_is_told_at_once,
    a_failing_vendor_is_asked_again_and_then_told,
    speech_that_breaks_off_fails_once,
    speech_that_stalls_is_given_up,
    speech_can_be_empty,
    a_vendor_that_does_not_answer_is_given_up,
    nobody_there_is_unavailable,
    what_was_configured_wrong_is_said,
    the_key_is_nowhere_but_in_its_header,
);

fn config(model: &str, options: &[(&str, &str)]) -> ProviderConfig {
    ProviderConfig {
        model: Some(model.to_owned()),
        ..testing::config(options)
    }
}

fn asked(text: &str, voice: &str) -> Value {
    json!({
        "contents": [{"role": "user", "parts": [{"text": text}]}],
        "generationConfig": {
            "responseModalities": ["AUDIO"],
            "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": voice}}},
        },
    })
}

#[tokio::test]
async fn what_was_chosen_is_asked_for() {
    let mut bench = bench(SpeechScript::default(), impatient()).await;
    bench.config = ProviderConfig {
        voice: Some("ben".to_owned()),
        ..config(NEW, &[("style", "\"excited\""), ("temperature", "0.5")])
    };
    bench.listen("Hi").await;
    bench.config = config(OLD, &[]);
    bench.listen("Hi").await;
    let requests = bench.server.requests();
    assert_eq!(
        requests[0].target,
        "/v1beta/models/gemini-3.8-test:streamGenerateContent?alt=sse"
    );
    let mut new = asked("Hi", "ben");
    new["contents"][0]["parts"][0]["speechMetadata"] = json!({"style": "excited"});
    new["generationConfig"]["responseFormat"] = json!({"audio": {"mimeType": "AUDIO_L16"}});
    new["generationConfig"]["temperature"] = json!(0.5);
    assert_eq!(requests[0].body, new);
    assert_eq!(requests[1].body, asked("Hi", "anna"));
}

#[tokio::test]
async fn nothing_for_no_reason_is_asked_for_once_more() {
    let mut bench = bench(SpeechScript::default(), impatient()).await;
    bench.server.say_nothing();
    let (samples, failure) = bench.listen("Hi").await;
    assert_eq!((samples.len(), failure), (2_880, None));
    assert_eq!(bench.server.requests().len(), 2);
    bench.server.say_nothing();
    bench.server.say_nothing();
    let (err, tried) = bench.refusal().await;
    let message = "it said nothing, and gave no reason".to_owned();
    assert_eq!((err.kind, tried), (ProviderErrorKind::Failed(message), 2));
    bench.config = config(&format!("models/{OLD}"), &[]);
    assert_eq!(bench.listen("Hi").await.0.len(), 2_880, "Google lists it so");
}

#[tokio::test]
async fn gemini_itself_is_not_asked_without_a_key() {
    let tts = adapter("https://generativelanguage.googleapis.com", None, impatient());
    let request = TextToSpeechRequest {
        config: config(NEW, &[]),
        text: "Hi".to_owned(),
        previous_text: String::new(),
    };
    let err = tts.speak(request).await.err().unwrap();
    assert_eq!(err.kind, ProviderErrorKind::CredentialMissing);
}

#[rstest]
#[case(config(NEW, &[("temperature", "3")]), "options.temperature must be a number from 0 to 2")]
#[case(config(OLD, &[("style", "\"calm\"")]), "options.style is not taken by model \"gemini-2.5-test\"")]
#[case(config(NEW, &[("speed", "1")]), "options.speed is unknown; there are style, temperature")]
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
    let status = async |model: &str, path: &str, value: Value| {
        let url = format!(
            "{}/v1beta/models/{model}:streamGenerateContent?alt=sse",
            bench.server.base_url()
        );
        let request = client.post(url).header("x-goog-api-key", KEY);
        let request = request.json(&with(&asked("Hi", "anna"), path, value));
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(status(OLD, "/generationConfig/temperature", json!(1)).await, 200);
    for (model, path, value, expected) in [
        ("nosuch", "/generationConfig/temperature", json!(1), 404),
        (NEW, "/generationConfig/temperature", json!(1), 400),
        (
            OLD,
            "/generationConfig/responseFormat",
            json!({"audio": {"mimeType": "AUDIO_L16"}}),
            400,
        ),
        (OLD, "/generationConfig/responseModalities", json!(["TEXT"]), 400),
        (OLD, "/contents/0/role", json!("model"), 400),
        (OLD, "/contents", json!([]), 400),
        (OLD, "/mood", json!("good"), 400),
    ] {
        assert_eq!(status(model, path, value).await, expected, "{model} {path}");
    }
}

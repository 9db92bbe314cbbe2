//! Over the socket.

use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};
use viva_contract::text_to_speech_contract;
use viva_domain::ports::TextToSpeech;
use viva_domain::sessions::ProviderConfig;
use viva_fakes::Speech;
use viva_fakes::vendors::speech::SpeechScript;

use super::super::config::{Options, Way};
use super::{KEY, config, impatient};
use crate::providers::mouths::cases::{marks, socket_speech_tests};
use crate::providers::transport::HttpLimits;
use crate::providers::transport::probe::Probe;
use crate::providers::transport::speech_cases::Bench;

async fn socket_bench(script: SpeechScript, limits: HttpLimits) -> Bench {
    Bench {
        config: config(&[("over", "\"socket\"")]),
        ..super::bench(script, limits).await
    }
}

async fn elevenlabs(case: impl AsyncFnOnce(&dyn TextToSpeech, ProviderConfig)) {
    let bench = socket_bench(SpeechScript::default(), impatient()).await;
    case(&*bench.tts, bench.config).await;
}

text_to_speech_contract!(elevenlabs);
socket_speech_tests!(socket_bench);

#[tokio::test]
async fn what_was_chosen_is_asked_for() {
    let mut bench = socket_bench(SpeechScript::default(), impatient()).await;
    bench.listen("Hi \n").await;
    bench.config = ProviderConfig {
        voice: Some("ben".to_owned()),
        language: Some("zh-TW".to_owned()),
        ..config(&[
            ("over", "\"socket\""),
            ("speed", "1.2"),
            ("apply_text_normalization", "\"off\""),
            ("enable_logging", "false"),
        ])
    };
    bench.listen("你好").await;
    let mut requests = bench.server.requests();
    assert_eq!(
        requests[0].target,
        "/v1/text-to-speech/anna/multi-stream-input?output_format=pcm_24000&model_id=test_v2_5&auto_mode=true&\
         sync_alignment=true&inactivity_timeout=90"
    );
    assert_eq!(
        requests[1].target,
        "/v1/text-to-speech/ben/multi-stream-input?output_format=pcm_24000&enable_logging=false&model_id=test_v2_5&\
         auto_mode=true&sync_alignment=true&inactivity_timeout=90&language_code=zh&apply_text_normalization=off"
    );
    let mut asked = |nth: usize| {
        let mut body = requests[nth].body.take();
        let messages = body.as_array_mut().unwrap();
        let contexts: Vec<Value> = messages
            .iter_mut()
            .map(|message| message["context_id"].take())
            .collect();
        assert!(
            contexts
                .iter()
                .all(|context| *context == contexts[0] && context.is_string())
        );
        (body, contexts[0].clone())
    };
    let (first, context) = asked(0);
    assert_eq!(
        first,
        json!([
            {"text": " ", "context_id": null}, {"text": "Hi ", "context_id": null, "flush": true},
            {"context_id": null, "close_context": true},
        ])
    );
    let (second, other) = asked(1);
    assert_eq!(
        second,
        json!([
            {"text": " ", "context_id": null, "voice_settings": {"speed": 1.2}},
            {"text": "你好 ", "context_id": null, "flush": true}, {"context_id": null, "close_context": true},
        ])
    );
    assert_ne!(context, other);
}

#[tokio::test]
async fn words_are_told_with_their_times_wherever_the_audio_is_cut() {
    for piece_bytes in [777, 5_000, 1_000_000] {
        let script = SpeechScript {
            piece_bytes,
            ..SpeechScript::default()
        };
        let bench = socket_bench(script, impatient()).await;
        // Each of the 12 characters takes 100 ms, the space at the end included.
        bench.server.speak(Speech::of(Duration::from_millis(1_200)));
        let told = marks(&bench, "Yes, you 好。").await;
        let expected = [
            (0, ""),
            (400, "Yes,"),
            (500, "Yes, "),
            (800, "Yes, you"),
            (900, "Yes, you "),
            (1_000, "Yes, you 好。"),
        ];
        assert_eq!(told.len(), expected.len(), "{told:?}");
        for ((at, text), (expected_at, expected)) in told.iter().zip(expected) {
            assert_eq!(text, expected);
            assert!(at.abs_diff(expected_at) <= 3, "{at} for {expected_at}");
        }
    }
}

#[rstest]
#[case(&[], true, Way::Socket)]
#[case(&[], false, Way::Http)]
#[case(&[("seed", "1")], true, Way::Http)]
#[case(&[("over", "\"http\"")], true, Way::Http)]
#[case(&[("over", "\"socket\"")], false, Way::Socket)]
fn the_vendor_is_called_and_others_are_asked(
    #[case] options: &[(&str, &str)],
    #[case] is_vendor: bool,
    #[case] way: Way,
) {
    let options = Options::parse(&config(options).options).unwrap();
    assert_eq!(options.way(is_vendor), way);
}

/// The server is as strict as the vendor, or stricter; else these tests would prove little.
#[tokio::test]
async fn the_server_refuses_what_the_vendor_would() {
    let bench = socket_bench(SpeechScript::default(), impatient()).await;
    let path =
        "text-to-speech/anna/multi-stream-input?model_id=test_v2_5&output_format=pcm_24000&auto_mode=true";
    let url = format!("{}/{path}", bench.server.base_url());
    let key = [("xi-api-key", KEY)];
    for (good, wrong) in [
        ("anna", "nosuch"),
        ("test_v2_5", "nosuch"),
        ("pcm_24000", "mp3_44100_128"),
        ("auto_mode=true", "mood=good"),
        ("auto_mode=true", "auto_mode=true&language_code=zh-TW"),
    ] {
        assert!(
            Probe::open(&url.replace(good, wrong), &key).await.is_err(),
            "{wrong}"
        );
    }
    let begin = json!({"text": " ", "context_id": "a"});
    for wrong in [
        json!({"text": "Hi", "context_id": "a", "flush": true}),
        json!({"text": "Hi ", "context_id": "a"}),
        json!({"text": "Hi ", "flush": true}),
        json!({"text": "Hi ", "context_id": "a", "flush": true, "mood": 1}),
        json!({"context_id": "a", "close_context": true}),
    ] {
        let mut probe = Probe::open(&url, &key).await.unwrap();
        probe.send(&begin).await;
        probe.send(&wrong).await;
        assert_eq!(
            probe.until(|said| said["code"] == 1_008).await["error"],
            "invalid_message"
        );
        assert_eq!(probe.closed().await.0, Some(1_008));
    }
}

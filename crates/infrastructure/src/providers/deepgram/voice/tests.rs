//! Against a server that speaks as Deepgram does.

use rstest::rstest;
use serde_json::json;
use viva_contract::text_to_speech_contract;
use viva_domain::ports::{ProviderErrorKind, TextToSpeech, TextToSpeechRequest};
use viva_domain::sessions::ProviderConfig;
use viva_fakes::vendors::speech::{SpeechScript, SpeechVendor};

use super::DeepgramTextToSpeech;
use crate::providers::Defaults;
use crate::providers::testing::{self, PROVIDER, account};
use crate::providers::transport::HttpLimits;
use crate::providers::transport::probe::Probe;
use crate::providers::transport::speech_cases::{Bench, KEY, http, impatient};

const AURA: &str = "aura-2-anna-en";
const FLUX: &str = "flux-anna-en";

fn adapter(base_url: &str, key: Option<&str>, limits: HttpLimits) -> DeepgramTextToSpeech {
    let defaults = Defaults {
        model: None,
        voice: Some(AURA.to_owned()),
    };
    DeepgramTextToSpeech::new(account(base_url, key), http(limits), defaults)
}

fn config(voice: &str, options: &[(&str, &str)]) -> ProviderConfig {
    ProviderConfig {
        voice: Some(voice.to_owned()),
        ..testing::config(options)
    }
}

async fn bench(voice: &str, script: SpeechScript, limits: HttpLimits) -> Bench {
    let script = SpeechScript {
        voices: [AURA, FLUX].map(str::to_owned).to_vec(),
        ..script
    };
    let bench = Bench::start(SpeechVendor::Deepgram, script, |base_url| {
        adapter(base_url, Some(KEY), limits)
    })
    .await;
    Bench {
        config: config(voice, &[]),
        ..bench
    }
}

mod aura {
    use super::*;
    use crate::providers::transport::speech_cases::http_speech_tests;

    async fn aura_bench(script: SpeechScript, limits: HttpLimits) -> Bench {
        bench(AURA, script, limits).await
    }

    async fn aura(case: impl AsyncFnOnce(&dyn TextToSpeech, ProviderConfig)) {
        let bench = aura_bench(SpeechScript::default(), impatient()).await;
        case(&*bench.tts, bench.config).await;
    }

    text_to_speech_contract!(aura);
    http_speech_tests!(aura_bench);
}

mod flux {
    use super::*;
    use crate::providers::mouths::cases::socket_speech_tests;

    async fn flux_bench(script: SpeechScript, limits: HttpLimits) -> Bench {
        bench(FLUX, script, limits).await
    }

    async fn flux(case: impl AsyncFnOnce(&dyn TextToSpeech, ProviderConfig)) {
        let bench = flux_bench(SpeechScript::default(), impatient()).await;
        case(&*bench.tts, bench.config).await;
    }

    text_to_speech_contract!(flux);
    socket_speech_tests!(flux_bench);
}

#[tokio::test]
async fn what_was_chosen_is_asked_for() {
    let mut bench = bench(AURA, SpeechScript::default(), impatient()).await;
    bench.listen("Hi").await;
    bench.config = config(AURA, &[("speed", "1.2")]);
    bench.listen("Hi").await;
    bench.config = config(FLUX, &[("speed", "0.95"), ("expressivity", "-2")]);
    bench.listen("Hi").await;
    let requests = bench.server.requests();
    let asked: Vec<&str> = requests.iter().map(|request| request.target.as_str()).collect();
    assert_eq!(
        asked,
        [
            "/v1/speak?model=aura-2-anna-en&encoding=linear16&sample_rate=24000&container=none",
            "/v1/speak?model=aura-2-anna-en&encoding=linear16&sample_rate=24000&speed=1.2&container=none",
            "/v2/speak?model=flux-anna-en&encoding=linear16&sample_rate=24000&expressivity=-2&speed=0.95",
        ]
    );
    assert_eq!(requests[0].body, json!({"text": "Hi"}));
    assert_eq!(
        requests[2].body,
        json!([{"type": "Speak", "text": "Hi"}, {"type": "Flush"}])
    );
}

#[test]
fn the_family_of_a_voice_is_its_model() {
    let tts = adapter("http://127.0.0.1:1", None, impatient());
    let resolved = tts.resolve(&config(FLUX, &[])).unwrap();
    assert_eq!(resolved.model.as_deref(), Some("flux"));
    let resolved = tts.resolve(&ProviderConfig::of(PROVIDER)).unwrap();
    assert_eq!(
        (resolved.model.as_deref(), resolved.voice.as_deref()),
        (Some("aura-2"), Some(AURA))
    );
}

#[rstest]
#[case(AURA)]
#[case(FLUX)]
#[tokio::test]
async fn deepgram_itself_is_not_asked_without_a_key(#[case] voice: &str) {
    let tts = adapter("https://api.deepgram.com", None, impatient());
    let request = TextToSpeechRequest {
        config: config(voice, &[]),
        text: "Hi".to_owned(),
        previous_text: String::new(),
    };
    let err = tts.speak(request).await.err().unwrap();
    assert_eq!(err.kind, ProviderErrorKind::CredentialMissing);
}

#[rstest]
#[case(config(AURA, &[("speed", "0.6")]), "options.speed must be a number from 0.7 to 1.5")]
#[case(config(FLUX, &[("speed", "1.6")]), "options.speed must be a number from 0.5 to 1.5")]
#[case(config(FLUX, &[("speed", "0.93")]), "options.speed must be a number in steps of 0.05, from 0.5 to 1.5")]
#[case(config(FLUX, &[("expressivity", "0.5")]), "options.expressivity must be a whole number from -2 to 2")]
#[case(config(AURA, &[("expressivity", "1")]), "options.expressivity is unknown; there are speed")]
#[case(config("aura-anna-en", &[("speed", "1")]), "options.speed is unknown; there are none")]
fn what_is_not_there_is_refused_by_name(#[case] config: ProviderConfig, #[case] message: &str) {
    let tts = adapter("http://127.0.0.1:1", None, impatient());
    let err = tts.resolve(&config).unwrap_err();
    assert_eq!(err.kind, ProviderErrorKind::InvalidConfig(message.to_owned()));
}

/// The server is as strict as the vendor, or stricter; else these tests would prove little.
#[tokio::test]
async fn the_server_refuses_what_the_vendor_would() {
    let bench = bench(AURA, SpeechScript::default(), impatient()).await;
    let base = bench.server.base_url();
    let key = format!("Token {KEY}");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let right = format!("{base}/v1/speak?model={AURA}&encoding=linear16&sample_rate=24000&container=none");
    let status = async |url: &str, body: serde_json::Value| {
        let request = client.post(url).header("authorization", &key).json(&body);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(status(&right, json!({"text": "Hi"})).await, 200);
    for body in [
        json!({"text": ""}),
        json!({"text": "Hi", "mood": "good"}),
        json!("Hi"),
    ] {
        assert_eq!(status(&right, body).await, 400);
    }
    for (good, wrong) in [
        (AURA, FLUX),
        (AURA, "nosuch"),
        ("linear16", "mp3"),
        ("&container=none", ""),
        ("&container=none", "&container=none&mood=good"),
    ] {
        let url = right.replace(good, wrong);
        assert_eq!(status(&url, json!({"text": "Hi"})).await, 400, "{url}");
    }
    let right = format!("{base}/v2/speak?model={FLUX}&encoding=linear16&sample_rate=24000");
    for url in [right.replace(FLUX, AURA), format!("{right}&container=none")] {
        assert!(
            Probe::open(&url, &[("authorization", &key)]).await.is_err(),
            "{url}"
        );
    }
    for wrong in [
        json!({"type": "Flush"}),
        json!({"type": "Speak", "text": " "}),
        json!({"type": "Sing"}),
    ] {
        let mut probe = Probe::open(&right, &[("authorization", &key)]).await.unwrap();
        probe.send(&wrong).await;
        assert_eq!(
            probe.until(|said| said["type"] == "Error").await["code"],
            "MESSAGE-0000"
        );
        assert_eq!(probe.closed().await.0, Some(1008));
    }
}

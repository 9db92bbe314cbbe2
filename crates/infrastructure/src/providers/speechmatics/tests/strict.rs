//! The server is as strict as the vendor; else the other tests would prove little.

use rstest::rstest;
use serde_json::{Value, json};
use viva_domain::ports::ProviderErrorKind;

use super::kind;
use crate::providers::ears::rig::{KEY, Rig};
use crate::providers::transport::probe::{Probe, with};

fn start() -> Value {
    json!({
        "message": "StartRecognition",
        "audio_format": {"type": "raw", "encoding": "pcm_s16le", "sample_rate": 16_000},
        "transcription_config": {"language": "en", "model": "enhanced"},
    })
}

#[rstest]
#[case("/audio_format/sample_rate", json!(8_000), "invalid_audio_type")]
#[case("/transcription_config/mood", json!(1), "invalid_config")]
#[case("/transcription_config/operating_point", json!("enhanced"), "invalid_config")]
#[case("/transcription_config/max_delay", json!(0.5), "invalid_config")]
#[case("/transcription_config/model", json!("x"), "invalid_model")]
#[case("/transcription_config/language", json!("zh-TW"), "invalid_language")]
#[case("/transcription_config/language", json!("multi"), "invalid_language")]
#[case("/message", json!("Start"), "invalid_message")]
#[tokio::test]
async fn a_beginning_that_the_vendor_would_refuse_is_refused(
    #[case] path: &str,
    #[case] value: Value,
    #[case] code: &str,
) {
    let rig = Rig::start(kind()).await;
    for (message, expected) in [(start(), None), (with(&start(), path, value), Some(code))] {
        let mut probe = Probe::bearing(&format!("{}/v2", rig.server.base_url()), KEY).await;
        probe.send(&message).await;
        let said = probe.until(|said| said["message"] != "Info").await;
        match expected {
            None => assert_eq!(said["message"], "RecognitionStarted"),
            Some(code) => assert_eq!(said["type"], code),
        }
    }
}

#[tokio::test]
async fn audio_before_the_beginning_is_refused() {
    let rig = Rig::start(kind()).await;
    let mut probe = Probe::bearing(&format!("{}/v2", rig.server.base_url()), KEY).await;
    probe.send_bytes(vec![0; 320]).await;
    assert_eq!(probe.closed().await.0, Some(1_008));
}

#[tokio::test]
async fn another_way_to_send_the_key_is_refused() {
    let rig = Rig::start(kind()).await;
    let url = format!("{}/v2", rig.server.base_url());
    let refused = Probe::open(&url, &[("authorization", KEY)]).await.err();
    assert_eq!(
        refused.map(|err| err.kind),
        Some(ProviderErrorKind::CredentialInvalid)
    );
}

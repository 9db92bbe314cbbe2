//! The server is as strict as the vendor; else the other tests would prove little.

use rstest::rstest;
use serde_json::{Value, json};
use viva_domain::ports::{ProviderError, ProviderErrorKind};
use viva_fakes::vendors::ears::EarsServer;

use super::kind;
use crate::providers::ears::rig::{KEY, Rig};
use crate::providers::transport::probe::Probe;

const RIGHT: &str = "speech-to-text/realtime?model_id=scribe_v2_realtime&audio_format=pcm_16000";

async fn open(server: &EarsServer, target: &str, key: &str) -> Result<Probe, ProviderError> {
    let url = format!("{}/{target}", server.base_url());
    Probe::open(&url, &[("xi-api-key", key)]).await
}

#[rstest]
#[case("&mood=1", "Unknown query parameter: mood")]
#[case("&model_id=x", "Duplicate query parameter: model_id")]
#[case("&language_code=zh-TW", "Invalid value for language_code: zh-TW")]
#[case(
    "&keyterms=a%20word%20that%20is%20too%20long",
    "Invalid value for keyterms: a word that is too long"
)]
#[tokio::test]
async fn a_request_that_the_vendor_would_refuse_is_refused(#[case] more: &str, #[case] message: &str) {
    let rig = Rig::start(kind()).await;
    assert!(open(&rig.server, RIGHT, KEY).await.is_ok());
    let refused = open(&rig.server, &format!("{RIGHT}{more}"), KEY).await.err();
    let kind = ProviderErrorKind::Failed(message.to_owned());
    assert_eq!(refused.map(|err| err.kind), Some(kind));
}

#[tokio::test]
async fn a_wrong_key_is_refused() {
    let rig = Rig::start(kind()).await;
    let refused = open(&rig.server, RIGHT, "wrong").await.err();
    assert_eq!(
        refused.map(|err| err.kind),
        Some(ProviderErrorKind::CredentialInvalid)
    );
}

#[rstest]
#[case::another_message(json!({"message_type": "commit"}))]
#[case::another_rate(json!({"message_type": "input_audio_chunk", "audio_base_64": "", "sample_rate": 8_000}))]
#[case::an_unknown_field(json!({"message_type": "input_audio_chunk", "sample_rate": 16_000, "mood": 1}))]
#[case::no_base64(json!({"message_type": "input_audio_chunk", "audio_base_64": "*", "sample_rate": 16_000}))]
#[case::too_short(json!({
    "message_type": "input_audio_chunk", "audio_base_64": "AAAA", "sample_rate": 16_000, "commit": true,
}))]
#[tokio::test]
async fn a_message_that_the_vendor_would_refuse_is_refused(#[case] message: Value) {
    let rig = Rig::start(kind()).await;
    let mut probe = open(&rig.server, RIGHT, KEY).await.unwrap();
    probe.send(&message).await;
    let said = probe
        .until(|said| said["message_type"] != "session_started")
        .await;
    assert_eq!(said["message_type"], "input_error");
    assert_eq!(probe.closed().await.0, Some(1_008));
}

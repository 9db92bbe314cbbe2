//! The server is as strict as the vendor; else the other tests would prove little.

use rstest::rstest;
use serde_json::json;
use viva_domain::ports::{ProviderError, ProviderErrorKind};
use viva_fakes::vendors::ears::EarsServer;

use super::kind;
use crate::providers::ears::rig::{KEY, Rig};
use crate::providers::transport::probe::Probe;

const RIGHT: &str = "v3/ws?sample_rate=16000&encoding=pcm_s16le&speech_model=universal-3-6";

async fn open(server: &EarsServer, target: &str, key: &str) -> Result<Probe, ProviderError> {
    let url = format!("{}/{target}", server.base_url());
    Probe::open(&url, &[("authorization", key)]).await
}

#[rstest]
#[case("&mood=1", "Unknown query parameter: mood")]
#[case("&speech_model=x", "Duplicate query parameter: speech_model")]
#[case("&language_codes=en", "Invalid value for language_codes: en")]
#[case("&vad_threshold=2", "Invalid value for vad_threshold: 2")]
#[tokio::test]
async fn a_request_that_the_vendor_would_refuse_is_refused(#[case] more: &str, #[case] message: &str) {
    let rig = Rig::start(kind()).await;
    assert!(open(&rig.server, RIGHT, KEY).await.is_ok());
    let refused = open(&rig.server, &format!("{RIGHT}{more}"), KEY).await.err();
    let kind = ProviderErrorKind::Failed(message.to_owned());
    assert_eq!(refused.map(|err| err.kind), Some(kind));
}

#[tokio::test]
async fn another_way_to_send_the_key_is_refused() {
    let rig = Rig::start(kind()).await;
    let refused = open(&rig.server, RIGHT, &format!("Bearer {KEY}")).await.err();
    assert_eq!(
        refused.map(|err| err.kind),
        Some(ProviderErrorKind::CredentialInvalid)
    );
}

#[rstest]
#[case(1_598)]
#[case(6_402)]
#[case(1_601)]
#[tokio::test]
async fn pieces_that_are_too_short_or_too_long_are_refused(#[case] bytes: usize) {
    let rig = Rig::start(kind()).await;
    let mut probe = open(&rig.server, RIGHT, KEY).await.unwrap();
    probe.send_bytes(vec![1; 1_600]).await;
    probe.send_bytes(vec![1; bytes]).await;
    assert_eq!(probe.closed().await.0, Some(3_007));
}

#[tokio::test]
async fn a_message_that_the_vendor_would_refuse_is_refused() {
    let rig = Rig::start(kind()).await;
    let mut probe = open(&rig.server, RIGHT, KEY).await.unwrap();
    probe.send(&json!({"type": "Finalize"})).await;
    assert_eq!(probe.closed().await.0, Some(4_101));
}

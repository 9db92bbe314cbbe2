//! The server is as strict as the vendor; else the other tests would prove little.

use rstest::rstest;
use serde_json::{Value, json};
use viva_domain::ports::{ProviderError, ProviderErrorKind};
use viva_fakes::vendors::deepgram::{DeepgramScript, DeepgramServer};

use super::KEY;
use crate::providers::transport::probe::Probe;

const V1: &str = "v1/listen?model=nova-3&encoding=linear16&sample_rate=16000";
const V2: &str = "v2/listen?model=flux-general-en&encoding=linear16&sample_rate=16000";

async fn open(server: &DeepgramServer, target: &str) -> Result<Probe, ProviderError> {
    let url = format!("{}/{target}", server.base_url());
    let authorization = format!("Token {KEY}");
    Probe::open(&url, &[("authorization", &authorization)]).await
}

#[rstest]
#[case::unknown(V1, "&mood=1", "Unknown query parameter: mood")]
#[case::unknown(V2, "&mood=1", "Unknown query parameter: mood")]
#[case::double(V1, "&language=en&language=de", "Duplicate query parameter: language")]
#[case::double(V2, "&model=flux-general-en", "Duplicate query parameter: model")]
#[case::of_the_other_api(V1, "&eot_threshold=0.7", "Unknown query parameter: eot_threshold")]
#[case::of_the_other_api(V2, "&language=en", "Unknown query parameter: language")]
#[case::of_the_other_api(V2, "&interim_results=true", "Unknown query parameter: interim_results")]
#[case::of_the_other_api(V2, "&endpointing=false", "Unknown query parameter: endpointing")]
#[case::wrong(V1, "&interim_results=yes", "Invalid value for interim_results: yes")]
#[case::wrong(V1, "&keyterm=", "Invalid value for keyterm: ")]
#[case::wrong(V2, "&eot_threshold=2", "Invalid value for eot_threshold: 2")]
#[case::another_model(
    "v1/listen?model=flux-general-en",
    "",
    "Invalid value for model: flux-general-en"
)]
#[case::another_model("v2/listen?model=nova-3", "", "Invalid value for model: nova-3")]
#[case::another_format(
    "v1/listen?model=nova-3&encoding=opus",
    "",
    "Invalid value for encoding: opus"
)]
#[case::missing(
    "v1/listen?model=nova-3&encoding=linear16",
    "",
    "Missing query parameter: sample_rate"
)]
#[case::missing(
    "v2/listen?encoding=linear16&sample_rate=16000",
    "",
    "Missing query parameter: model"
)]
#[tokio::test]
async fn a_request_that_the_vendor_would_refuse_is_refused(
    #[case] target: &str,
    #[case] more: &str,
    #[case] message: &str,
) {
    let server = DeepgramServer::start(DeepgramScript::default()).await.unwrap();
    for right in [V1, V2] {
        let repeated = format!("{right}&keyterm=Viva&keyterm=Nova");
        assert!(open(&server, &repeated).await.is_ok(), "{right} is right");
    }
    let refused = open(&server, &format!("{target}{more}")).await.err();
    let kind = ProviderErrorKind::Failed(message.trim().to_owned());
    assert_eq!(refused.map(|err| err.kind), Some(kind));
}

#[rstest]
#[case::half_a_sample(V1, Err(vec![1, 2, 3]), 1_008)]
#[case::half_a_sample(V2, Err(vec![1, 2, 3]), 1_011)]
#[case::unknown(V1, Ok(json!({"type": "ForceEndTurn"})), 1_008)]
#[case::unknown(V2, Ok(json!({"type": "KeepAlive"})), 1_011)]
#[tokio::test]
async fn a_message_that_the_vendor_would_refuse_is_refused(
    #[case] target: &str,
    #[case] message: Result<Value, Vec<u8>>,
    #[case] code: u16,
) {
    let server = DeepgramServer::start(DeepgramScript::default()).await.unwrap();
    let mut probe = open(&server, target).await.unwrap();
    match message {
        Ok(message) => probe.send(&message).await,
        Err(bytes) => probe.send_bytes(bytes).await,
    }
    assert_eq!(probe.closed().await.0, Some(code));
}

#[tokio::test]
async fn another_way_to_send_the_key_is_refused() {
    let server = DeepgramServer::start(DeepgramScript::default()).await.unwrap();
    let url = format!("{}/{V1}", server.base_url());
    let authorization = format!("Bearer {KEY}");
    let refused = Probe::open(&url, &[("authorization", &authorization)])
        .await
        .err();
    assert_eq!(
        refused.map(|err| err.kind),
        Some(ProviderErrorKind::CredentialInvalid)
    );
}

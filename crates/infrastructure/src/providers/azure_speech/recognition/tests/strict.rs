//! The server is as strict as the vendor; else the other tests would prove little.

use rstest::rstest;
use viva_domain::ports::{ProviderError, ProviderErrorKind};
use viva_fakes::vendors::ears::EarsServer;

use super::kind;
use crate::providers::ears::rig::{KEY, Rig};
use crate::providers::transport::probe::Probe;

const ID: &str = "0123456789abcdef0123456789abcdef";

async fn open(server: &EarsServer, query: &str, id: &str) -> Result<Probe, ProviderError> {
    let path = "speech/recognition/conversation/cognitiveservices/v1";
    let url = format!("{}/{path}?{query}", server.base_url());
    let headers = [("ocp-apim-subscription-key", KEY), ("x-connectionid", id)];
    Probe::open(&url, &headers).await
}

#[rstest]
#[case("", ID, "Missing query parameter: language")]
#[case("language=en", ID, "Invalid value for language: en")]
#[case("language=en-US&mood=1", ID, "Unknown query parameter: mood")]
#[case("language=en-US", "1", "X-ConnectionId is missing")]
#[tokio::test]
async fn a_request_that_the_vendor_would_refuse_is_refused(
    #[case] query: &str,
    #[case] id: &str,
    #[case] message: &str,
) {
    let rig = Rig::start(kind()).await;
    assert!(open(&rig.server, "language=en-US", ID).await.is_ok());
    let refused = open(&rig.server, query, id).await.err();
    let kind = ProviderErrorKind::Failed(message.to_owned());
    assert_eq!(refused.map(|err| err.kind), Some(kind));
}

fn headers(path: &str, more: &str) -> String {
    format!("Path: {path}\r\nX-RequestId: {ID}\r\nX-Timestamp: 2026-01-01T00:00:00.000Z\r\n{more}")
}

fn bytes(headers: &str, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(headers.len()).unwrap().to_be_bytes();
    [&length[..], headers.as_bytes(), body].concat()
}

#[rstest]
#[case::no_turn(bytes(&headers("audio", ""), &[1, 2]))]
#[case::no_headers(vec![1])]
#[case::cut(vec![1, 0, 65])]
#[case::an_empty_line(bytes(&headers("audio", "\r\n"), &[1, 2]))]
#[tokio::test]
async fn audio_that_the_vendor_would_refuse_is_refused(#[case] message: Vec<u8>) {
    let rig = Rig::start(kind()).await;
    let mut probe = open(&rig.server, "language=en-US", ID).await.unwrap();
    probe.send_bytes(message).await;
    assert_eq!(probe.closed().await.0, Some(1_007));
}

#[rstest]
#[case::before_the_configuration(headers("speech.context", "") + "\r\n{}")]
#[case::no_json(headers("speech.config", "") + "\r\nhello")]
#[case::no_body(headers("speech.config", ""))]
#[case::no_time("Path: speech.config\r\nX-RequestId: 0123456789abcdef0123456789abcdef\r\n\r\n{}".to_owned())]
#[case::unknown(headers("speech.mood", "") + "\r\n{}")]
#[tokio::test]
async fn a_message_that_the_vendor_would_refuse_is_refused(#[case] message: String) {
    let rig = Rig::start(kind()).await;
    let mut probe = open(&rig.server, "language=en-US", ID).await.unwrap();
    probe.send_text(message).await;
    assert_eq!(probe.closed().await.0, Some(1_007));
}

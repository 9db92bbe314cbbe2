//! The server is as strict as the vendor; else the other tests would prove little.

use reqwest::StatusCode;
use rstest::rstest;
use serde_json::{Value, json};
use viva_fakes::vendors::google_cloud::GoogleSpeechServer;

use super::KEY;
use crate::providers::ears::talk::http;
use crate::providers::testing::account;
use crate::providers::transport::probe::with;

fn right() -> Value {
    json!({
        "config": {"encoding": "LINEAR16", "sampleRateHertz": 16_000, "languageCode": "en-US", "model": "latest_short"},
        "audio": {"content": "AAAAAA=="},
    })
}

async fn status(server: &GoogleSpeechServer, body: &Value) -> StatusCode {
    let vendor = account(&server.base_url(), None);
    let url = vendor.url("v1/speech:recognize");
    let sent = http()
        .send_once(&vendor, |client| {
            client
                .post(url)
                .header("x-goog-api-key", KEY)
                .body(body.to_string())
        })
        .await;
    sent.unwrap().status()
}

#[rstest]
#[case("/config/mood", json!(1))]
#[case("/config/languageCode", json!("zh-Hant-TW"))]
#[case("/config/languageCode", json!(""))]
#[case("/config/encoding", json!("PCM"))]
#[case("/config/sampleRateHertz", json!(4_000))]
#[case("/audio/content", json!("*"))]
#[case("/audio/content", json!("AA=="))]
#[case("/mood", json!(1))]
#[tokio::test]
async fn a_request_that_the_vendor_would_refuse_is_refused(#[case] path: &str, #[case] value: Value) {
    let server = GoogleSpeechServer::start(KEY).await.unwrap();
    assert_eq!(status(&server, &right()).await, StatusCode::OK);
    let wrong = with(&right(), path, value);
    assert_eq!(status(&server, &wrong).await, StatusCode::BAD_REQUEST);
}

//! The server is as strict as the vendor; else the other tests would prove little.

use rstest::rstest;
use serde_json::{Value, json};

use super::*;
use crate::providers::transport::probe::{Probe, with};

const PATH: &str = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent";

async fn probe() -> (LiveServer, Probe) {
    let server = LiveServer::start(quick()).await.unwrap();
    let url = format!("{}{PATH}", server.base_url());
    let probe = Probe::open(&url, &[("x-goog-api-key", KEY)]).await.unwrap();
    (server, probe)
}

fn setup() -> Value {
    json!({"setup": {
        "model": "models/gemini-2.5-flash-live",
        "generationConfig": {
            "responseModalities": ["AUDIO"],
            "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}},
        },
        "realtimeInputConfig": {"automaticActivityDetection": {"disabled": true}},
        "sessionResumption": {},
        "contextWindowCompression": {"slidingWindow": {}},
    }})
}

/// A refusal is a closed connection.
async fn assert_refused(probe: Probe, reason: &str) {
    let (code, told) = probe.closed().await;
    assert_eq!(code, Some(1_007), "{told}");
    assert!(told.contains(reason), "{told}");
}

#[rstest]
#[case("/setup/mood", json!(1), "unknown field `mood`")]
#[case("/setup/generationConfig/mood", json!(1), "unknown field `mood`")]
#[case("/setup/generationConfig/speechConfig/mood", json!(1), "unknown field `mood`")]
#[case("/setup/realtimeInputConfig/mood", json!(1), "unknown field `mood`")]
#[case("/setup/realtimeInputConfig/automaticActivityDetection/mood", json!(1), "unknown field `mood`")]
#[case("/setup/sessionResumption/mood", json!(1), "unknown field `mood`")]
#[case("/setup/contextWindowCompression/mood", json!(1), "unknown field `mood`")]
#[case("/mood", json!(1), "Invalid JSON payload received")]
#[case("/setup/model", json!(null), "missing field `model`")]
#[case("/setup/model", json!("gemini-2.5-flash-live"), "resource name")]
#[case("/setup/generationConfig/responseModalities", json!(["TEXT"]), "modality is not supported")]
#[case("/setup/generationConfig/temperature", json!(3), "temperature is out of range")]
#[case(
    "/setup/generationConfig/speechConfig/voiceConfig/prebuiltVoiceConfig/voiceName",
    json!("Nobody"),
    "voice is not available"
)]
#[tokio::test]
async fn a_setup_that_the_vendor_would_refuse_is_refused(
    #[case] path: &str,
    #[case] value: Value,
    #[case] reason: &str,
) {
    let (_server, mut probe) = probe().await;
    probe.send(&with(&setup(), path, value)).await;
    assert_refused(probe, reason).await;
}

/// PCM of this type.
fn audio(mime_type: &str, base64: &str) -> Value {
    json!({"realtimeInput": {"audio": {"mimeType": mime_type, "data": base64}}})
}

#[rstest]
#[case(setup(), "the first message only")]
#[case(audio("audio/pcm;rate=24000", "AAA="), "mime type is not supported")]
#[case(audio("audio/pcm", "AAA="), "mime type is not supported")]
#[case(audio("audio/pcm;rate=16000", "AAAA"), "audio is incomplete")]
#[case(audio("audio/pcm;rate=16000", "?"), "data is not base64")]
#[case(json!({"realtimeInput": {"mediaChunks": []}}), "unknown variant `mediaChunks`")]
#[case(json!({"realtimeInput": {"mood": 1}}), "unknown variant `mood`")]
#[case(json!({"realtimeInput": {"audioStreamEnd": true}}), "audioStreamEnd needs detection")]
#[case(json!({"realtimeInput": {"activityEnd": {}}}), "activity has not started")]
#[case(json!({"clientContent": {"turns": [{"parts": [{"text": "Hi"}]}], "turnComplete": true}}), "valid role")]
#[case(
    json!({"clientContent": {"turns": [{"role": "assistant", "parts": [{"text": "Hi"}]}], "turnComplete": true}}),
    "valid role"
)]
#[case(json!({"clientContent": {"turns": [], "turnComplete": true, "mood": 1}}), "unknown field `mood`")]
#[tokio::test]
async fn a_message_that_the_vendor_would_refuse_is_refused(#[case] message: Value, #[case] reason: &str) {
    let (_server, mut probe) = probe().await;
    probe.send(&setup()).await;
    probe.until(|said| said.get("setupComplete").is_some()).await;
    probe.send(&audio("audio/pcm;rate=16000", "AAA=")).await;
    probe.send(&message).await;
    assert_refused(probe, reason).await;
}

#[tokio::test]
async fn nothing_comes_before_the_setup() {
    let (_server, mut probe) = probe().await;
    probe.send(&audio("audio/pcm;rate=16000", "AAA=")).await;
    assert_refused(probe, "setup must be the first message").await;
}

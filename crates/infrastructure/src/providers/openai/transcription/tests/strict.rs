//! The server is as strict as the vendor; else the other tests would prove little.

use serde_json::{Value, json};
use viva_domain::ports::ProviderErrorKind;
use viva_fakes::vendors::openai_transcription::{OpenAiTranscriptionScript, OpenAiTranscriptionServer};

use super::KEY;
use crate::providers::transport::probe::{Probe, with};

async fn probe(query: &str) -> (OpenAiTranscriptionServer, Probe) {
    let server = OpenAiTranscriptionServer::start(OpenAiTranscriptionScript::default())
        .await
        .unwrap();
    let url = format!("{}/realtime?{query}", server.base_url());
    let probe = Probe::bearing(&url, KEY).await;
    (server, probe)
}

fn session() -> Value {
    json!({
        "type": "transcription",
        "audio": {"input": {
            "format": {"type": "audio/pcm", "rate": 24_000},
            "noise_reduction": {"type": "near_field"},
            "transcription": {"model": "gpt-live-transcribe", "language": "en"},
            "turn_detection": null,
        }},
    })
}

fn update(session: &Value) -> Value {
    json!({"type": "session.update", "session": session})
}

#[tokio::test]
async fn a_session_that_the_vendor_would_refuse_is_refused() {
    let (_server, mut probe) = probe("intent=transcription").await;
    assert_eq!(probe.complaint(&update(&session())).await, None);
    let unknown = "unknown_parameter";
    let invalid = "invalid_value";
    let format = "/audio/input/format";
    for (path, value, code, param) in [
        ("/type", json!(null), "missing_required_parameter", "/type"),
        ("/type", json!("realtime"), "invalid_session_type", "/type"),
        // Names of the beta.
        (
            "/input_audio_format",
            json!("pcm16"),
            unknown,
            "/input_audio_format",
        ),
        (
            "/input_audio_transcription",
            json!({"model": "whisper-1"}),
            unknown,
            "/input_audio_transcription",
        ),
        (
            "/turn_detection",
            json!({"type": "server_vad"}),
            unknown,
            "/turn_detection",
        ),
        (format, json!("pcm16"), invalid, format),
        // Names of nobody, and of conversations.
        ("/mood", json!(1), unknown, "/mood"),
        ("/instructions", json!("Sing."), unknown, "/instructions"),
        (
            "/audio/output",
            json!({"voice": "marin"}),
            unknown,
            "/audio/output",
        ),
        ("/audio/input/mood", json!(1), unknown, "/audio/input/mood"),
        (
            "/audio/input/transcription/mood",
            json!(1),
            unknown,
            "/audio/input/transcription/mood",
        ),
        // Other formats.
        ("/audio/input/format/rate", json!(16_000), invalid, format),
        ("/audio/input/format/type", json!("audio/pcmu"), invalid, format),
        ("/audio/input/format/mood", json!(1), invalid, format),
    ] {
        let wrong = update(&with(&session(), path, value));
        let expected = Some((code.to_owned(), format!("session{}", param.replace('/', "."))));
        assert_eq!(probe.complaint(&wrong).await, expected, "{path}");
    }
    let detection = "session.audio.input.turn_detection";
    let expected = Some((invalid.to_owned(), detection.to_owned()));
    let mut left_out = session();
    left_out["audio"]["input"]
        .as_object_mut()
        .unwrap()
        .remove("turn_detection");
    assert_eq!(probe.complaint(&update(&left_out)).await, expected);
}

#[tokio::test]
async fn an_event_that_the_vendor_would_refuse_is_refused() {
    let (_server, mut probe) = probe("intent=transcription").await;
    let early = probe
        .complaint(&json!({"type": "input_audio_buffer.clear"}))
        .await;
    assert_eq!(early.unwrap().0, "not_configured");
    assert_eq!(probe.complaint(&update(&session())).await, None);
    for event in [
        update(&session()),
        json!({"type": "input_audio_buffer.append", "audio": "AAA="}),
        json!({"type": "input_audio_buffer.commit"}),
        json!({"type": "input_audio_buffer.clear"}),
    ] {
        let wrong = with(&event, "/mood", json!(1));
        let expected = Some(("unknown_parameter".to_owned(), "mood".to_owned()));
        assert_eq!(probe.complaint(&wrong).await, expected, "{event}");
    }
    for (wrong, param) in [
        // A sample and a half.
        (
            json!({"type": "input_audio_buffer.append", "audio": "AAAA"}),
            "audio",
        ),
        (json!({"type": "transcription_session.update"}), "type"),
        (json!({"type": "response.create"}), "type"),
    ] {
        let expected = Some(("invalid_value".to_owned(), param.to_owned()));
        assert_eq!(probe.complaint(&wrong).await, expected, "{wrong}");
    }
}

#[tokio::test]
async fn a_connection_that_the_vendor_would_refuse_is_refused() {
    // With a model it is a conversation.
    let (server, mut conversation) = probe("intent=transcription&model=gpt-live-transcribe").await;
    let refused = conversation.complaint(&update(&session())).await.unwrap();
    assert_eq!(refused.0, "invalid_session_type");
    let url = format!("{}/realtime?intent=transcription", server.base_url());
    let authorization = format!("Bearer {KEY}");
    let key = ("authorization", authorization.as_str());
    let refused =
        async |headers: &[(&'static str, &str)]| Probe::open(&url, headers).await.err().map(|err| err.kind);
    assert_eq!(refused(&[key]).await, None);
    let message = "The Realtime Beta API is no longer supported".to_owned();
    assert_eq!(
        refused(&[key, ("openai-beta", "realtime=v1")]).await,
        Some(ProviderErrorKind::Failed(message))
    );
    assert_eq!(refused(&[]).await, Some(ProviderErrorKind::CredentialInvalid));
}

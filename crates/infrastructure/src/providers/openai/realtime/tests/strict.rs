//! The server is as strict as the vendor; else the other tests would prove little.

use rstest::rstest;
use serde_json::{Value, json};
use viva_domain::ports::ProviderErrorKind;
use viva_fakes::vendors::openai::realtime::{OpenAiRealtimeScript, OpenAiRealtimeServer, RealtimeHost};

use super::bench::KEY;
use crate::providers::transport::probe::{Probe, with};

/// A connection to a server as the vendor wants it.
async fn probe() -> (OpenAiRealtimeServer, Probe) {
    let server = OpenAiRealtimeServer::start(OpenAiRealtimeScript::default())
        .await
        .unwrap();
    let url = format!("{}/realtime?model=speaks-2", server.base_url());
    let probe = Probe::bearing(&url, KEY).await;
    (server, probe)
}

fn session() -> Value {
    json!({
        "type": "realtime",
        "instructions": "Be brief.",
        "output_modalities": ["audio"],
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24_000},
                "noise_reduction": {"type": "near_field"},
                "transcription": {"model": "gpt-transcribe"},
                "turn_detection": {"type": "server_vad", "create_response": true},
            },
            "output": {"format": {"type": "audio/pcm", "rate": 24_000}, "voice": "marin"},
        },
    })
}

#[tokio::test]
async fn a_session_that_the_vendor_would_refuse_is_refused() {
    let (_server, mut probe) = probe().await;
    let update = |session: Value| json!({"type": "session.update", "session": session});
    assert_eq!(probe.complaint(&update(session())).await, None);
    let unknown = "unknown_parameter";
    let invalid = "invalid_value";
    for (path, value, code) in [
        ("/type", json!(null), "missing_required_parameter"),
        ("/type", json!("transcription"), invalid),
        // Names of the beta.
        ("/modalities", json!(["audio", "text"]), unknown),
        ("/voice", json!("marin"), unknown),
        ("/input_audio_format", json!("pcm16"), unknown),
        ("/output_audio_format", json!("pcm16"), unknown),
        (
            "/input_audio_transcription",
            json!({"model": "whisper-1"}),
            unknown,
        ),
        ("/turn_detection", json!({"type": "server_vad"}), unknown),
        ("/temperature", json!(0.8), unknown),
        ("/max_response_output_tokens", json!("inf"), unknown),
        // Names of nobody.
        ("/mood", json!(1), unknown),
        ("/audio/mood", json!(1), unknown),
        ("/audio/input/mood", json!(1), unknown),
        ("/audio/input/format/mood", json!(1), unknown),
        ("/audio/input/transcription/mood", json!(1), unknown),
        ("/audio/input/turn_detection/mood", json!(1), unknown),
        ("/audio/output/mood", json!(1), unknown),
        // Other formats.
        ("/audio/input/format/rate", json!(16_000), invalid),
        ("/audio/input/format/rate", json!(null), invalid),
        ("/audio/input/format/type", json!("audio/pcmu"), invalid),
        ("/audio/output/format/rate", json!(16_000), invalid),
        ("/audio/output/format/type", json!("pcm16"), invalid),
        ("/output_modalities", json!(["audio", "text"]), invalid),
    ] {
        let wrong = update(with(&session(), path, value));
        let param = format!("session{}", path.replace('/', "."));
        let expected = Some((code.to_owned(), param));
        assert_eq!(probe.complaint(&wrong).await, expected);
    }
    for path in ["/audio/input/format", "/audio/output/format"] {
        let named = update(with(&session(), path, json!("pcm16")));
        let param = format!("session{}.type", path.replace('/', "."));
        let expected = Some((invalid.to_owned(), param));
        assert_eq!(probe.complaint(&named).await, expected, "a name of the beta");
    }
}

#[tokio::test]
async fn an_event_that_the_vendor_would_refuse_is_refused() {
    let (_server, mut probe) = probe().await;
    let text = json!({"type": "input_text", "text": "Hi."});
    let item = json!({"type": "message", "role": "user", "content": [text]});
    let create = json!({"type": "conversation.item.create", "item": item});
    assert_eq!(probe.complaint(&create).await, None);
    for event in [
        create.clone(),
        json!({"type": "session.update", "session": session()}),
        json!({"type": "input_audio_buffer.append", "audio": "AAA="}),
        json!({"type": "input_audio_buffer.commit"}),
        json!({"type": "conversation.item.truncate", "item_id": "i", "content_index": 0, "audio_end_ms": 1}),
        json!({"type": "conversation.item.delete", "item_id": "i"}),
        json!({"type": "response.create"}),
        json!({"type": "response.cancel"}),
    ] {
        let wrong = with(&event, "/mood", json!(1));
        let expected = Some(("unknown_parameter".to_owned(), "mood".to_owned()));
        assert_eq!(probe.complaint(&wrong).await, expected, "{event}");
    }
    for (wrong, code, param) in [
        (
            with(&create, "/item/mood", json!(1)),
            "unknown_parameter",
            "item.mood",
        ),
        (
            with(&create, "/item/content/0/mood", json!(1)),
            "unknown_parameter",
            "item.content[0].mood",
        ),
        (
            with(&create, "/item/content/0/type", json!("text")),
            "invalid_value",
            "item.content",
        ),
        (
            json!({"type": "response.create", "response": {"modalities": ["audio"]}}),
            "unknown_parameter",
            "response.modalities",
        ),
        // A sample and a half.
        (
            json!({"type": "input_audio_buffer.append", "audio": "AAAA"}),
            "invalid_value",
            "audio",
        ),
        (
            json!({"type": "transcription_session.update"}),
            "invalid_value",
            "type",
        ),
    ] {
        let expected = Some((code.to_owned(), param.to_owned()));
        assert_eq!(probe.complaint(&wrong).await, expected, "{wrong}");
    }
}

#[rstest]
#[case::openai(RealtimeHost::OpenAi, "/realtime", ("authorization", "Bearer sk-secret-key"))]
#[case::azure(RealtimeHost::Azure, "/openai/v1/realtime", ("api-key", "sk-secret-key"))]
#[tokio::test]
async fn a_connection_that_the_vendor_would_refuse_is_refused(
    #[case] host: RealtimeHost,
    #[case] path: &str,
    #[case] key: (&'static str, &str),
) {
    let script = OpenAiRealtimeScript {
        host,
        ..OpenAiRealtimeScript::default()
    };
    let server = OpenAiRealtimeServer::start(script).await.unwrap();
    let url = format!("{}{path}", server.base_url());
    let named = format!("{url}?model=speaks-2");
    let refused = async |url: &str, headers: &[(&'static str, &str)]| {
        Probe::open(url, headers).await.err().map(|err| err.kind)
    };
    assert_eq!(refused(&named, &[key]).await, None);
    let beta = ("openai-beta", "realtime=v1");
    let message = "The Realtime Beta API is no longer supported.".to_owned();
    assert_eq!(
        refused(&named, &[key, beta]).await,
        Some(ProviderErrorKind::Failed(message))
    );
    let message = "You must provide a model parameter.".to_owned();
    assert_eq!(
        refused(&url, &[key]).await,
        Some(ProviderErrorKind::InvalidConfig(message))
    );
    let invalid_key = Some(ProviderErrorKind::CredentialInvalid);
    assert_eq!(refused(&named, &[]).await, invalid_key);
    assert_eq!(
        refused(&named, &[("authorization", "sk-secret-key")]).await,
        invalid_key
    );
    let dated = refused(&format!("{named}&api-version=2024-10-01-preview"), &[key]).await;
    assert_eq!(dated, invalid_key.filter(|_| host == RealtimeHost::Azure));
}

//! Which providers a server has, with which settings.

use std::fs;
use std::process::Stdio;

use chrono::NaiveDate;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use viva_client::ClientError;
use viva_protocol::rest::{CredentialStatus, Provider, ProviderList};
use viva_protocol::ws::{
    CascadeConfig, ErrorCode, FallbackPolicy, Interaction, RealtimeConfig, StartSession,
};

use crate::bench::{Folder, Server, output};

async fn list(server: &Server) -> ProviderList {
    server.client().providers().await.expect("it lists them")
}

fn ids(providers: &[Provider]) -> Vec<&str> {
    providers.iter().map(|provider| provider.id.as_str()).collect()
}

fn find<'a>(providers: &'a [Provider], id: &str) -> &'a Provider {
    providers
        .iter()
        .find(|provider| provider.id == id)
        .expect("it is listed")
}

#[tokio::test]
async fn without_keys_the_offline_provider_comes_first_and_the_others_are_shown() {
    let folder = Folder::new();
    let server = folder.serve().await;
    let list = list(&server).await;
    assert_eq!(
        ids(&list.realtime),
        ["offline", "openai", "azure-openai", "gemini"]
    );
    let ears = ["offline", "openai", "deepgram"];
    let more = [
        "elevenlabs",
        "assemblyai",
        "speechmatics",
        "azure-speech",
        "google-cloud",
    ];
    assert_eq!(ids(&list.stt), [&ears[..], &more].concat());
    assert_eq!(ids(&list.llm), ["offline", "openai", "gemini", "anthropic"]);
    assert_eq!(
        ids(&list.tts),
        [
            "offline",
            "openai",
            "gemini",
            "deepgram",
            "elevenlabs",
            "azure-speech",
            "google-cloud",
            "cartesia",
            "voai"
        ]
    );
    for providers in [&list.realtime, &list.stt, &list.llm, &list.tts] {
        assert!(providers[0].available);
        assert!(
            providers[1..].iter().all(
                |provider| !provider.available && provider.credential_status == CredentialStatus::Missing
            )
        );
    }
    let speech = find(&list.tts, "openai");
    assert_eq!(speech.models[0].retires, NaiveDate::from_ymd_opt(2027, 1, 6));
    assert!(!speech.voices.is_empty());
}

#[tokio::test]
async fn those_that_can_be_used_come_first() {
    let folder = Folder::new();
    let key_file = folder.path().join("key");
    fs::write(&key_file, "secret\n").unwrap();
    let server = folder
        .serve_with(&[
            ("GEMINI_API_KEY_FILE", key_file.display().to_string()),
            ("VIVA__PROVIDERS__DEEPGRAM__API_KEY", "secret".to_owned()),
            (
                "VIVA__PROVIDERS__ANTHROPIC__BASE_URL",
                "http://127.0.0.1:1".to_owned(),
            ),
        ])
        .await;
    let list = list(&server).await;
    assert_eq!(
        ids(&list.realtime),
        ["gemini", "offline", "openai", "azure-openai"]
    );
    assert_eq!(ids(&list.stt)[..3], ["deepgram", "offline", "openai"]);
    assert_eq!(ids(&list.llm), ["gemini", "anthropic", "offline", "openai"]);
    let status = |id: &str| find(&list.llm, id).credential_status;
    assert_eq!(status("gemini"), CredentialStatus::Present);
    assert_eq!(status("anthropic"), CredentialStatus::NotNeeded);
}

#[tokio::test]
async fn a_provider_without_its_key_says_which_variable_to_set() {
    let folder = Folder::new();
    let server = folder.serve().await;
    for (id, says) in [
        ("openai", "set OPENAI_API_KEY for"),
        (
            "azure-openai",
            "set VIVA__PROVIDERS__AZURE_OPENAI__BASE_URL and AZURE_OPENAI_API_KEY for",
        ),
        ("gemini", "set GEMINI_API_KEY for"),
    ] {
        let config = RealtimeConfig {
            realtime_provider: id.to_owned(),
            ..RealtimeConfig::default()
        };
        let connection = server
            .client()
            .connect()
            .await
            .expect("the server takes connections");
        let refused = connection
            .start(StartSession::new(&Interaction::Realtime(config)))
            .await;
        let Err(ClientError::Refused(error)) = refused else {
            panic!("{id} is refused");
        };
        assert_eq!(error.code, ErrorCode::CredentialMissing);
        assert!(error.message.contains(says), "{}", error.message);
    }
}

#[tokio::test]
async fn a_provider_that_was_moved_is_tried_without_a_key() {
    let folder = Folder::new();
    let nobody = "http://127.0.0.1:1".to_owned();
    let server = folder
        .serve_with(&[
            ("VIVA__PROVIDERS__OPENAI__BASE_URL", nobody.clone()),
            ("VIVA__PROVIDERS__DEEPGRAM__BASE_URL", nobody),
        ])
        .await;
    let realtime = Interaction::Realtime(RealtimeConfig {
        realtime_provider: "openai".to_owned(),
        ..RealtimeConfig::default()
    });
    let cascade = |id: &str, model: &str| {
        Interaction::Cascade(CascadeConfig {
            stt_provider: id.to_owned(),
            stt_model: Some(model.to_owned()),
            ..CascadeConfig::default()
        })
    };
    // Files would only be sent when something was said.
    let sessions = cascade("openai", "gpt-live-transcribe");
    for interaction in [realtime, sessions, cascade("deepgram", "nova-3")] {
        let start = StartSession {
            fallback: FallbackPolicy::Off,
            ..StartSession::new(&interaction)
        };
        let connection = server
            .client()
            .connect()
            .await
            .expect("the server takes connections");
        let Err(ClientError::Refused(error)) = connection.start(start).await else {
            panic!("nobody is there: {interaction:?}");
        };
        assert_eq!(error.code, ErrorCode::ProviderUnavailable, "{}", error.message);
    }
}

#[tokio::test]
async fn a_file_adds_a_provider_and_a_default_that_is_over_is_warned_of() {
    let folder = Folder::new();
    let text = r#"
        [[providers]]
        id = "local"
        name = "Local"
        base_url = "http://127.0.0.1:1/v1"
        [providers.llm]
        adapter = "openai"
        models = [{ id = "old-one", retires = 2026-01-01 }]

        [[providers]]
        id = "openai"
        [providers.llm]
        default_model = "older-one"
        models = [{ id = "older-one", retires = 2025-01-01 }]
    "#;
    fs::write(folder.path().join("mine.toml"), text).unwrap();
    let mut server = folder
        .viva(&["serve"])
        .env("VIVA__CATALOGUE__FILE", "mine.toml")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().expect("it listens");
    server.kill().await.unwrap();
    let mut log = String::new();
    server
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut log)
        .await
        .unwrap();
    assert!(line.contains("listening on"), "{line}\n{log}");
    assert!(
        log.contains("The last day of old-one, the llm model that Local uses by default, is over"),
        "{log}"
    );
    assert!(!log.contains("older-one"), "nobody can use it: {log}");
}

#[tokio::test]
async fn a_key_file_that_cannot_be_read_stops_the_start() {
    let folder = Folder::new();
    let output = output(folder.viva(&["serve"]).env("OPENAI_API_KEY_FILE", "not/there")).await;
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(78), "{message}");
    assert!(
        message.contains("OPENAI_API_KEY_FILE names not/there") && message.contains("unset it"),
        "{message}"
    );
}

#[tokio::test]
async fn keys_are_not_shown_with_the_settings() {
    let folder = Folder::new();
    let output = output(
        folder
            .viva(&["config", "show"])
            .env("VIVA__PROVIDERS__OPENAI__API_KEY", "hunter2")
            .env("GEMINI_API_KEY", "hunter3"),
    )
    .await;
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(
        shown.contains("providers.openai.api_key = \"[redacted]\""),
        "{shown}"
    );
    assert!(!shown.contains("hunter"), "{shown}");
}

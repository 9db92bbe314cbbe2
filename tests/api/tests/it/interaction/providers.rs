//! `/providers`.

use std::sync::Arc;

use chrono::NaiveDate;
use serde_json::json;
use viva_contract::samples::{OWNER, at, credential_id};
use viva_domain::credentials::CredentialState;
use viva_domain::ids::UserId;
use viva_domain::ports::StoreErrorKind;
use viva_domain::providers::{
    CredentialStatus, Model, OwnKey, ProviderCatalogue, ProviderInfo, ProviderVoice, VoiceGender,
};
use viva_fakes::{ScriptedSpeechToText, ScriptedTextToSpeech};

use crate::bench::Server;

const PROVIDERS: &str = "/api/v1/interaction/providers";

#[tokio::test]
async fn providers_are_listed_by_role() {
    let server = Server::start().await;
    insta::assert_json_snapshot!(server.get(PROVIDERS).await.json());
}

#[tokio::test]
async fn a_key_of_ones_own_is_told_with_its_last_check() {
    let server = Server::start().await;
    let mut own = ProviderCatalogue::default();
    let info = |credential| ProviderInfo {
        id: "acme".to_owned(),
        name: "Acme".to_owned(),
        models: Vec::new(),
        voices: Vec::new(),
        languages: Vec::new(),
        custom_names: true,
        credential,
        needs: Vec::new(),
    };
    let ears = Arc::new(ScriptedSpeechToText::detecting_turns());
    own.stt.insert(info(CredentialStatus::Invalid), ears);
    let key = OwnKey {
        id: credential_id(1),
        state: CredentialState::Invalid,
        checked_at: at(5),
    };
    own.own_keys.insert("acme".to_owned(), key);
    // Somebody else's changes nothing.
    server.provider_directory.give(OWNER, own.clone());
    assert_eq!(server.get(PROVIDERS).await.json()["stt"], json!([]));
    server.provider_directory.give(UserId::LOCAL, own);
    let list = server.get(PROVIDERS).await.json();
    let acme = &list["stt"][0];
    assert_eq!(
        [
            &acme["credential_status"],
            &acme["own_key"],
            &acme["checked_at"],
            &acme["available"]
        ],
        [
            &json!("invalid"),
            &json!(true),
            &json!("2026-03-01T12:00:00.000005Z"),
            &json!(false)
        ]
    );
    server
        .provider_directory
        .faults()
        .fail(StoreErrorKind::Unavailable);
    let away = server.get(PROVIDERS).await.problem();
    assert_eq!(away, (503, "database-unavailable".to_owned()));
}

#[tokio::test]
async fn a_missing_key_and_the_last_day_of_a_model_are_told() {
    let model = |id: &str, retires| Model {
        id: id.to_owned(),
        name: id.to_owned(),
        retires,
    };
    let vendor = ProviderInfo {
        id: "vendor".to_owned(),
        name: "Vendor".to_owned(),
        models: vec![
            model("new", None),
            model("old", NaiveDate::from_ymd_opt(2027, 1, 31)),
        ],
        voices: Vec::new(),
        languages: Vec::new(),
        custom_names: true,
        credential: CredentialStatus::Missing,
        needs: vec!["VENDOR_API_KEY".to_owned()],
    };
    let mut providers = ProviderCatalogue::default();
    let ears = ScriptedSpeechToText::detecting_turns();
    providers.stt.insert(vendor, Arc::new(ears));
    let server = Server::with_providers(providers).await;
    let list = server.get(PROVIDERS).await.json();
    insta::assert_json_snapshot!(list["stt"]);
}

#[tokio::test]
async fn the_voices_of_a_provider_are_those_that_it_lists() {
    let voice = |id: &str, gender: Option<VoiceGender>| ProviderVoice {
        id: id.to_owned(),
        name: id.to_uppercase(),
        language: gender.map(|_| "zh-TW".to_owned()),
        gender,
    };
    let acme = ProviderInfo {
        id: "acme".to_owned(),
        name: "Acme".to_owned(),
        models: Vec::new(),
        voices: vec![voice("anna", None)],
        languages: Vec::new(),
        custom_names: true,
        credential: CredentialStatus::Present,
        needs: Vec::new(),
    };
    let tts = ScriptedTextToSpeech::new();
    tts.list(vec![voice("ben", Some(VoiceGender::Male))]);
    let mut providers = ProviderCatalogue::default();
    providers.tts.insert(acme, Arc::new(tts));
    let server = Server::with_providers(providers).await;
    insta::assert_json_snapshot!(server.get(&format!("{PROVIDERS}/acme/voices")).await.json());
    let unknown = server.get(&format!("{PROVIDERS}/nobody/voices")).await.problem();
    assert_eq!(unknown, (404, "provider-not-found".to_owned()));
}

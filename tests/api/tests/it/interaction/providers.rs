//! `/providers`.

use std::sync::Arc;

use chrono::NaiveDate;
use viva_domain::providers::{CredentialStatus, Model, ProviderCatalogue, ProviderInfo};
use viva_fakes::ScriptedSpeechToText;

use crate::bench::Server;

#[tokio::test]
async fn providers_are_listed_by_role() {
    let server = Server::start().await;
    insta::assert_json_snapshot!(server.get("/api/v1/interaction/providers").await.json());
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
    let list = server.get("/api/v1/interaction/providers").await.json();
    insta::assert_json_snapshot!(list["stt"]);
}

//! Servers of one's own, each in every role that it has, through the adapters as a user sets them up: an address, a model,
//! and no key. Conversations are in `realtime/tests`.

mod answers;
mod keys;
mod strict;
mod transcripts;
mod voices;

use std::time::Duration;

use viva_fakes::vendors::compatible::{CompatibleScript, CompatibleServer, CompatibleVendor};

use super::{DOMAIN, OWN_SERVER_LIMIT, client_for};
use crate::providers::Defaults;
use crate::providers::ears::talk::http;
use crate::providers::testing::{PROVIDER, account};

const MODEL: &str = "my-model";

async fn server(vendor: CompatibleVendor) -> CompatibleServer {
    with(vendor, CompatibleScript::default()).await
}

async fn with(vendor: CompatibleVendor, script: CompatibleScript) -> CompatibleServer {
    CompatibleServer::start(vendor, script).await.unwrap()
}

/// What a user's catalogue says.
fn defaults(voice: Option<&str>) -> Defaults {
    Defaults {
        model: Some(MODEL.to_owned()),
        voice: voice.map(str::to_owned),
    }
}

/// Ollama sends no headers before its model is loaded.
#[test]
fn a_server_of_ones_own_may_take_its_time() {
    let limit = |base_url: &str| client_for(&account(base_url, None), http()).limits().answer;
    assert_eq!(limit("http://127.0.0.1:11434/v1"), OWN_SERVER_LIMIT);
    assert_eq!(limit("https://llm.acme.example/v1"), OWN_SERVER_LIMIT);
    let vendors = http().limits().answer;
    assert_eq!(limit(&format!("https://api.{DOMAIN}/v1")), vendors);
    assert!(vendors < OWN_SERVER_LIMIT && OWN_SERVER_LIMIT < Duration::from_secs(30));
}

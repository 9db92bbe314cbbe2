//! Against servers that tell right keys from wrong ones as each vendor does.

mod answers;
mod calls;
mod roads;

use viva_domain::credentials::CredentialRefusal;
use viva_fakes::vendors::keys::{KeyAnswer, KeyServer, KeyVendor};

use super::check;
use crate::catalogue::{Catalogue, CatalogueProvider};
use crate::providers::transport::{Account, AddressPolicy, HttpClient};

const KEY: &str = "sk-hidden-1234567890";

fn http() -> HttpClient {
    HttpClient::guarded(AddressPolicy::PrivateAllowed).unwrap()
}

fn account(base_url: &str, key: &str) -> Account {
    Account {
        provider: "my-own".to_owned(),
        base_url: base_url.parse().unwrap(),
        api_key: Some(key.into()),
        organization: None,
    }
}

/// The vendor's provider in the built-in catalogue.
fn provider(vendor: KeyVendor) -> CatalogueProvider {
    let id = match vendor {
        KeyVendor::OpenAi => "openai",
        KeyVendor::AzureOpenAi => "azure-openai",
        KeyVendor::Anthropic => "anthropic",
        KeyVendor::Gemini => "gemini",
        KeyVendor::Deepgram => "deepgram",
        KeyVendor::ElevenLabs => "elevenlabs",
        KeyVendor::AssemblyAi => "assemblyai",
        KeyVendor::Speechmatics => "speechmatics",
        KeyVendor::AzureSpeech => "azure-speech",
        KeyVendor::GoogleSpeech => "google-cloud",
        KeyVendor::Cartesia => "cartesia",
        KeyVendor::VoAi => "voai",
    };
    let providers = Catalogue::load(None).unwrap().into_providers();
    providers.into_iter().find(|provider| provider.id == id).unwrap()
}

/// The cases beside this go through all vendors; a provider that none of them stands for would go unchecked.
#[test]
fn every_provider_of_the_catalogue_has_a_vendor_here() {
    let mut checked = KeyVendor::ALL.map(|vendor| provider(vendor).id);
    let providers = Catalogue::load(None).unwrap().into_providers();
    let mut listed: Vec<String> = providers.into_iter().map(|provider| provider.id).collect();
    checked.sort();
    listed.sort();
    assert_eq!(
        listed, checked,
        "add a variant of KeyVendor, also to KeyVendor::ALL"
    );
}

async fn server(vendor: KeyVendor) -> KeyServer {
    KeyServer::start(vendor, KEY).await.unwrap()
}

/// What becomes of the right key when the vendor answers so.
async fn answered(vendor: KeyVendor, answer: KeyAnswer) -> Result<(), CredentialRefusal> {
    let server = server(vendor).await;
    server.answer(answer);
    let account = account(&server.base_url(), KEY);
    let checked = check(&http(), &provider(vendor), &account).await;
    assert_eq!(server.requests().len(), 1, "nothing is asked twice");
    checked
}

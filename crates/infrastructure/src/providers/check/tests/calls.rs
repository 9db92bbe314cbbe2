//! Who is asked, and what.

use reqwest::Method;
use viva_domain::credentials::CredentialRefusal;
use viva_fakes::CapturedLogs;
use viva_fakes::vendors::deepgram::{DeepgramScript, DeepgramServer};
use viva_fakes::vendors::ears::{EarsScript, EarsServer, EarsVendor};
use viva_fakes::vendors::gemini::live::{LiveScript, LiveServer};
use viva_fakes::vendors::google_cloud::GoogleSpeechServer;
use viva_fakes::vendors::keys::{KeyAnswer, KeyVendor};
use viva_fakes::vendors::language_models::{ChatServer, ChatServerSettings, ChatVendor};
use viva_fakes::vendors::speech::{SpeechScript, SpeechServer, SpeechVendor};

use super::{KEY, account, check, http, provider, server};
use crate::catalogue::{Catalogue, CatalogueProvider};
use crate::providers::check::WrongAddress;

/// A provider of one's own with these roles.
fn custom(roles: &str) -> CatalogueProvider {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    let text = format!(
        "[[providers]]\nid = \"my-own\"\nname = \"Mine\"\nbase_url = \"http://127.0.0.1:1\"\n{roles}"
    );
    std::fs::write(&file, text).unwrap();
    let providers = Catalogue::load(Some(&file)).unwrap().into_providers();
    providers
        .into_iter()
        .find(|provider| provider.id == "my-own")
        .unwrap()
}

#[tokio::test]
async fn every_vendor_is_asked_once_and_in_its_own_way() {
    for vendor in KeyVendor::ALL {
        let server = server(vendor).await;
        let asked = check(&http(), &provider(vendor), &account(&server.base_url(), KEY)).await;
        assert_eq!(asked, Ok(()), "{vendor:?}");
        let requests = server.requests();
        let [request] = &requests[..] else {
            panic!("{vendor:?}: {requests:?}");
        };
        assert_eq!(request.method, Method::GET);
        assert!(!request.target.contains(KEY), "{}", request.target);
    }
}

#[tokio::test]
async fn a_wrong_key_is_told_apart_and_is_nowhere_to_be_read() {
    let logs = CapturedLogs::start();
    for vendor in KeyVendor::ALL {
        let server = server(vendor).await;
        for wrong in ["sk-wrong-0987654321", "sk-wrong\nkey"] {
            let account = account(&server.base_url(), wrong);
            let refusal = check(&http(), &provider(vendor), &account).await.unwrap_err();
            assert_eq!(refusal, CredentialRefusal::BadKey, "{vendor:?}");
            let told = format!("{refusal} {refusal:?} {account:?}");
            assert!(!told.contains("wrong"), "{told}");
        }
        // What no header can carry is sent nowhere.
        assert_eq!(server.requests().len(), 1, "{vendor:?}");
        let right = account(&server.base_url(), KEY);
        check(&http(), &provider(vendor), &right).await.unwrap();
    }
    let logged = logs.text();
    assert!(logged.contains("my-own takes the key"), "{logged}");
    for secret in [KEY, "sk-wrong"] {
        assert!(!logged.contains(secret), "{logged}");
    }
}

#[tokio::test]
async fn a_query_and_a_path_of_the_address_stay() {
    let server = server(KeyVendor::OpenAi).await;
    server.answer(KeyAnswer::foreign(200, r#"{"data":[]}"#));
    let address = server.base_url().replace("/v1", "/mine/v1/?team=7");
    let asked = check(&http(), &provider(KeyVendor::OpenAi), &account(&address, KEY)).await;
    assert_eq!(asked, Ok(()));
    assert_eq!(server.requests()[0].target, "/mine/v1/models?team=7");
}

#[tokio::test]
async fn the_first_vendor_that_has_a_word_to_say_is_enough() {
    let server = server(KeyVendor::OpenAi).await;
    let mixed = custom(
        "[providers.stt]\nadapter = \"deepgram\"\n[providers.llm]\nadapter = \"openai\"\n[providers.tts]\nadapter = \
         \"elevenlabs\"",
    );
    let targets = || -> Vec<String> {
        let requests = server.requests().into_iter();
        requests.map(|request| request.target).collect()
    };
    let checked = async |key: &str| check(&http(), &mixed, &account(&server.base_url(), key)).await;
    assert_eq!(checked(KEY).await, Ok(()));
    let asked = ["/v1/v1/auth/token", "/v1/models"];
    assert_eq!(targets(), asked);
    assert_eq!(checked("sk-wrong").await, Err(CredentialRefusal::BadKey));
    assert_eq!(targets(), [asked, asked].concat());
}

#[tokio::test]
async fn an_address_that_has_nothing_of_anybody_is_wrong() {
    let server = server(KeyVendor::OpenAi).await;
    let mixed = custom("[providers.llm]\nadapter = \"anthropic\"\n[providers.tts]\nadapter = \"elevenlabs\"");
    server.answer(KeyAnswer::foreign(404, "<html>Nothing here</html>"));
    server.answer(KeyAnswer::foreign(200, "<html>Welcome</html>"));
    let asked = check(&http(), &mixed, &account(&server.base_url(), KEY)).await;
    assert_eq!(asked, Err(WrongAddress::NotFound.into()));
    assert_eq!(server.requests().len(), 2);
}

/// So that tests of the whole server can give it keys.
#[tokio::test]
async fn the_servers_that_do_more_know_their_keys_too() {
    for (vendor, chat) in [
        (KeyVendor::OpenAi, ChatVendor::OpenAi),
        (KeyVendor::Anthropic, ChatVendor::Anthropic),
        (KeyVendor::Gemini, ChatVendor::Gemini),
    ] {
        let server = ChatServer::start(ChatServerSettings::of(chat)).await.unwrap();
        let key = server.settings().key.clone().unwrap();
        knows_its_key(vendor, &server.base_url(), &key).await;
    }
    let script = SpeechScript::default();
    let key = script.api_key.clone().unwrap();
    let server = SpeechServer::start(SpeechVendor::ElevenLabs, script)
        .await
        .unwrap();
    knows_its_key(KeyVendor::ElevenLabs, &server.base_url(), &key).await;
    let script = DeepgramScript::default();
    let key = script.api_key.clone();
    let server = DeepgramServer::start(script).await.unwrap();
    knows_its_key(KeyVendor::Deepgram, &server.base_url(), &key).await;
    for (vendor, ears) in [
        (KeyVendor::AssemblyAi, EarsVendor::AssemblyAi),
        (KeyVendor::Speechmatics, EarsVendor::Speechmatics),
        (KeyVendor::AzureSpeech, EarsVendor::AzureSpeech),
        (KeyVendor::ElevenLabs, EarsVendor::Scribe),
    ] {
        let script = EarsScript::default();
        let key = script.api_key.clone();
        let server = EarsServer::start(ears, script).await.unwrap();
        knows_its_key(vendor, &server.base_url(), &key).await;
    }
    let server = GoogleSpeechServer::start(KEY).await.unwrap();
    knows_its_key(KeyVendor::GoogleSpeech, &server.base_url(), KEY).await;
    let script = LiveScript {
        api_key: Some(KEY.to_owned()),
        ..LiveScript::default()
    };
    let server = LiveServer::start(script).await.unwrap();
    knows_its_key(KeyVendor::Gemini, &server.base_url(), KEY).await;
}

async fn knows_its_key(vendor: KeyVendor, base_url: &str, key: &str) {
    let checked = async |key: &str| check(&http(), &provider(vendor), &account(base_url, key)).await;
    assert_eq!(checked(key).await, Ok(()), "{vendor:?}");
    assert_eq!(
        checked("sk-wrong").await,
        Err(CredentialRefusal::BadKey),
        "{vendor:?}"
    );
}

#[tokio::test]
async fn a_server_without_keys_takes_any() {
    let settings = ChatServerSettings {
        key: None,
        ..ChatServerSettings::of(ChatVendor::OpenAi)
    };
    let server = ChatServer::start(settings).await.unwrap();
    let account = account(&server.base_url(), "anything");
    let asked = check(&http(), &provider(KeyVendor::OpenAi), &account).await;
    assert_eq!(asked, Ok(()));
}

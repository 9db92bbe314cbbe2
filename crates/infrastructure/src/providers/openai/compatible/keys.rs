//! How their keys are checked, where they have any.

use rstest::rstest;
use viva_domain::credentials::{AddressFault, CredentialRefusal};
use viva_fakes::vendors::compatible::CompatibleScript;
use viva_fakes::vendors::compatible::CompatibleVendor::{
    self, Kokoro, LlamaCpp, LocalAi, Ollama, Speaches, Vllm, WhisperCpp,
};

use super::{account, http, with};
use crate::catalogue::Catalogue;
use crate::providers::check::check;

const KEY: &str = "sk-own-1234567890";

/// What becomes of a key at a server that wants this one, or none.
async fn checked(
    vendor: CompatibleVendor,
    wanted: Option<&str>,
    key: Option<&str>,
) -> Result<(), CredentialRefusal> {
    let script = CompatibleScript {
        api_key: wanted.map(str::to_owned),
        ..CompatibleScript::default()
    };
    let server = with(vendor, script).await;
    let providers = Catalogue::load(None).unwrap().into_providers();
    let openai = providers.iter().find(|provider| provider.id == "openai").unwrap();
    let checked = check(&http(), openai, &account(&server.base_url(), key)).await;
    let paths: Vec<String> = server
        .requests()
        .into_iter()
        .map(|request| request.path)
        .collect();
    assert_eq!(paths, ["/v1/models"], "nothing is asked twice");
    checked
}

#[rstest]
#[case::ollama(Ollama)]
#[case::llama_cpp(LlamaCpp)]
#[case::vllm(Vllm)]
#[case::local_ai(LocalAi)]
#[case::speaches(Speaches)]
#[case::kokoro(Kokoro)]
#[tokio::test]
async fn a_server_without_keys_takes_any(#[case] vendor: CompatibleVendor) {
    assert_eq!(checked(vendor, None, None).await, Ok(()));
    assert_eq!(checked(vendor, None, Some(KEY)).await, Ok(()));
}

#[rstest]
#[case::vllm(Vllm)]
#[case::local_ai(LocalAi)]
#[case::speaches(Speaches)]
#[case::kokoro(Kokoro)]
#[tokio::test]
async fn a_server_with_a_key_tells_it_from_others(#[case] vendor: CompatibleVendor) {
    assert_eq!(checked(vendor, Some(KEY), Some(KEY)).await, Ok(()));
    let wrong = checked(vendor, Some(KEY), Some("sk-other-1234567890")).await;
    assert_eq!(wrong, Err(CredentialRefusal::BadKey));
}

/// Which is why any key is taken for right.
#[rstest]
#[case::ollama(Ollama)]
#[case::llama_cpp(LlamaCpp)]
#[tokio::test]
async fn a_server_may_list_its_models_to_everybody(#[case] vendor: CompatibleVendor) {
    let wrong = checked(vendor, Some(KEY), Some("sk-other-1234567890")).await;
    assert_eq!(wrong, Ok(()));
}

/// It has no keys, and no list of models.
#[tokio::test]
async fn whisper_cpp_has_nothing_to_check_a_key_by() {
    let checked = checked(WhisperCpp, None, Some(KEY)).await;
    assert!(matches!(
        checked,
        Err(CredentialRefusal::WrongAddress {
            fault: AddressFault::NotFound,
            ..
        })
    ));
}

//! Asks a vendor whether a key works, by the cheapest of its calls that needs one.
//!
//! What a vendor is asked stands in its folder, as `key_call`; here is whom to ask, and what the answers mean. To add a
//! vendor: that function, and the arm below for which the compiler asks.

mod answer;
mod call;
mod refusal;
#[cfg(test)]
mod tests;

use std::time::Duration;

use tokio::time::timeout;
use tracing::{debug, instrument};
use viva_domain::credentials::CredentialRefusal;
use viva_domain::ports::ProviderError;

pub(in crate::providers) use self::call::KeyCall;
use self::refusal::{NoNetwork, WrongAddress};
use super::transport::{Account, HttpClient};
use super::{
    anthropic, assemblyai, azure_openai, azure_speech, cartesia, deepgram, elevenlabs, gemini, google_cloud,
    openai, speechmatics, voai,
};
use crate::catalogue::{
    CatalogueProvider, LanguageModelAdapter, RealtimeVoiceAdapter, SpeechToTextAdapter, TextToSpeechAdapter,
};

/// Somebody waits for it.
const LIMIT: Duration = Duration::from_secs(10);

/// Whether the provider at the account's address takes its key: a request or two that cost nothing, and take 10 s at most.
/// Nothing is tried again: somebody waits, and can. The client decides where it connects to.
///
/// A server that answers everybody, such as one of one's own without a key, takes any key.
///
/// # Errors
/// [`CredentialRefusal`] says what to do. It holds nothing of the key, nor of what the vendor said.
#[instrument(name = "provider.check", skip_all, fields(provider.name = %account.provider))]
pub(crate) async fn check(
    http: &HttpClient,
    provider: &CatalogueProvider,
    account: &Account,
) -> Result<(), CredentialRefusal> {
    let asked = timeout(LIMIT, ask(http, provider, account)).await;
    asked.unwrap_or_else(|_| Err(NoNetwork::Silent.into()))?;
    let provider = account.provider.as_str();
    debug!(
        event = "credential.accepted",
        provider.name = provider,
        "{provider} takes the key"
    );
    Ok(())
}

/// A provider has one address and one key, whatever its roles, so the first vendor's word about the key is enough. Another
/// one is asked only where the address has not what the one before has: a server that speaks as several vendors do need not
/// have every call of each.
async fn ask(
    http: &HttpClient,
    provider: &CatalogueProvider,
    account: &Account,
) -> Result<(), CredentialRefusal> {
    let mut refusal = None;
    // What cannot be sent in a header is no vendor's key.
    let calls = calls(provider, account).map_err(|_| CredentialRefusal::BadKey)?;
    for call in calls {
        match call.make(http, account).await {
            Err(wrong @ CredentialRefusal::WrongAddress { .. }) => {
                refusal.get_or_insert(wrong);
            }
            decided => return decided,
        }
    }
    Err(refusal.unwrap_or_else(|| WrongAddress::NotTheVendor.into()))
}

/// What can be asked: one call per vendor among the adapters, in the order of the roles.
fn calls(provider: &CatalogueProvider, account: &Account) -> Result<Vec<KeyCall>, ProviderError> {
    let realtime = provider.realtime.as_ref().map(|role| match role.adapter {
        RealtimeVoiceAdapter::AzureOpenAi => azure_openai::key_call(account),
        RealtimeVoiceAdapter::Gemini => gemini::key_call(account),
        RealtimeVoiceAdapter::OpenAi => openai::key_call(account),
    });
    let stt = provider.stt.as_ref().map(|role| match role.adapter {
        SpeechToTextAdapter::AssemblyAi => assemblyai::key_call(account),
        SpeechToTextAdapter::AzureSpeech => azure_speech::key_call(account),
        SpeechToTextAdapter::Deepgram => deepgram::key_call(account),
        SpeechToTextAdapter::ElevenLabs => elevenlabs::key_call(account),
        SpeechToTextAdapter::GoogleCloud => google_cloud::key_call(account),
        SpeechToTextAdapter::OpenAi => openai::key_call(account),
        SpeechToTextAdapter::Speechmatics => speechmatics::key_call(account),
    });
    let llm = provider.llm.as_ref().map(|role| match role.adapter {
        LanguageModelAdapter::Anthropic => anthropic::key_call(account),
        LanguageModelAdapter::Gemini => gemini::key_call(account),
        LanguageModelAdapter::OpenAi => openai::key_call(account),
    });
    let tts = provider.tts.as_ref().map(|role| match role.adapter {
        TextToSpeechAdapter::AzureSpeech => azure_speech::key_call(account),
        TextToSpeechAdapter::Cartesia => cartesia::key_call(account),
        TextToSpeechAdapter::Deepgram => deepgram::key_call(account),
        TextToSpeechAdapter::ElevenLabs => elevenlabs::key_call(account),
        TextToSpeechAdapter::Gemini => gemini::key_call(account),
        TextToSpeechAdapter::GoogleCloud => google_cloud::key_call(account),
        TextToSpeechAdapter::OpenAi => openai::key_call(account),
        TextToSpeechAdapter::VoAi => voai::key_call(account),
    });
    let mut calls = Vec::new();
    for call in [realtime, stt, llm, tts].into_iter().flatten() {
        let call = call?;
        if !calls.contains(&call) {
            calls.push(call);
        }
    }
    Ok(calls)
}

//! Lists of voices, as vendors give them.

#[cfg(test)]
mod tests;

use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};
use serde::de::DeserializeOwned;
use viva_domain::ports::ProviderError;
use viva_domain::providers::{ProviderVoice, VoiceGender};

use crate::providers::transport::{Account, HttpClient, errors, read};

/// No vendor's list is longer; some say a good deal of each voice.
const MAX_BYTES: usize = 16 << 20;
/// Nobody chooses among more.
const MOST: usize = 3_000;

/// What a vendor answers who is asked for its voices.
pub(super) async fn fetch<T: DeserializeOwned>(
    http: &HttpClient,
    account: &Account,
    url: Url,
    headers: &[(HeaderName, HeaderValue)],
) -> Result<T, ProviderError> {
    let make = |client: &reqwest::Client| {
        let headers = headers.iter();
        headers.fold(client.get(url.clone()), |request, (name, value)| {
            request.header(name, value)
        })
    };
    let provider = account.provider.as_str();
    let mut response = http.send(account, make).await?;
    let mut body = Vec::new();
    let is_whole = read(&mut response, &mut body, MAX_BYTES).await;
    if !is_whole.map_err(|err| errors::unavailable(provider, err.without_url()))? {
        return Err(errors::failed(provider, "its list of voices is too long"));
    }
    serde_json::from_slice(&body).map_err(|_| errors::failed(provider, "its list of voices is none"))
}

/// Those that can be named; what says nothing of itself is left out.
pub(super) fn named(voices: impl Iterator<Item = ProviderVoice>) -> Vec<ProviderVoice> {
    voices.filter(|voice| !voice.id.is_empty()).take(MOST).collect()
}

/// A voice, whose id is its name where it has no other.
pub(super) fn voice(
    id: String,
    name: Option<String>,
    language: Option<String>,
    gender: Option<&str>,
) -> ProviderVoice {
    let gender = gender.unwrap_or_default().to_ascii_lowercase();
    ProviderVoice {
        name: name.filter(|name| !name.is_empty()).unwrap_or_else(|| id.clone()),
        id,
        language: language.filter(|language| !language.is_empty()),
        gender: match gender.as_str() {
            "female" | "feminine" => Some(VoiceGender::Female),
            "male" | "masculine" => Some(VoiceGender::Male),
            _ => None,
        },
    }
}

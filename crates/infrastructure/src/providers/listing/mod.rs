//! Lists of voices, as vendors give them.

#[cfg(test)]
mod tests;

use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};
use serde::de::DeserializeOwned;
use tokio::task::spawn_blocking;
use tracing::Span;
use viva_domain::ports::ProviderError;
use viva_domain::providers::{ProviderVoice, VoiceGender};

use crate::providers::transport::{Account, HttpClient, errors, read, with_headers};

/// No vendor's list is longer; some say a good deal of each voice.
const MAX_BYTES: usize = 16 << 20;
/// Nobody chooses among more.
pub(super) const MOST: usize = 3_000;
/// A session may name no longer id, and nobody reads a longer name.
pub(super) const MAX_CHARS: usize = 200;

/// What `listed` takes from the answer of a vendor who is asked for its voices.
pub(super) async fn fetch<T, L>(
    http: &HttpClient,
    account: &Account,
    url: Url,
    headers: &[(HeaderName, HeaderValue)],
    listed: impl FnOnce(T) -> L + Send + 'static,
) -> Result<L, ProviderError>
where
    T: DeserializeOwned,
    L: Send + 'static,
{
    let make = |client: &reqwest::Client| with_headers(client.get(url.clone()), headers);
    let provider = account.provider.as_str();
    let mut response = http.send(account, make).await?;
    let mut body = Vec::new();
    let is_whole = read(&mut response, &mut body, MAX_BYTES).await;
    if !is_whole.map_err(|err| errors::unavailable(provider, err.without_url()))? {
        return Err(errors::failed(provider, "its list of voices is too long"));
    }
    // A long list takes long enough to hold others up.
    let span = Span::current();
    let read = spawn_blocking(move || span.in_scope(|| serde_json::from_slice(&body).map(listed)));
    match read.await {
        Ok(Ok(listed)) => Ok(listed),
        Ok(Err(_)) | Err(_) => Err(errors::failed(provider, "its list of voices is none")),
    }
}

/// Those that a session can name; `None` where there is none, as of a vendor that lists nothing.
pub(super) fn named(voices: impl Iterator<Item = ProviderVoice>) -> Option<Vec<ProviderVoice>> {
    let can_be_named = |voice: &ProviderVoice| (1..=MAX_CHARS).contains(&voice.id.chars().count());
    let voices: Vec<_> = voices.filter(can_be_named).take(MOST).collect();
    (!voices.is_empty()).then_some(voices)
}

/// A voice, whose id is its name where it has no other. What else is said of it is cut where it is too long.
pub(super) fn voice(
    id: String,
    name: Option<String>,
    language: Option<String>,
    gender: Option<&str>,
) -> ProviderVoice {
    let gender = gender.unwrap_or_default().to_ascii_lowercase();
    let cut = |text: String| match text.char_indices().nth(MAX_CHARS) {
        // Only the part is kept.
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    };
    let name = name.filter(|name| !name.is_empty());
    ProviderVoice {
        name: cut(name.unwrap_or_else(|| id.clone())),
        id,
        language: language.filter(|language| !language.is_empty()).map(cut),
        gender: match gender.as_str() {
            "female" | "feminine" => Some(VoiceGender::Female),
            "male" | "masculine" => Some(VoiceGender::Male),
            _ => None,
        },
    }
}

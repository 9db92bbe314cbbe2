//! The voices of an account.

use reqwest::header::{HeaderName, HeaderValue};
use viva_domain::ports::ProviderError;
use viva_domain::providers::ProviderVoice;

use super::wire::VoiceList;
use crate::providers::listing::{fetch, named, voice};
use crate::providers::transport::{Account, HttpClient};

pub(super) async fn voices(
    http: &HttpClient,
    account: &Account,
    headers: &[(HeaderName, HeaderValue)],
) -> Result<Option<Vec<ProviderVoice>>, ProviderError> {
    fetch(http, account, account.url("voices"), headers, listed).await
}

/// They speak every language of their model.
fn listed(list: VoiceList) -> Option<Vec<ProviderVoice>> {
    let voices = list
        .voices
        .into_iter()
        .map(|it| voice(it.voice_id, it.name, None, it.labels.gender.as_deref()));
    named(voices)
}

/// The voices in an answer, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(in crate::providers) fn fuzzed(body: &[u8]) -> Option<Vec<ProviderVoice>> {
    serde_json::from_slice(body).ok().and_then(listed)
}

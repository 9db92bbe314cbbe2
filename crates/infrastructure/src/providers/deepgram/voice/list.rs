//! The voices of the service, which it calls models.

use reqwest::header::{HeaderName, HeaderValue};
use viva_domain::ports::ProviderError;
use viva_domain::providers::ProviderVoice;

use super::wire::ModelList;
use crate::providers::listing::{fetch, named, voice};
use crate::providers::transport::{Account, HttpClient};

pub(super) async fn voices(
    http: &HttpClient,
    account: &Account,
    headers: &[(HeaderName, HeaderValue)],
) -> Result<Option<Vec<ProviderVoice>>, ProviderError> {
    fetch(http, account, account.url("v1/models"), headers, listed).await
}

fn listed(list: ModelList) -> Option<Vec<ProviderVoice>> {
    let voices = list.tts.into_iter().map(|it| {
        let mut tags = it.metadata.tags.iter().map(String::as_str);
        let gender = tags.find(|tag| matches!(*tag, "feminine" | "masculine"));
        let language = it.languages.first().cloned();
        voice(it.canonical_name, None, language, gender)
    });
    named(voices)
}

/// The voices in an answer, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(in crate::providers) fn fuzzed(body: &[u8]) -> Option<Vec<ProviderVoice>> {
    serde_json::from_slice(body).ok().and_then(listed)
}

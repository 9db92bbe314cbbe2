//! The voices of the service, by their full names.

use viva_domain::ports::ProviderError;
use viva_domain::providers::ProviderVoice;

use super::wire::VoiceList;
use crate::providers::google_cloud::host::Half;
use crate::providers::google_cloud::key::{KEY, key};
use crate::providers::listing::{fetch, named, voice};
use crate::providers::transport::{Account, HttpClient};

pub(super) async fn voices(
    http: &HttpClient,
    account: &Account,
) -> Result<Option<Vec<ProviderVoice>>, ProviderError> {
    let key = key(account)?.map(|key| (KEY, key));
    let url = Half::Speaking.url(account, "v1/voices");
    fetch(http, account, url, key.as_slice(), listed).await
}

fn listed(list: VoiceList) -> Option<Vec<ProviderVoice>> {
    let voices = list.voices.into_iter().map(|it| {
        let language = it.language_codes.into_iter().next();
        voice(it.name, None, language, it.ssml_gender.as_deref())
    });
    named(voices)
}

/// The voices in an answer, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(in crate::providers) fn fuzzed(body: &[u8]) -> Option<Vec<ProviderVoice>> {
    serde_json::from_slice(body).ok().and_then(listed)
}

//! The voices of a region.

use viva_domain::ports::ProviderError;
use viva_domain::providers::ProviderVoice;

use super::wire::VoiceList;
use crate::providers::azure_speech::host::Half;
use crate::providers::azure_speech::key::{KEY, key};
use crate::providers::listing::{fetch, named, voice};
use crate::providers::transport::{Account, HttpClient};

pub(super) async fn voices(
    http: &HttpClient,
    account: &Account,
) -> Result<Option<Vec<ProviderVoice>>, ProviderError> {
    let key = key(account)?.map(|key| (KEY, key));
    let url = Half::Speaking.url(account, "cognitiveservices/voices/list");
    fetch(http, account, url, key.as_slice(), listed).await
}

fn listed(list: VoiceList) -> Option<Vec<ProviderVoice>> {
    let voices = list
        .voices
        .into_iter()
        .map(|it| voice(it.short_name, it.display_name, it.locale, it.gender.as_deref()));
    named(voices)
}

/// The voices in an answer, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(in crate::providers) fn fuzzed(body: &[u8]) -> Option<Vec<ProviderVoice>> {
    serde_json::from_slice(body).ok().and_then(listed)
}

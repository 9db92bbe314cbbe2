//! The voices of the account, which the vendor calls speakers.

use viva_domain::ports::ProviderError;
use viva_domain::providers::ProviderVoice;

use super::wire::SpeakerList;
use super::{DOMAIN, KEY};
use crate::providers::listing::{fetch, named, voice};
use crate::providers::transport::{Account, HttpClient};

pub(super) async fn voices(
    http: &HttpClient,
    account: &Account,
    version: Option<&str>,
) -> Result<Option<Vec<ProviderVoice>>, ProviderError> {
    let key = account.header_beyond(DOMAIN, "")?.map(|key| (KEY, key));
    let url = account.url("TTS/GetSpeaker");
    let version = version.map(str::to_owned);
    let listed = move |list| listed(list, version.as_deref());
    fetch(http, account, url, key.as_slice(), listed).await
}

/// Those of this version: a speaker of another one is refused by it. Without a version, all.
fn listed(list: SpeakerList, version: Option<&str>) -> Option<Vec<ProviderVoice>> {
    let models = list.data.models.into_iter();
    let voices = models
        .filter(|model| version.is_none_or(|version| model.info.version == version))
        .flat_map(|model| model.speakers)
        .map(|it| {
            let gender = match it.gender.as_str() {
                "女聲" => Some("female"),
                "男聲" => Some("male"),
                _ => None,
            };
            voice(it.name, None, None, gender)
        });
    named(voices)
}

/// The voices in an answer, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(in crate::providers) fn fuzzed(body: &[u8]) -> Option<Vec<ProviderVoice>> {
    let list = serde_json::from_slice(body).ok()?;
    listed(list, None)
}

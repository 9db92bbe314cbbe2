//! The voices of a region.

use serde::Deserialize;
use viva_domain::ports::ProviderError;
use viva_domain::providers::ProviderVoice;

use crate::providers::azure_speech::host::Half;
use crate::providers::azure_speech::key::{KEY, key};
use crate::providers::listing::{fetch, named, voice};
use crate::providers::transport::{Account, HttpClient, lenient};

#[derive(Deserialize)]
#[serde(transparent)]
struct List {
    #[serde(deserialize_with = "lenient::list")]
    voices: Vec<Listed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    #[serde(default, deserialize_with = "lenient::or_default")]
    short_name: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    display_name: Option<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    gender: Option<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    locale: Option<String>,
}

pub(super) async fn voices(
    http: &HttpClient,
    account: &Account,
) -> Result<Option<Vec<ProviderVoice>>, ProviderError> {
    let key = key(account)?.map(|key| (KEY, key));
    let url = Half::Speaking.url(account, "cognitiveservices/voices/list");
    let list: List = fetch(http, account, url, key.as_slice()).await?;
    let voices = list
        .voices
        .into_iter()
        .map(|it| voice(it.short_name, it.display_name, it.locale, it.gender.as_deref()));
    Ok(named(voices))
}

//! The voices of the service, by their full names.

use serde::Deserialize;
use viva_domain::ports::ProviderError;
use viva_domain::providers::ProviderVoice;

use crate::providers::google_cloud::host::Half;
use crate::providers::google_cloud::key::{KEY, key};
use crate::providers::listing::{fetch, named, voice};
use crate::providers::transport::{Account, HttpClient, lenient};

#[derive(Deserialize)]
struct List {
    #[serde(default, deserialize_with = "lenient::list")]
    voices: Vec<Listed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    #[serde(default, deserialize_with = "lenient::or_default")]
    name: String,
    #[serde(default, deserialize_with = "lenient::list")]
    language_codes: Vec<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    ssml_gender: Option<String>,
}

pub(super) async fn voices(
    http: &HttpClient,
    account: &Account,
) -> Result<Option<Vec<ProviderVoice>>, ProviderError> {
    let key = key(account)?.map(|key| (KEY, key));
    let url = Half::Speaking.url(account, "v1/voices");
    let list: List = fetch(http, account, url, key.as_slice()).await?;
    let voices = list.voices.into_iter().map(|it| {
        let language = it.language_codes.into_iter().next();
        voice(it.name, None, language, it.ssml_gender.as_deref())
    });
    Ok(named(voices))
}

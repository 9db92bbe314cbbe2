//! The voices of an account.

use reqwest::header::{HeaderName, HeaderValue};
use serde::Deserialize;
use viva_domain::ports::ProviderError;
use viva_domain::providers::ProviderVoice;

use crate::providers::listing::{fetch, named, voice};
use crate::providers::transport::{Account, HttpClient, lenient};

#[derive(Deserialize)]
struct List {
    #[serde(default, deserialize_with = "lenient::list")]
    voices: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(default, deserialize_with = "lenient::or_default")]
    voice_id: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    name: Option<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    labels: Labels,
}

/// What its owner says of a voice.
#[derive(Default, Deserialize)]
struct Labels {
    #[serde(default, deserialize_with = "lenient::or_default")]
    gender: Option<String>,
}

/// They speak every language of their model.
pub(super) async fn voices(
    http: &HttpClient,
    account: &Account,
    headers: &[(HeaderName, HeaderValue)],
) -> Result<Option<Vec<ProviderVoice>>, ProviderError> {
    let list: List = fetch(http, account, account.url("voices"), headers).await?;
    let voices = list
        .voices
        .into_iter()
        .map(|it| voice(it.voice_id, it.name, None, it.labels.gender.as_deref()));
    Ok(named(voices))
}

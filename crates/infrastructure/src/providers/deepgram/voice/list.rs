//! The voices of the service, which it calls models.

use reqwest::header::{HeaderName, HeaderValue};
use serde::Deserialize;
use viva_domain::ports::ProviderError;
use viva_domain::providers::ProviderVoice;

use crate::providers::listing::{fetch, named, voice};
use crate::providers::transport::{Account, HttpClient, lenient};

#[derive(Deserialize)]
struct Models {
    #[serde(default, deserialize_with = "lenient::list")]
    tts: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(default, deserialize_with = "lenient::or_default")]
    canonical_name: String,
    #[serde(default, deserialize_with = "lenient::list")]
    languages: Vec<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default, deserialize_with = "lenient::list")]
    tags: Vec<String>,
}

pub(super) async fn voices(
    http: &HttpClient,
    account: &Account,
    headers: &[(HeaderName, HeaderValue)],
) -> Result<Option<Vec<ProviderVoice>>, ProviderError> {
    let models: Models = fetch(http, account, account.url("v1/models"), headers).await?;
    let voices = models.tts.into_iter().map(|it| {
        let mut tags = it.metadata.tags.iter().map(String::as_str);
        let gender = tags.find(|tag| matches!(*tag, "feminine" | "masculine"));
        let language = it.languages.first().cloned();
        voice(it.canonical_name, None, language, gender)
    });
    Ok(named(voices))
}

//! The voices of the account, which the vendor calls speakers.

use serde::Deserialize;
use viva_domain::ports::ProviderError;
use viva_domain::providers::ProviderVoice;

use super::{DOMAIN, KEY};
use crate::providers::listing::{fetch, named, voice};
use crate::providers::transport::{Account, HttpClient, lenient};

#[derive(Deserialize)]
struct Speakers {
    #[serde(default, deserialize_with = "lenient::or_default")]
    data: Data,
}

#[derive(Default, Deserialize)]
struct Data {
    #[serde(default, deserialize_with = "lenient::list")]
    models: Vec<Model>,
}

#[derive(Deserialize)]
struct Model {
    #[serde(default, deserialize_with = "lenient::or_default")]
    info: Info,
    #[serde(default, deserialize_with = "lenient::list")]
    speakers: Vec<Listed>,
}

#[derive(Default, Deserialize)]
struct Info {
    #[serde(default, deserialize_with = "lenient::or_default")]
    version: String,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(default, deserialize_with = "lenient::or_default")]
    name: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    gender: String,
}

/// Those of this version: a speaker of another one is refused by it. Without a version, all.
pub(super) async fn voices(
    http: &HttpClient,
    account: &Account,
    version: Option<&str>,
) -> Result<Option<Vec<ProviderVoice>>, ProviderError> {
    let key = account.header_beyond(DOMAIN, "")?.map(|key| (KEY, key));
    let speakers: Speakers = fetch(http, account, account.url("TTS/GetSpeaker"), key.as_slice()).await?;
    let models = speakers.data.models.into_iter();
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
    Ok(named(voices))
}

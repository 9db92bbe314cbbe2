//! The voices of an account, its own and everybody's.

use reqwest::header::{AUTHORIZATION, HeaderValue};
use serde::Deserialize;
use viva_domain::ports::ProviderError;
use viva_domain::providers::ProviderVoice;

use super::{DOMAIN, VERSION, VERSION_HEADER};
use crate::providers::listing::{MOST, fetch, named, voice};
use crate::providers::transport::{Account, HttpClient, lenient};

/// The most that a page may have.
const PAGE: &str = "100";
/// Of a list that does not end, the beginning is enough.
const MOST_PAGES: usize = 20;

#[derive(Deserialize)]
struct Page {
    #[serde(default, deserialize_with = "lenient::list")]
    data: Vec<Listed>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    has_more: bool,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(default, deserialize_with = "lenient::or_default")]
    id: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    name: Option<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    language: Option<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    gender: Option<String>,
}

pub(super) async fn voices(
    http: &HttpClient,
    account: &Account,
) -> Result<Option<Vec<ProviderVoice>>, ProviderError> {
    let key = account.header_beyond(DOMAIN, "Bearer ")?;
    let version = (VERSION_HEADER, HeaderValue::from_static(VERSION));
    let headers: Vec<_> = key
        .map(|key| (AUTHORIZATION, key))
        .into_iter()
        .chain([version])
        .collect();
    let mut listed: Vec<Listed> = Vec::new();
    for _ in 0..MOST_PAGES {
        let mut url = account.url("voices");
        url.query_pairs_mut().append_pair("limit", PAGE);
        if let Some(last) = listed.last() {
            url.query_pairs_mut().append_pair("starting_after", &last.id);
        }
        let page: Page = fetch(http, account, url, &headers).await?;
        let is_last = !page.has_more || page.data.is_empty();
        listed.extend(page.data);
        if is_last || listed.len() >= MOST {
            break;
        }
    }
    let voices = listed
        .into_iter()
        .map(|it| voice(it.id, it.name, it.language, it.gender.as_deref()));
    Ok(named(voices))
}

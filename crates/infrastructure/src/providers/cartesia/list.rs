//! The voices of an account, its own and everybody's.

use reqwest::header::{AUTHORIZATION, HeaderValue};
use viva_domain::ports::ProviderError;
use viva_domain::providers::ProviderVoice;

use super::wire::VoicePage;
use super::{DOMAIN, VERSION, VERSION_HEADER};
use crate::providers::listing::{MOST, fetch, named, voice};
use crate::providers::transport::{Account, HttpClient};

/// The most that a page may have.
const PAGE: &str = "100";
/// Of a list that does not end, the beginning is enough.
const MOST_PAGES: usize = 20;

/// A page of the list.
struct Page {
    voices: Vec<ProviderVoice>,
    /// The last voice of it, after which another page begins.
    next: Option<String>,
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
    let mut voices = Vec::new();
    let mut next: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let mut url = account.url("voices");
        url.query_pairs_mut().append_pair("limit", PAGE);
        if let Some(last) = &next {
            url.query_pairs_mut().append_pair("starting_after", last);
        }
        let page = fetch(http, account, url, &headers, listed).await?;
        voices.extend(page.voices);
        next = page.next;
        if next.is_none() || voices.len() >= MOST {
            break;
        }
    }
    Ok(named(voices.into_iter()))
}

fn listed(page: VoicePage) -> Page {
    let last = page.data.last().map(|it| it.id.clone());
    let voices = page
        .data
        .into_iter()
        .map(|it| voice(it.id, it.name, it.language, it.gender.as_deref()));
    Page {
        voices: named(voices).unwrap_or_default(),
        next: last.filter(|id| page.has_more && !id.is_empty()),
    }
}

/// The voices in an answer, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(in crate::providers) fn fuzzed(body: &[u8]) -> Option<Vec<ProviderVoice>> {
    serde_json::from_slice(body).ok().map(|page| listed(page).voices)
}

//! The way to Deepgram.

use reqwest::header::AUTHORIZATION;
use viva_domain::ports::ProviderError;

use super::RATE;
use super::config::Settings;
use crate::providers::ears::Dialing;
use crate::providers::transport::{Account, HttpClient};

/// The vendor's own hosts, where nothing goes without a key.
pub(super) const DOMAIN: &str = "deepgram.com";

/// What every connection of a session is opened with.
pub(super) fn dialing(
    account: &Account,
    http: &HttpClient,
    settings: &Settings,
) -> Result<Dialing, ProviderError> {
    let authorization = account.header_beyond(DOMAIN, "Token ")?;
    let mut url = account.url(settings.api.path());
    url.query_pairs_mut()
        .append_pair("encoding", "linear16")
        .append_pair("sample_rate", &RATE.to_string())
        .extend_pairs(settings.query());
    Ok(Dialing::new(account, http, url).with(AUTHORIZATION, authorization))
}

//! The way to Deepgram.

use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use viva_domain::ports::ProviderError;

use super::RATE;
use super::config::Settings;
use crate::providers::transport::socket::{Socket, connect};
use crate::providers::transport::{Account, HttpClient};

/// A handshake that takes longer has failed.
const LIMIT: Duration = Duration::from_secs(5);
/// The vendor's own hosts, where nothing goes without a key.
pub(super) const DOMAIN: &str = "deepgram.com";

/// What every connection of a session is opened with.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) account: Account,
    http: HttpClient,
    url: Url,
    authorization: Option<HeaderValue>,
}

impl Connection {
    pub(super) fn new(
        account: &Account,
        http: &HttpClient,
        settings: &Settings,
    ) -> Result<Self, ProviderError> {
        let authorization = account.header_beyond(DOMAIN, "Token ")?;
        let mut url = account.url(settings.api.path());
        url.query_pairs_mut()
            .append_pair("encoding", "linear16")
            .append_pair("sample_rate", &RATE.to_string())
            .extend_pairs(settings.query());
        Ok(Self {
            account: account.clone(),
            http: http.clone(),
            url,
            authorization,
        })
    }

    pub(super) fn open(&self) -> BoxFuture<'static, Result<Socket, ProviderError>> {
        let Self {
            account,
            http,
            url,
            authorization,
        } = self.clone();
        Box::pin(async move {
            connect(&http, &account, LIMIT, |client| {
                let request = client.get(url);
                match authorization {
                    Some(authorization) => request.header(AUTHORIZATION, authorization),
                    None => request,
                }
            })
            .await
        })
    }
}

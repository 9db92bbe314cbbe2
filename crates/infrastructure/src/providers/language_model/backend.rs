use reqwest::header::{ACCEPT, HeaderName, HeaderValue};
use reqwest::{Client, RequestBuilder};
use serde::Serialize;
use viva_domain::ports::{LanguageModelStream, ProviderError};
use viva_domain::sessions::ProviderConfig;

use super::{Decode, answer};
use crate::providers::Defaults;
use crate::providers::transport::sse::Events;
use crate::providers::transport::{Account, HttpClient, errors, with_headers};

/// What every adapter of a language model is made of.
#[derive(Debug, Clone)]
pub(in crate::providers) struct Backend {
    pub(in crate::providers) account: Account,
    http: HttpClient,
    defaults: Defaults,
    key: KeyUse,
}

/// Whether requests make sense without a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::providers) enum KeyUse {
    Required,
    Optional,
}

impl Backend {
    pub(in crate::providers) fn new(account: Account, http: HttpClient, defaults: Defaults) -> Self {
        Self {
            account,
            http,
            defaults,
            key: KeyUse::Required,
        }
    }

    pub(in crate::providers) fn with_key(self, key: KeyUse) -> Self {
        Self { key, ..self }
    }

    /// A configuration with its model filled in; `options` reads the options.
    pub(in crate::providers) fn resolve<O>(
        &self,
        config: &ProviderConfig,
        options: impl FnOnce(&ProviderConfig) -> Result<O, String>,
    ) -> Result<(ProviderConfig, O), ProviderError> {
        let refuse = |message: String| errors::invalid_config(&self.account.provider, message);
        let options = options(config).map_err(refuse)?;
        if let Some(voice) = &config.voice {
            return Err(refuse(format!(
                "voice {voice:?} is of no use here; only speech has a voice"
            )));
        }
        let resolved = ProviderConfig {
            model: Some(self.defaults.model_of(config).map_err(refuse)?),
            ..config.clone()
        };
        Ok((resolved, options))
    }

    /// The header that carries the key after a prefix.
    pub(in crate::providers) fn key_header(
        &self,
        name: HeaderName,
        prefix: &str,
    ) -> Result<Vec<(HeaderName, HeaderValue)>, ProviderError> {
        let value = match self.key {
            KeyUse::Required => Some(self.account.required_header(prefix)?),
            KeyUse::Optional => self.account.header(prefix)?,
        };
        Ok(value.map(|value| (name, value)).into_iter().collect())
    }

    /// Posts a body and reads the answer while it is written.
    pub(in crate::providers) async fn ask(
        &self,
        url: reqwest::Url,
        headers: &[(HeaderName, HeaderValue)],
        body: &(impl Serialize + Sync),
        decode: impl Decode,
    ) -> Result<LanguageModelStream, ProviderError> {
        let make = |client: &Client| -> RequestBuilder {
            let request = client.post(url.clone()).header(ACCEPT, "text/event-stream");
            with_headers(request, headers).json(body)
        };
        let response = self.http.send(&self.account, make).await?;
        let provider = self.account.provider.as_str();
        Ok(answer(provider, Events::of(provider, response), decode))
    }
}

//! One utterance and the answer about it.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt};
use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use tokio::task::spawn_blocking;
use viva_domain::ports::{ProviderError, SpeechToTextEventKind};

use super::config::Settings;
use super::wire::{Config, Response, SpeechContext};
use crate::providers::ears::{FILE_RATE, FileDesk};
use crate::providers::google_cloud::host::Half;
use crate::providers::google_cloud::key::KEY;
use crate::providers::transport::{Account, HttpClient, body, errors, with_headers};

/// The vendor takes a minute; of a longer utterance the beginning is lost.
const MOST: Duration = Duration::from_millis(59_500);
/// What is no longer is written at once: that is a moment's work, and somebody waits.
const SHORT: Duration = Duration::from_secs(10);

/// Where utterances are sent, and with what.
#[derive(Clone)]
pub(super) struct Desk {
    account: Account,
    http: HttpClient,
    key: Option<(HeaderName, HeaderValue)>,
    url: Url,
    settings: Settings,
}

impl Desk {
    pub(super) fn new(
        account: Account,
        http: HttpClient,
        key: Option<HeaderValue>,
        settings: Settings,
    ) -> Self {
        Self {
            url: Half::Hearing.url(&account, "v1/speech:recognize"),
            account,
            http,
            key: key.map(|key| (KEY, key)),
            settings,
        }
    }

    fn config(&self) -> Config<'_> {
        let Settings {
            model,
            language,
            alternatives,
            keyterms,
        } = &self.settings;
        let contexts = (!keyterms.is_empty()).then_some(SpeechContext { phrases: keyterms });
        Config {
            encoding: "LINEAR16",
            sample_rate_hertz: FILE_RATE.hz(),
            audio_channel_count: 1,
            language_code: language,
            alternative_language_codes: alternatives,
            model,
            enable_automatic_punctuation: true,
            max_alternatives: 1,
            speech_contexts: contexts.into_iter().collect(),
        }
    }

    fn written(&self, samples: &[i16]) -> serde_json::Result<String> {
        let most = usize::try_from(FILE_RATE.samples_in(MOST)).unwrap_or(usize::MAX);
        self.config()
            .with_audio(&samples[samples.len().saturating_sub(most)..])
    }

    async fn ask(&self, samples: Vec<i16>) -> Result<String, ProviderError> {
        let provider = &self.account.provider;
        let is_short = FILE_RATE.duration_of(samples.len() as u64) <= SHORT;
        let request = if is_short {
            self.written(&samples)
        } else {
            let desk = self.clone();
            let written = spawn_blocking(move || desk.written(&samples));
            written.await.map_err(|err| errors::unavailable(provider, err))?
        };
        let request = Bytes::from(request.map_err(|err| errors::malformed(provider, &err))?);
        let make = |client: &reqwest::Client| {
            let post = client
                .post(self.url.clone())
                .header(CONTENT_TYPE, "application/json")
                .body(request.clone());
            with_headers(post, self.key.as_slice())
        };
        let response = self.http.send(&self.account, make).await?;
        let answer = body(provider.clone(), response).await?;
        let answer: Response =
            serde_json::from_slice(&answer).map_err(|err| errors::malformed(provider, &err))?;
        Ok(answer.text())
    }
}

impl FileDesk for Desk {
    fn provider(&self) -> &str {
        &self.account.provider
    }

    fn send(&self, samples: Vec<i16>) -> BoxStream<'static, SpeechToTextEventKind> {
        let desk = self.clone();
        let answer = async move {
            match desk.ask(samples).await {
                Ok(text) => SpeechToTextEventKind::Final(text),
                Err(err) => SpeechToTextEventKind::FinalFailed(err.into()),
            }
        };
        stream::once(answer.boxed()).boxed()
    }
}

//! Text-to-speech: Aura by `POST /v1/speak`, Flux over the socket `/v2/speak`.

mod config;
mod flux;
mod list;
#[cfg(test)]
mod tests;
mod wire;

use async_trait::async_trait;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use tracing::instrument;
use viva_domain::ports::{
    ProviderError, SpeechStream, TextToSpeech, TextToSpeechCapabilities, TextToSpeechRequest,
};
use viva_domain::providers::ProviderVoice;
use viva_domain::sessions::ProviderConfig;

use self::config::{Family, Settings};
use self::flux::Flux;
#[cfg(feature = "fuzzing")]
pub(in crate::providers) use self::list::fuzzed as fuzzed_list;
use self::wire::SpeakBody;
use super::connection::DOMAIN;
use crate::providers::Defaults;
use crate::providers::mouths::{Line, Mouth};
use crate::providers::transport::{
    Account, Format, HttpClient, errors, speech_of_unknown_type, with_headers,
};

/// Sample rate of what it is asked for, in Hz.
const RATE: u32 = 24_000;

/// Deepgram as a text-to-speech provider. The language is that of the voice.
#[derive(Debug, Clone)]
pub struct DeepgramTextToSpeech {
    mouth: Mouth,
    http: HttpClient,
    defaults: Defaults,
}

impl DeepgramTextToSpeech {
    /// Asks this account; a server of one's own may do without a key. `defaults` name the voice of sessions that name none.
    pub fn new(account: Account, http: HttpClient, defaults: Defaults) -> Self {
        Self {
            mouth: Mouth::new(account, http.clone()),
            http,
            defaults,
        }
    }

    fn account(&self) -> &Account {
        &self.mouth.account
    }

    fn settings(&self, config: &ProviderConfig) -> Result<Settings, ProviderError> {
        Settings::of(config, &self.defaults)
            .map_err(|message| errors::invalid_config(&self.account().provider, message))
    }

    fn url(&self, path: &str, settings: &Settings) -> Url {
        let mut url = self.account().url(path);
        url.query_pairs_mut()
            .append_pair("model", &settings.voice)
            .append_pair("encoding", "linear16")
            .append_pair("sample_rate", &RATE.to_string())
            .extend_pairs(&settings.parameters);
        url
    }

    fn headers(&self) -> Result<Vec<(HeaderName, HeaderValue)>, ProviderError> {
        let key = self.account().header_beyond(DOMAIN, "Token ")?;
        Ok(key.map(|key| (AUTHORIZATION, key)).into_iter().collect())
    }

    /// Aura.
    async fn post(&self, settings: &Settings, text: &str) -> Result<SpeechStream, ProviderError> {
        let headers = self.headers()?;
        let mut url = self.url("v1/speak", settings);
        url.query_pairs_mut().append_pair("container", "none");
        let body = SpeakBody { text };
        let make = |client: &reqwest::Client| with_headers(client.post(url.clone()).json(&body), &headers);
        let response = self.http.send(self.account(), make).await?;
        speech_of_unknown_type(self.account(), response, Format::pcm(), RATE)
    }

    /// Flux.
    async fn call(&self, settings: &Settings, text: String) -> Result<SpeechStream, ProviderError> {
        let line = Line {
            url: self.url("v2/speak", settings),
            headers: self.headers()?,
        };
        self.mouth
            .speak(line, Flux::new(self.account().clone(), text))
            .await
    }
}

#[async_trait]
impl TextToSpeech for DeepgramTextToSpeech {
    fn capabilities(&self, _config: &ProviderConfig) -> TextToSpeechCapabilities {
        TextToSpeechCapabilities { output_rate: RATE }
    }

    fn resolve(&self, config: &ProviderConfig) -> Result<ProviderConfig, ProviderError> {
        let settings = self.settings(config)?;
        Ok(ProviderConfig {
            model: Some(settings.family.name().to_owned()),
            voice: Some(settings.voice),
            ..config.clone()
        })
    }

    #[instrument(name = "provider.deepgram.tts.speak", skip_all)]
    async fn speak(&self, request: TextToSpeechRequest) -> Result<SpeechStream, ProviderError> {
        let settings = self.settings(&request.config)?;
        match settings.family {
            Family::Aura | Family::Aura2 => self.post(&settings, &request.text).await,
            Family::Flux => self.call(&settings, request.text).await,
        }
    }

    #[instrument(name = "provider.deepgram.tts.voices", skip_all)]
    async fn voices(&self) -> Result<Option<Vec<ProviderVoice>>, ProviderError> {
        list::voices(&self.http, self.account(), &self.headers()?).await
    }
}

/// How it speaks over the socket, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(in crate::providers) fn fuzzed(account: Account, text: String) -> impl crate::providers::mouths::Dialect {
    Flux::new(account, text)
}

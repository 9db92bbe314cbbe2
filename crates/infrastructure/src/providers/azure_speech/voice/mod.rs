//! Text-to-speech by `POST /cognitiveservices/v1`, which streams PCM without a header.

mod config;
mod list;
mod ssml;
#[cfg(test)]
mod tests;
mod wire;

use async_trait::async_trait;
use reqwest::header::{CONTENT_TYPE, HeaderName};
use tracing::instrument;
use viva_domain::ports::{
    ProviderError, SpeechStream, TextToSpeech, TextToSpeechCapabilities, TextToSpeechRequest,
};
use viva_domain::providers::ProviderVoice;
use viva_domain::sessions::ProviderConfig;

use self::config::Settings;
#[cfg(feature = "fuzzing")]
pub(in crate::providers) use self::list::fuzzed as fuzzed_list;
use self::ssml::Ssml;
use super::host::Half;
use super::key::{KEY, key};
use crate::providers::Defaults;
use crate::providers::transport::{
    Account, Format, HttpClient, errors, speech_of_unknown_type, with_headers,
};

const OUTPUT_FORMAT: HeaderName = HeaderName::from_static("x-microsoft-outputformat");
/// A format's name, and its rate in Hz.
const FORMAT: &str = "raw-24khz-16bit-mono-pcm";
const RATE: u32 = 24_000;

/// The text-to-speech of Azure's speech service.
#[derive(Debug, Clone)]
pub struct AzureTextToSpeech {
    account: Account,
    http: HttpClient,
    defaults: Defaults,
}

impl AzureTextToSpeech {
    /// Asks this account; only a container does without a key. `defaults` name the voice of sessions that name none.
    pub fn new(account: Account, http: HttpClient, defaults: Defaults) -> Self {
        Self {
            account,
            http,
            defaults,
        }
    }

    fn settings(&self, config: &ProviderConfig) -> Result<Settings, ProviderError> {
        Settings::of(config, &self.defaults)
            .map_err(|message| errors::invalid_config(&self.account.provider, message))
    }
}

#[async_trait]
impl TextToSpeech for AzureTextToSpeech {
    fn capabilities(&self, _config: &ProviderConfig) -> TextToSpeechCapabilities {
        TextToSpeechCapabilities { output_rate: RATE }
    }

    fn resolve(&self, config: &ProviderConfig) -> Result<ProviderConfig, ProviderError> {
        let settings = self.settings(config)?;
        Ok(ProviderConfig {
            voice: Some(settings.voice),
            ..config.clone()
        })
    }

    #[instrument(name = "provider.azure_speech.tts.speak", skip_all)]
    async fn speak(&self, request: TextToSpeechRequest) -> Result<SpeechStream, ProviderError> {
        let settings = self.settings(&request.config)?;
        let key = key(&self.account)?.map(|key| (KEY, key));
        let url = Half::Speaking.url(&self.account, "cognitiveservices/v1");
        let ssml = Ssml {
            language: &settings.language,
            voice: &settings.voice,
            style: settings.options.style.as_deref(),
            speed: settings.options.speed,
            text: &request.text,
        };
        let document = ssml.document();
        let make = |client: &reqwest::Client| {
            let request = client
                .post(url.clone())
                .header(CONTENT_TYPE, "application/ssml+xml")
                .header(OUTPUT_FORMAT, FORMAT)
                .body(document.clone());
            with_headers(request, key.as_slice())
        };
        let response = self.http.send(&self.account, make).await?;
        speech_of_unknown_type(&self.account, response, Format::pcm(), RATE)
    }

    #[instrument(name = "provider.azure_speech.tts.voices", skip_all)]
    async fn voices(&self) -> Result<Option<Vec<ProviderVoice>>, ProviderError> {
        list::voices(&self.http, &self.account).await
    }
}

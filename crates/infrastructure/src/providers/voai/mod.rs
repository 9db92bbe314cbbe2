//! Text-to-speech of `VoAI`, whose voices speak Chinese as in Taiwan, and Japanese: `POST /TTS/Speech`, which answers with a WAV
//! file. The language is that of the text.

mod config;
mod key_call;
mod list;
#[cfg(test)]
mod tests;
mod wire;

use async_trait::async_trait;
use reqwest::header::HeaderName;
use tracing::instrument;
use viva_audio::SampleRate;
use viva_domain::ports::{
    ProviderError, SpeechStream, TextToSpeech, TextToSpeechCapabilities, TextToSpeechRequest,
};
use viva_domain::providers::ProviderVoice;
use viva_domain::sessions::ProviderConfig;

use self::config::Settings;
pub(super) use self::key_call::key_call;
#[cfg(feature = "fuzzing")]
pub(super) use self::list::fuzzed as fuzzed_list;
use self::wire::SpeechBody;
use crate::providers::Defaults;
use crate::providers::transport::{
    Account, Format, HttpClient, errors, speech_of_unknown_type, wav, with_headers,
};

const KEY: HeaderName = HeaderName::from_static("x-api-key");
const OUTPUT_FORMAT: HeaderName = HeaderName::from_static("x-output-format");
/// The vendor's own hosts, where nothing goes without a key.
const DOMAIN: &str = "voai.ai";
/// What the vendor sends; another rate is converted.
const RATE: SampleRate = SampleRate::HZ_24K;

/// The text-to-speech of `VoAI`.
#[derive(Debug, Clone)]
pub struct VoAiTextToSpeech {
    account: Account,
    http: HttpClient,
    defaults: Defaults,
}

impl VoAiTextToSpeech {
    /// Asks this account; a server of one's own may do without a key. `defaults` are used where a session leaves a choice
    /// open.
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
impl TextToSpeech for VoAiTextToSpeech {
    fn capabilities(&self, _config: &ProviderConfig) -> TextToSpeechCapabilities {
        TextToSpeechCapabilities {
            output_rate: RATE.hz(),
        }
    }

    fn resolve(&self, config: &ProviderConfig) -> Result<ProviderConfig, ProviderError> {
        let settings = self.settings(config)?;
        Ok(ProviderConfig {
            model: Some(settings.model),
            voice: Some(settings.voice),
            ..config.clone()
        })
    }

    #[instrument(name = "provider.voai.tts.speak", skip_all)]
    async fn speak(&self, request: TextToSpeechRequest) -> Result<SpeechStream, ProviderError> {
        let settings = self.settings(&request.config)?;
        let key = self.account.header_beyond(DOMAIN, "")?.map(|key| (KEY, key));
        let url = self.account.url("TTS/Speech");
        let options = &settings.options;
        let body = SpeechBody {
            version: &settings.model,
            text: &request.text,
            speaker: &settings.voice,
            style: &options.style,
            speed: options.speed,
            pitch_shift: options.pitch_shift,
            style_weight: options.style_weight,
            breath_pause: options.breath_pause,
        };
        let make = |client: &reqwest::Client| {
            let request = client.post(url.clone()).header(OUTPUT_FORMAT, "wav").json(&body);
            with_headers(request, key.as_slice())
        };
        let response = self.http.send(&self.account, make).await?;
        let format = Format::wav(wav::Decoder::new(RATE));
        speech_of_unknown_type(&self.account, response, format, RATE.hz())
    }

    #[instrument(name = "provider.voai.tts.voices", skip_all)]
    async fn voices(&self) -> Result<Option<Vec<ProviderVoice>>, ProviderError> {
        list::voices(&self.http, &self.account, self.defaults.model.as_deref()).await
    }
}

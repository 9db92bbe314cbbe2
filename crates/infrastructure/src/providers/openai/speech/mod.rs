//! Text-to-speech by `POST /v1/audio/speech`: of OpenAI, and of the many servers that speak as it does. OpenAI is asked for
//! PCM, which is always at 24 kHz there; others for WAV, which says its rate, and is converted where it has another one.

mod config;
#[cfg(test)]
mod tests;
mod wire;

use async_trait::async_trait;
use reqwest::Response;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use tracing::{debug, instrument};
use viva_audio::SampleRate;
use viva_domain::ports::{
    ProviderError, SpeechStream, TextToSpeech, TextToSpeechCapabilities, TextToSpeechRequest,
};
use viva_domain::sessions::ProviderConfig;

use self::config::Options;
use self::wire::SpeechBody;
use super::DOMAIN;
use crate::providers::Defaults;
use crate::providers::transport::{
    Account, Format, HttpClient, errors, not_audio, speech, wav, with_headers,
};

/// What the vendor sends, and what others are converted to.
const RATE: SampleRate = SampleRate::HZ_24K;

/// OpenAI's text-to-speech. The language is that of the text: there is no setting for it.
#[derive(Debug, Clone)]
pub struct OpenAiTextToSpeech {
    account: Account,
    http: HttpClient,
    defaults: Defaults,
}

/// A session's configuration, checked.
struct Settings {
    model: String,
    voice: String,
    options: Options,
}

impl OpenAiTextToSpeech {
    /// Asks this account, whose base ends with `/v1`; `defaults` are used where a session leaves a choice open.
    pub fn new(account: Account, http: HttpClient, defaults: Defaults) -> Self {
        Self {
            account,
            http,
            defaults,
        }
    }

    fn settings(&self, config: &ProviderConfig) -> Result<Settings, ProviderError> {
        let parse = || {
            Ok(Settings {
                model: self.defaults.model_of(config)?,
                voice: self.defaults.voice_of(config)?,
                options: Options::parse(&config.options)?,
            })
        };
        parse().map_err(|message: String| errors::invalid_config(&self.account.provider, message))
    }
}

#[async_trait]
impl TextToSpeech for OpenAiTextToSpeech {
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

    #[instrument(name = "provider.openai.tts.speak", skip_all)]
    async fn speak(&self, request: TextToSpeechRequest) -> Result<SpeechStream, ProviderError> {
        let settings = self.settings(&request.config)?;
        let authorization = self.account.header_beyond(DOMAIN, "Bearer ")?;
        let authorization = authorization.map(|value| (AUTHORIZATION, value));
        let url = self.account.url("audio/speech");
        let body = SpeechBody {
            model: &settings.model,
            input: &request.text,
            voice: &settings.voice,
            response_format: self.response_format(),
            instructions: settings.options.instructions.as_deref(),
            speed: settings.options.speed,
        };
        let make = |client: &reqwest::Client| {
            with_headers(client.post(url.clone()).json(&body), authorization.as_slice())
        };
        let response = self.http.send(&self.account, make).await?;
        let provider = self.account.provider.as_str();
        let format = self.format(&response)?;
        debug!(
            event = "tts.began",
            provider.name = provider,
            "{provider} began to speak"
        );
        Ok(speech(provider, response, format))
    }
}

impl OpenAiTextToSpeech {
    /// `pcm` has no header that could say its rate: elsewhere the voices have others than the vendor's.
    fn response_format(&self) -> &'static str {
        if self.account.is_at(DOMAIN) { "pcm" } else { "wav" }
    }

    /// How an answer is to be read. Some servers send what they have, whatever they are asked for; it would be noise.
    fn format(&self, response: &Response) -> Result<Format, ProviderError> {
        let or_pcm = || Ok(Format::wav(wav::Decoder::or_pcm(RATE)));
        let Some(kind) = response.headers().get(CONTENT_TYPE) else {
            return or_pcm();
        };
        let kind = kind.to_str().unwrap_or_default();
        let lower = kind.to_ascii_lowercase();
        let mut parts = lower.split(';').map(str::trim);
        let essence = parts.next().unwrap_or_default();
        let rate = parts.find_map(|part| part.strip_prefix("rate=")?.parse::<u32>().ok());
        match essence {
            "audio/wav" | "audio/x-wav" | "audio/wave" | "audio/vnd.wave" => {
                Ok(Format::wav(wav::Decoder::new(RATE)))
            }
            "application/octet-stream" => or_pcm(),
            "audio/pcm" | "audio/l16" | "audio/raw" | "audio/x-raw"
                if rate.is_none_or(|rate| rate == RATE.hz()) =>
            {
                Ok(Format::pcm())
            }
            _ => {
                let wanted = format!("PCM at {} Hz", RATE.hz());
                Err(not_audio(&self.account, kind, &wanted))
            }
        }
    }
}

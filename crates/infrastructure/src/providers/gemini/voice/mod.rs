//! Text-to-speech by the models that speak, with `streamGenerateContent`. The language is that of the text.

mod config;
mod decode;
#[cfg(test)]
mod tests;
mod wire;

use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};
use tracing::{debug, instrument};
use viva_domain::ports::{
    ProviderError, SpeechPart, SpeechStream, TextToSpeech, TextToSpeechCapabilities, TextToSpeechRequest,
};
use viva_domain::sessions::ProviderConfig;

use self::config::Settings;
use self::decode::{Decoder, End};
use self::wire::{
    AudioFormat, Content, GenerationConfig, PrebuiltVoiceConfig, ResponseFormat, SpeakRequest, SpeechConfig,
    SpeechMetadata, TextPart, VoiceConfig,
};
use super::KEY;
use super::address::versioned;
use crate::providers::Defaults;
use crate::providers::transport::sse::Events;
use crate::providers::transport::{Account, HttpClient, errors, with_headers};

/// The vendor's own hosts, where nothing goes without a key.
const DOMAIN: &str = "googleapis.com";
/// What all of the models send, in Hz.
const RATE: u32 = 24_000;
/// PCM without a header; what older models send anyway.
const FORMAT: &str = "AUDIO_L16";

/// The text-to-speech of Gemini.
#[derive(Debug, Clone)]
pub struct GeminiTextToSpeech {
    account: Account,
    http: HttpClient,
    defaults: Defaults,
}

/// A text that is being spoken. Dropping it closes the connection.
struct Speaking {
    account: Account,
    http: HttpClient,
    asked: Asked,
    decoder: Decoder,
    /// `None` when nothing more comes.
    events: Option<Events>,
    /// It was asked for again, as nothing came.
    is_again: bool,
}

/// What is asked.
struct Asked {
    url: Url,
    key: Option<(HeaderName, HeaderValue)>,
    body: serde_json::Value,
}

impl GeminiTextToSpeech {
    /// Asks this account, whose base may end with a version; a server of one's own may do without a key. `defaults` are used
    /// where a session leaves a choice open.
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

    fn url(&self, model: &str) -> Url {
        let (mut url, version) = versioned(&self.account.base_url);
        if let Ok(mut segments) = url.path_segments_mut() {
            let operation = format!("{model}:streamGenerateContent");
            segments.extend([version.as_str(), "models", &operation]);
        }
        url.query_pairs_mut().append_pair("alt", "sse");
        url
    }
}

#[async_trait]
impl TextToSpeech for GeminiTextToSpeech {
    fn capabilities(&self, _config: &ProviderConfig) -> TextToSpeechCapabilities {
        TextToSpeechCapabilities { output_rate: RATE }
    }

    fn resolve(&self, config: &ProviderConfig) -> Result<ProviderConfig, ProviderError> {
        let settings = self.settings(config)?;
        Ok(ProviderConfig {
            model: Some(settings.model),
            voice: Some(settings.voice),
            ..config.clone()
        })
    }

    #[instrument(name = "provider.gemini.tts.speak", skip_all)]
    async fn speak(&self, request: TextToSpeechRequest) -> Result<SpeechStream, ProviderError> {
        let settings = self.settings(&request.config)?;
        let asked = Asked {
            url: self.url(&settings.model),
            key: self.account.header_beyond(DOMAIN, "")?.map(|key| (KEY, key)),
            body: serde_json::to_value(body(&settings, &request.text))
                .map_err(|err| errors::malformed(&self.account.provider, &err))?,
        };
        let mut speaking = Speaking {
            account: self.account.clone(),
            http: self.http.clone(),
            asked,
            decoder: Decoder::new(self.account.clone()),
            events: None,
            is_again: false,
        };
        speaking.ask().await?;
        let provider = self.account.provider.as_str();
        debug!(
            event = "tts.began",
            provider.name = provider,
            "{provider} began to speak"
        );
        Ok(speaking.stream())
    }
}

impl Speaking {
    async fn ask(&mut self) -> Result<(), ProviderError> {
        let Asked { url, key, body } = &self.asked;
        let make =
            |client: &reqwest::Client| with_headers(client.post(url.clone()).json(body), key.as_slice());
        let response = self.http.send(&self.account, make).await?;
        self.decoder = Decoder::new(self.account.clone());
        self.events = Some(Events::of(&self.account.provider, response));
        Ok(())
    }

    fn stream(self) -> SpeechStream {
        let next = |mut speaking: Self| async {
            let samples = speaking.next().await.transpose()?;
            if samples.is_err() {
                speaking.events = None;
            }
            Some((samples.map(SpeechPart::Audio), speaking))
        };
        stream::unfold(self, next).fuse().boxed()
    }

    async fn next(&mut self) -> Result<Option<Vec<i16>>, ProviderError> {
        while let Some(events) = &mut self.events {
            match events.next().await {
                Some(event) => {
                    let samples = self.decoder.event(&event?)?;
                    if !samples.is_empty() {
                        return Ok(Some(samples));
                    }
                }
                None => self.end().await?,
            }
        }
        Ok(None)
    }

    async fn end(&mut self) -> Result<(), ProviderError> {
        self.events = None;
        match self.decoder.end()? {
            End::Whole => Ok(()),
            End::Nothing if self.is_again => {
                let provider = &self.account.provider;
                Err(errors::failed(provider, "it said nothing, and gave no reason"))
            }
            End::Nothing => {
                self.is_again = true;
                self.ask().await
            }
        }
    }
}

fn body<'a>(settings: &'a Settings, text: &'a str) -> SpeakRequest<'a> {
    let style = settings.options.style.as_deref();
    let format = ResponseFormat {
        audio: AudioFormat { mime_type: FORMAT },
    };
    SpeakRequest {
        contents: [Content {
            role: "user",
            parts: [TextPart {
                text,
                speech_metadata: style.map(|style| SpeechMetadata { style }),
            }],
        }],
        generation_config: GenerationConfig {
            response_modalities: ["AUDIO"],
            response_format: (!settings.is_older()).then_some(format),
            speech_config: SpeechConfig {
                voice_config: VoiceConfig {
                    prebuilt_voice_config: PrebuiltVoiceConfig {
                        voice_name: &settings.voice,
                    },
                },
            },
            temperature: settings.options.temperature,
        },
    }
}

/// The speech in the events of an answer, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(in crate::providers) fn fuzzed(
    account: Account,
    events: &[crate::providers::transport::sse::Event],
) -> Result<Vec<i16>, ProviderError> {
    let mut decoder = Decoder::new(account);
    let mut samples = Vec::new();
    for event in events {
        samples.extend(decoder.event(event)?);
    }
    decoder.end().map(|_| samples)
}

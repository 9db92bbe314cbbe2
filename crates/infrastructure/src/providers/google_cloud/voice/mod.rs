//! Text-to-speech by `POST /v1/text:synthesize`, which answers when all of the text is spoken: speech in pieces is to be had
//! over gRPC only. PCM comes as a WAV file (`LINEAR16`); a server that sends it without its header is understood too.

mod config;
mod list;
#[cfg(test)]
mod tests;
mod wire;

use std::future::ready;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{StreamExt, TryStreamExt, stream};
use reqwest::Response;
use tokio::task::spawn_blocking;
use tracing::{debug, instrument};
use viva_audio::SampleRate;
use viva_domain::ports::{
    ProviderError, SpeechPart, SpeechStream, TextToSpeech, TextToSpeechCapabilities, TextToSpeechRequest,
};
use viva_domain::providers::ProviderVoice;
use viva_domain::sessions::ProviderConfig;

use self::config::Settings;
#[cfg(feature = "fuzzing")]
pub(in crate::providers) use self::list::fuzzed as fuzzed_list;
use self::wire::{AudioConfig, Input, SynthesizeRequest, SynthesizeResponse, Voice};
use super::host::Half;
use super::key::{KEY, key};
use crate::providers::Defaults;
use crate::providers::transport::{Account, HttpClient, errors, read, wav, with_headers};

const RATE: SampleRate = SampleRate::HZ_24K;
/// The longest text that the vendor takes is spoken within a few minutes; one takes 4 MB.
const MAX_ANSWER_BYTES: usize = 32 << 20;

/// The text-to-speech of Google Cloud.
#[derive(Debug, Clone)]
pub struct GoogleTextToSpeech {
    account: Account,
    http: HttpClient,
    defaults: Defaults,
}

impl GoogleTextToSpeech {
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
impl TextToSpeech for GoogleTextToSpeech {
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

    #[instrument(name = "provider.google_cloud.tts.speak", skip_all)]
    async fn speak(&self, request: TextToSpeechRequest) -> Result<SpeechStream, ProviderError> {
        let settings = self.settings(&request.config)?;
        let key = key(&self.account)?.map(|key| (KEY, key));
        let url = Half::Speaking.url(&self.account, "v1/text:synthesize");
        let (name, language) = settings.voice_name();
        let options = &settings.options;
        let body = SynthesizeRequest {
            input: Input {
                text: &request.text,
                prompt: options.prompt.as_deref(),
            },
            voice: Voice {
                language_code: &language,
                name: &name,
                model_name: settings.model_name(),
            },
            audio_config: AudioConfig {
                audio_encoding: "LINEAR16",
                sample_rate_hertz: RATE.hz(),
                speaking_rate: options.speed,
                pitch: options.pitch,
                volume_gain_db: options.volume_gain_db,
            },
        };
        let make =
            |client: &reqwest::Client| with_headers(client.post(url.clone()).json(&body), key.as_slice());
        let response = self.http.send(&self.account, make).await?;
        let provider = self.account.provider.clone();
        debug!(event = "tts.began", provider.name = %provider, "{provider} began to speak");
        let spoken = stream::once(async move { spoken(&provider, response).await });
        let audible = spoken.try_filter(|samples| ready(!samples.is_empty()));
        Ok(audible.map_ok(SpeechPart::Audio).fuse().boxed())
    }

    #[instrument(name = "provider.google_cloud.tts.voices", skip_all)]
    async fn voices(&self) -> Result<Option<Vec<ProviderVoice>>, ProviderError> {
        list::voices(&self.http, &self.account).await
    }
}

/// All of the speech.
async fn spoken(provider: &str, mut response: Response) -> Result<Vec<i16>, ProviderError> {
    let mut body = Vec::new();
    let is_whole = read(&mut response, &mut body, MAX_ANSWER_BYTES).await;
    if !is_whole.map_err(|err| errors::unavailable(provider, err.without_url()))? {
        return Err(errors::failed(provider, "its answer is too long"));
    }
    // Minutes of audio take long enough to hold others up.
    let name = provider.to_owned();
    let decoded = spawn_blocking(move || {
        let answer: SynthesizeResponse =
            serde_json::from_slice(&body).map_err(|err| errors::malformed(&name, &err))?;
        decode(&answer.audio_content).map_err(|message| errors::failed(&name, message))
    });
    decoded
        .await
        .unwrap_or_else(|_| Err(errors::failed(provider, "its answer could not be read")))
}

fn decode(audio: &str) -> Result<Vec<i16>, String> {
    let bytes = STANDARD.decode(audio);
    let bytes = bytes.map_err(|_| "it sent audio that is none".to_owned())?;
    let mut decoder = wav::Decoder::or_pcm(RATE);
    let mut samples = decoder.push(&bytes)?;
    samples.extend(decoder.finish()?);
    Ok(samples)
}

/// The speech in an answer, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(in crate::providers) fn fuzzed(body: &[u8]) -> Option<Vec<i16>> {
    let answer: SynthesizeResponse = serde_json::from_slice(body).ok()?;
    decode(&answer.audio_content).ok()
}

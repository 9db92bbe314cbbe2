//! `ElevenLabs`: text-to-speech by `POST /v1/text-to-speech/{voice}/stream`; what it hears is in `scribe`.

mod config;
mod key_call;
mod scribe;
#[cfg(test)]
mod tests;
mod wire;

use async_trait::async_trait;
use reqwest::header::{CONTENT_TYPE, HeaderName};
use reqwest::{Response, Url};
use tracing::{debug, instrument};
use viva_domain::ports::{
    ProviderError, SpeechStream, TextToSpeech, TextToSpeechCapabilities, TextToSpeechRequest,
};
use viva_domain::sessions::ProviderConfig;

use self::config::Options;
pub(super) use self::key_call::key_call;
pub use self::scribe::ElevenLabsSpeechToText;
use self::wire::SpeechBody;
use crate::providers::Defaults;
use crate::providers::language::{iso_639_1, primary};
use crate::providers::transport::{Account, Format, HttpClient, errors, speech};

const KEY: HeaderName = HeaderName::from_static("xi-api-key");
/// The vendor's own hosts, where nothing goes without a key.
const DOMAIN: &str = "elevenlabs.io";
/// A rate that every plan has, in Hz, and the format's name.
const RATE: u32 = 24_000;
const FORMAT: &str = "pcm_24000";
/// Models of this generation take a language; others refuse it.
const TAKES_LANGUAGE: &str = "_v2_5";
/// Longer voice ids do not exist.
const MAX_VOICE_CHARS: usize = 64;
/// Of what was spoken before, the last characters are enough for the intonation.
const MAX_PREVIOUS_CHARS: usize = 500;

/// The text-to-speech of `ElevenLabs`.
#[derive(Debug, Clone)]
pub struct ElevenLabsTextToSpeech {
    account: Account,
    http: HttpClient,
    defaults: Defaults,
}

/// A session's configuration, checked.
struct Settings {
    model: String,
    voice: String,
    /// What the vendor calls the language, when it is told.
    language: Option<String>,
    options: Options,
}

impl ElevenLabsTextToSpeech {
    /// Asks this account, whose base ends with `/v1`; a server of one's own may do without a key. `defaults` are used where a session leaves a choice open.
    pub fn new(account: Account, http: HttpClient, defaults: Defaults) -> Self {
        Self {
            account,
            http,
            defaults,
        }
    }

    fn settings(&self, config: &ProviderConfig) -> Result<Settings, ProviderError> {
        let parse = || {
            let model = self.defaults.model_of(config)?;
            let options = Options::parse(&config.options)?;
            let is_told = options
                .enforce_language
                .unwrap_or_else(|| model.ends_with(TAKES_LANGUAGE));
            Ok(Settings {
                language: config.language.as_deref().filter(|_| is_told).map(language),
                voice: voice(self.defaults.voice_of(config)?)?,
                model,
                options,
            })
        };
        parse().map_err(|message: String| errors::invalid_config(&self.account.provider, message))
    }

    fn url(&self, settings: &Settings) -> Url {
        let mut url = self
            .account
            .url(&format!("text-to-speech/{}/stream", settings.voice));
        let mut query = url.query_pairs_mut();
        query.append_pair("output_format", FORMAT);
        if let Some(is_enabled) = settings.options.enable_logging {
            query.append_pair("enable_logging", if is_enabled { "true" } else { "false" });
        }
        drop(query);
        url
    }
}

#[async_trait]
impl TextToSpeech for ElevenLabsTextToSpeech {
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

    #[instrument(name = "provider.elevenlabs.tts.speak", skip_all, err(level = "debug"))]
    async fn speak(&self, request: TextToSpeechRequest) -> Result<SpeechStream, ProviderError> {
        let settings = self.settings(&request.config)?;
        let key = self.account.header_beyond(DOMAIN, "")?;
        let url = self.url(&settings);
        let body = SpeechBody {
            text: &request.text,
            model_id: &settings.model,
            language_code: settings.language.as_deref(),
            previous_text: end(&request.previous_text),
            voice_settings: settings.options.voice_settings(),
            seed: settings.options.seed,
            apply_text_normalization: settings.options.apply_text_normalization,
        };
        let make = |client: &reqwest::Client| {
            let request = client.post(url.clone()).json(&body);
            match &key {
                Some(key) => request.header(KEY, key.clone()),
                None => request,
            }
        };
        let response = self.http.send(&self.account, make).await?;
        let provider = self.account.provider.as_str();
        check_format(&response).map_err(|message| errors::failed(provider, message))?;
        debug!(provider.name = provider, "{provider} began to speak");
        Ok(speech(provider, response, Format::pcm()))
    }
}

/// The id becomes a part of the address, so it is nothing but an id.
fn voice(id: String) -> Result<String, String> {
    let is_id = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !id.is_empty() && id.len() <= MAX_VOICE_CHARS && id.chars().all(is_id) {
        return Ok(id);
    }
    Err(format!(
        "voice {id:?} is no voice id; it has up to {MAX_VOICE_CHARS} letters and digits"
    ))
}

/// ISO 639-1 where there is such a code; the vendor knows some languages that have none.
fn language(tag: &str) -> String {
    iso_639_1(tag).unwrap_or_else(|| primary(tag))
}

/// The end of what was spoken before; `None` when that was nothing.
fn end(text: &str) -> Option<&str> {
    let start = text.char_indices().rev().take(MAX_PREVIOUS_CHARS).last()?.0;
    Some(&text[start..])
}

/// JSON is no audio, whatever the status says. The type of PCM is not documented.
fn check_format(response: &Response) -> Result<(), String> {
    let kind = response.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/json") {
        return Ok(());
    }
    Err(format!("it sent {kind:?} instead of PCM at {RATE} Hz"))
}

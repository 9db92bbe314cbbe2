//! `ElevenLabs`: text-to-speech over the socket `/v1/text-to-speech/{voice}/multi-stream-input`, which tells when which word
//! is spoken, or by `POST /v1/text-to-speech/{voice}/stream`, which other servers understand as well; what it hears is in
//! `scribe`.

mod config;
mod key_call;
mod list;
mod scribe;
mod socket;
#[cfg(test)]
mod tests;
mod wire;

use async_trait::async_trait;
use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};
use tracing::instrument;
use viva_domain::ports::{
    ProviderError, SpeechStream, TextToSpeech, TextToSpeechCapabilities, TextToSpeechRequest,
};
use viva_domain::providers::ProviderVoice;
use viva_domain::sessions::ProviderConfig;

use self::config::{Options, Way};
pub(super) use self::key_call::key_call;
#[cfg(feature = "fuzzing")]
pub(super) use self::list::fuzzed as fuzzed_list;
pub use self::scribe::ElevenLabsSpeechToText;
#[cfg(feature = "fuzzing")]
pub(super) use self::scribe::fuzzed as fuzzed_scribe;
use self::socket::Speech;
use self::wire::SpeechBody;
use crate::providers::Defaults;
use crate::providers::language::{iso_639_1, primary};
use crate::providers::mouths::{Line, Mouth};
use crate::providers::transport::{
    Account, Format, HttpClient, errors, speech_of_unknown_type, with_headers,
};

const KEY: HeaderName = HeaderName::from_static("xi-api-key");
/// The vendor's own hosts, where nothing goes without a key.
const DOMAIN: &str = "elevenlabs.io";
/// A rate that every plan has, in Hz, and the format's name.
const RATE: u32 = 24_000;
const FORMAT: &str = "pcm_24000";
/// Seconds for which the vendor keeps a socket that nothing is asked of.
const INACTIVITY_TIMEOUT: &str = "90";
/// Models of this generation take a language; others refuse it.
const TAKES_LANGUAGE: &str = "_v2_5";
/// Longer voice ids do not exist.
const MAX_VOICE_CHARS: usize = 64;
/// Of what was spoken before, the last characters are enough for the intonation.
const MAX_PREVIOUS_CHARS: usize = 500;

/// The text-to-speech of `ElevenLabs`.
#[derive(Debug, Clone)]
pub struct ElevenLabsTextToSpeech {
    mouth: Mouth,
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
            mouth: Mouth::new(account, http.clone()),
            http,
            defaults,
        }
    }

    fn account(&self) -> &Account {
        &self.mouth.account
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
        parse().map_err(|message: String| errors::invalid_config(&self.account().provider, message))
    }

    fn url(&self, settings: &Settings, operation: &str) -> Url {
        let path = format!("text-to-speech/{}/{operation}", settings.voice);
        let mut url = self.account().url(&path);
        let mut query = url.query_pairs_mut();
        query.append_pair("output_format", FORMAT);
        if let Some(is_enabled) = settings.options.enable_logging {
            query.append_pair("enable_logging", if is_enabled { "true" } else { "false" });
        }
        drop(query);
        url
    }

    fn headers(&self) -> Result<Vec<(HeaderName, HeaderValue)>, ProviderError> {
        let key = self.account().header_beyond(DOMAIN, "")?;
        Ok(key.map(|key| (KEY, key)).into_iter().collect())
    }

    async fn call(&self, settings: &Settings, text: String) -> Result<SpeechStream, ProviderError> {
        let line = Line {
            url: self.socket_url(settings),
            headers: self.headers()?,
        };
        let speech = Speech::new(self.account().clone(), settings.options.voice_settings(), text);
        self.mouth.speak(line, speech).await
    }

    fn socket_url(&self, settings: &Settings) -> Url {
        let mut url = self.url(settings, "multi-stream-input");
        let optional = [
            ("language_code", settings.language.as_deref()),
            (
                "apply_text_normalization",
                settings.options.apply_text_normalization,
            ),
        ];
        let optional = optional
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        url.query_pairs_mut()
            .append_pair("model_id", &settings.model)
            // Whole sentences are sent.
            .append_pair("auto_mode", "true")
            .append_pair("sync_alignment", "true")
            .append_pair("inactivity_timeout", INACTIVITY_TIMEOUT)
            .extend_pairs(optional);
        url
    }

    async fn post(
        &self,
        settings: &Settings,
        request: &TextToSpeechRequest,
    ) -> Result<SpeechStream, ProviderError> {
        let headers = self.headers()?;
        let url = self.url(settings, "stream");
        let body = SpeechBody {
            text: &request.text,
            model_id: &settings.model,
            language_code: settings.language.as_deref(),
            previous_text: end(&request.previous_text),
            voice_settings: settings.options.voice_settings(),
            seed: settings.options.seed,
            apply_text_normalization: settings.options.apply_text_normalization,
        };
        let make = |client: &reqwest::Client| with_headers(client.post(url.clone()).json(&body), &headers);
        let response = self.http.send(self.account(), make).await?;
        speech_of_unknown_type(self.account(), response, Format::pcm(), RATE)
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

    #[instrument(name = "provider.elevenlabs.tts.speak", skip_all)]
    async fn speak(&self, request: TextToSpeechRequest) -> Result<SpeechStream, ProviderError> {
        let settings = self.settings(&request.config)?;
        match settings.options.way(self.account().is_at(DOMAIN)) {
            Way::Socket => self.call(&settings, request.text).await,
            Way::Http => self.post(&settings, &request).await,
        }
    }

    #[instrument(name = "provider.elevenlabs.tts.voices", skip_all)]
    async fn voices(&self) -> Result<Option<Vec<ProviderVoice>>, ProviderError> {
        list::voices(&self.http, self.account(), &self.headers()?).await
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

/// How it speaks over the socket, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(super) fn fuzzed(account: Account, text: String) -> impl crate::providers::mouths::Dialect {
    Speech::new(account, None, text)
}

//! Text-to-speech of Cartesia's Sonic over `wss://api.cartesia.ai/tts/websocket`, with the words' times.
//!
//! Each text has a context of its own, and nothing else is spoken on its connection meanwhile: hanging up is what cancels it.

mod config;
mod key_call;
mod list;
mod speech;
#[cfg(test)]
mod tests;
mod wire;

use async_trait::async_trait;
use reqwest::header::{AUTHORIZATION, HeaderName};
use tracing::instrument;
use viva_domain::ports::{
    ProviderError, SpeechStream, TextToSpeech, TextToSpeechCapabilities, TextToSpeechRequest,
};
use viva_domain::providers::ProviderVoice;
use viva_domain::sessions::ProviderConfig;

use self::config::Settings;
pub(super) use self::key_call::key_call;
#[cfg(feature = "fuzzing")]
pub(super) use self::list::fuzzed as fuzzed_list;
use self::speech::Speech;
use crate::providers::Defaults;
use crate::providers::mouths::{Line, Mouth};
use crate::providers::transport::{Account, HttpClient, errors};

/// The vendor's own hosts, where nothing goes without a key.
const DOMAIN: &str = "cartesia.ai";
/// What the vendor's API is called as of.
const VERSION: &str = "2026-08-14";
const VERSION_HEADER: HeaderName = HeaderName::from_static("cartesia-version");
/// Sample rate of what it is asked for, in Hz.
const RATE: u32 = 24_000;

/// The text-to-speech of Cartesia.
#[derive(Debug, Clone)]
pub struct CartesiaTextToSpeech {
    mouth: Mouth,
    http: HttpClient,
    defaults: Defaults,
}

impl CartesiaTextToSpeech {
    /// Asks this account; a server of one's own may do without a key. `defaults` are used where a session leaves a choice
    /// open.
    pub fn new(account: Account, http: HttpClient, defaults: Defaults) -> Self {
        Self {
            mouth: Mouth::new(account, http.clone()),
            http,
            defaults,
        }
    }

    fn settings(&self, config: &ProviderConfig) -> Result<Settings, ProviderError> {
        Settings::of(config, &self.defaults)
            .map_err(|message| errors::invalid_config(&self.mouth.account.provider, message))
    }

    fn line(&self) -> Result<Line, ProviderError> {
        let key = self.mouth.account.header_beyond(DOMAIN, "Bearer ")?;
        let mut url = self.mouth.account.url("tts/websocket");
        url.query_pairs_mut().append_pair("cartesia_version", VERSION);
        Ok(Line {
            url,
            headers: key.map(|key| (AUTHORIZATION, key)).into_iter().collect(),
        })
    }
}

#[async_trait]
impl TextToSpeech for CartesiaTextToSpeech {
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

    #[instrument(name = "provider.cartesia.tts.speak", skip_all)]
    async fn speak(&self, request: TextToSpeechRequest) -> Result<SpeechStream, ProviderError> {
        let settings = self.settings(&request.config)?;
        let speech = Speech::new(self.mouth.account.clone(), settings, request.text);
        self.mouth.speak(self.line()?, speech).await
    }

    #[instrument(name = "provider.cartesia.tts.voices", skip_all)]
    async fn voices(&self) -> Result<Option<Vec<ProviderVoice>>, ProviderError> {
        list::voices(&self.http, &self.mouth.account).await
    }
}

/// How it speaks, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(super) fn fuzzed(account: Account, text: String) -> impl crate::providers::mouths::Dialect {
    let settings = Settings {
        model: "sonic-3".to_owned(),
        voice: "katie".to_owned(),
        language: None,
        options: config::Options::default(),
    };
    Speech::new(account, settings, text)
}

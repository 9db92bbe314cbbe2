//! Speechmatics: realtime v2. The session finds the turns, and ends each by `ForceEndOfUtterance`.
//!
//! The base URL is the host, `https://eu2.rt.speechmatics.com` (other regions have other ones, a container of one's own has
//! any and needs no key). It is sent speech only. `config.rs` lists the options, `language.rs` the languages.

mod config;
mod dialect;
mod key_call;
mod language;
#[cfg(test)]
mod tests;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::AUTHORIZATION;
use tokio_util::task::TaskTracker;
use tracing::instrument;
use viva_domain::ports::{ProviderError, SpeechToText, SpeechToTextCapabilities, SpeechToTextSession};
use viva_domain::sessions::ProviderConfig;

use self::config::Settings;
use self::dialect::Recognition;
pub(super) use self::key_call::key_call;
use super::Defaults;
use super::ears::{ANSWERS_WITHIN, Dialing, KEEP_ALIVE, listen};
use super::transport::{Account, HttpClient, errors};

/// Sample rate of the audio that is sent, in Hz.
const RATE: u32 = 16_000;
/// The vendor's own hosts, where nothing goes without a key.
const DOMAIN: &str = "speechmatics.com";
/// How long the vendor may take to write down an utterance.
const PATIENCE: Duration = Duration::from_secs(3);

/// Speechmatics as a speech-to-text provider.
#[derive(Debug, Clone)]
pub struct SpeechmaticsSpeechToText {
    account: Account,
    http: HttpClient,
    defaults: Defaults,
    tasks: TaskTracker,
    keep_alive: Duration,
    patience: Duration,
}

impl SpeechmaticsSpeechToText {
    /// Listens in tasks of `tasks`; `defaults` name the model of sessions that name none.
    pub fn new(account: Account, http: HttpClient, defaults: Defaults, tasks: TaskTracker) -> Self {
        Self {
            account,
            http,
            defaults,
            tasks,
            keep_alive: KEEP_ALIVE,
            patience: PATIENCE,
        }
    }

    fn settings(&self, config: &ProviderConfig) -> Result<Settings, ProviderError> {
        Settings::of(config, &self.defaults)
            .map_err(|message| errors::invalid_config(&self.account.provider, message))
    }
}

#[async_trait]
impl SpeechToText for SpeechmaticsSpeechToText {
    fn capabilities(&self, _config: &ProviderConfig) -> SpeechToTextCapabilities {
        SpeechToTextCapabilities {
            detects_turns: false,
            streams: true,
            input_rate: RATE,
            answers_within: ANSWERS_WITHIN,
        }
    }

    fn resolve(&self, config: &ProviderConfig) -> Result<ProviderConfig, ProviderError> {
        let settings = self.settings(config)?;
        Ok(ProviderConfig {
            model: Some(settings.model),
            ..config.clone()
        })
    }

    #[instrument(name = "provider.speechmatics.connect", skip_all)]
    async fn connect(&self, config: ProviderConfig) -> Result<SpeechToTextSession, ProviderError> {
        let settings = self.settings(&config)?;
        let key = self.account.header_beyond(DOMAIN, "Bearer ")?;
        let dialing =
            Dialing::new(&self.account, &self.http, self.account.url("v2")).with(AUTHORIZATION, key);
        let recognition = Recognition::new(dialing, &settings.start(), self.patience);
        listen(recognition, &self.tasks, self.keep_alive).await
    }
}

/// How it listens, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(super) fn fuzzed(dialing: Dialing) -> impl crate::providers::ears::Dialect {
    let config = ProviderConfig {
        model: Some("enhanced".to_owned()),
        ..ProviderConfig::of("speechmatics")
    };
    let settings = Settings::of(&config, &Defaults::default()).expect("it names all that is needed");
    Recognition::new(dialing, &settings.start(), PATIENCE)
}

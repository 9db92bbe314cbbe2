//! `AssemblyAI`: streaming v3, which finds turns itself.
//!
//! The base URL is the host, `https://streaming.assemblyai.com` (`streaming.eu.assemblyai.com` in Europe). A turn begins with
//! its first word: that something is heard is no turn yet. `config.rs` lists the options.

mod config;
mod key_call;
mod pieces;
#[cfg(test)]
mod tests;
mod turns;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use tokio_util::task::TaskTracker;
use tracing::instrument;
use viva_domain::ports::{ProviderError, SpeechToText, SpeechToTextCapabilities, SpeechToTextSession};
use viva_domain::sessions::ProviderConfig;

use self::config::Settings;
pub(super) use self::key_call::key_call;
use self::turns::Turns;
use super::Defaults;
use super::ears::{ANSWERS_WITHIN, Dialing, KEEP_ALIVE, listen};
use super::transport::{Account, HttpClient, errors};

/// Sample rate of the audio that is sent, in Hz.
const RATE: u32 = 16_000;
/// The vendor's own hosts, where nothing goes without a key.
const DOMAIN: &str = "assemblyai.com";
/// What the vendor's messages are as of this day.
const VERSION: (HeaderName, HeaderValue) = (
    HeaderName::from_static("assemblyai-version"),
    HeaderValue::from_static("2025-05-12"),
);
/// How long the vendor may take to end the turn that runs.
const PATIENCE: Duration = Duration::from_secs(3);

/// `AssemblyAI` as a speech-to-text provider.
#[derive(Debug, Clone)]
pub struct AssemblyAiSpeechToText {
    account: Account,
    http: HttpClient,
    defaults: Defaults,
    tasks: TaskTracker,
    keep_alive: Duration,
    patience: Duration,
}

impl AssemblyAiSpeechToText {
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
impl SpeechToText for AssemblyAiSpeechToText {
    fn capabilities(&self, _config: &ProviderConfig) -> SpeechToTextCapabilities {
        SpeechToTextCapabilities {
            detects_turns: true,
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

    #[instrument(name = "provider.assemblyai.connect", skip_all)]
    async fn connect(&self, config: ProviderConfig) -> Result<SpeechToTextSession, ProviderError> {
        let settings = self.settings(&config)?;
        // There is no prefix before the key.
        let key = self.account.header_beyond(DOMAIN, "")?;
        let mut url = self.account.url("v3/ws");
        url.query_pairs_mut().extend_pairs(settings.query());
        let (version, day) = VERSION;
        let dialing = Dialing::new(&self.account, &self.http, url)
            .with(AUTHORIZATION, key)
            .with(version, Some(day));
        let turns = Turns::new(dialing, settings.ends_twice(), self.patience);
        listen(turns, &self.tasks, self.keep_alive).await
    }
}

/// How it listens with a model that tells twice that a turn is over, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(super) fn fuzzed(dialing: Dialing) -> impl crate::providers::ears::Dialect {
    Turns::new(dialing, true, PATIENCE)
}

//! Deepgram: live listening, and speaking (`voice/`).
//!
//! The model says which API is listened to: `flux-…` listens with `/v2/listen`, which finds turns itself, every other one with
//! `/v1/listen`, which leaves them to the session. The base URL is the host, `https://api.deepgram.com`; a server of one's
//! own may do without a key. `config.rs` lists the options, `language.rs` the languages.

mod config;
mod connection;
mod flux;
mod key_call;
mod language;
mod nova;
#[cfg(test)]
mod tests;
mod transcript;
mod voice;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use tokio_util::task::TaskTracker;
use tracing::instrument;
use viva_domain::ports::{ProviderError, SpeechToText, SpeechToTextCapabilities, SpeechToTextSession};
use viva_domain::sessions::ProviderConfig;

use self::config::{Api, Settings};
use self::connection::dialing;
use self::flux::Flux;
pub(super) use self::key_call::key_call;
use self::nova::Nova;
pub use self::voice::DeepgramTextToSpeech;
#[cfg(feature = "fuzzing")]
pub(super) use self::voice::{fuzzed as fuzzed_voice, fuzzed_list};
use super::Defaults;
use super::ears::{ANSWERS_WITHIN, KEEP_ALIVE, listen};
use super::transport::{Account, HttpClient, errors};

/// Sample rate of the audio that is sent, in Hz; Deepgram takes any.
const RATE: u32 = 16_000;
/// How long the vendor may take to write down an utterance.
const PATIENCE: Duration = Duration::from_secs(3);

/// Deepgram as a speech-to-text provider.
#[derive(Debug, Clone)]
pub struct DeepgramSpeechToText {
    account: Account,
    http: HttpClient,
    defaults: Defaults,
    tasks: TaskTracker,
    keep_alive: Duration,
    patience: Duration,
}

impl DeepgramSpeechToText {
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
impl SpeechToText for DeepgramSpeechToText {
    fn capabilities(&self, config: &ProviderConfig) -> SpeechToTextCapabilities {
        let model = config.model.as_ref().or(self.defaults.model.as_ref());
        SpeechToTextCapabilities {
            detects_turns: model.is_some_and(|model| Api::of(model) == Api::Flux),
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

    #[instrument(name = "provider.deepgram.connect", skip_all)]
    async fn connect(&self, config: ProviderConfig) -> Result<SpeechToTextSession, ProviderError> {
        let settings = self.settings(&config)?;
        let dialing = dialing(&self.account, &self.http, &settings)?;
        match settings.api {
            Api::Nova => listen(Nova::new(dialing, self.patience), &self.tasks, self.keep_alive).await,
            Api::Flux => listen(Flux::new(dialing, self.patience), &self.tasks, self.keep_alive).await,
        }
    }
}

/// How it listens with `/v1/listen`, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(super) fn fuzzed_nova(dialing: super::ears::Dialing) -> impl crate::providers::ears::Dialect {
    Nova::new(dialing, PATIENCE)
}

/// How it listens with `/v2/listen`, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(super) fn fuzzed_flux(dialing: super::ears::Dialing) -> impl crate::providers::ears::Dialect {
    Flux::new(dialing, PATIENCE)
}

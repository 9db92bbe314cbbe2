//! Speech to text over a WebSocket, as the vendor's own libraries do it.
//!
//! The session finds the turns: each is one of the service's too, and ends with its audio. It is sent speech only. A turn that
//! the service ends by itself is gone on with by another one, with the audio that it had not written down. `config.rs` lists
//! the options.

mod config;
mod dialect;
mod kept;
#[cfg(test)]
mod tests;
mod wire;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio_util::task::TaskTracker;
use tracing::instrument;
use viva_audio::SampleRate;
use viva_domain::ports::{Clock, ProviderError, SpeechToText, SpeechToTextCapabilities, SpeechToTextSession};
use viva_domain::sessions::ProviderConfig;

use self::config::Settings;
use self::dialect::Recognition;
use super::host::Half;
use super::key::{KEY, key};
use crate::providers::Defaults;
use crate::providers::ears::{ANSWERS_WITHIN, Dialing, KEEP_ALIVE, listen};
use crate::providers::transport::{Account, HttpClient, errors};

/// Sample rate of the audio that is sent.
const RATE: SampleRate = SampleRate::HZ_16K;
/// How long the vendor may take to write down an utterance.
const PATIENCE: Duration = Duration::from_secs(3);

/// Azure's Speech service as a speech-to-text provider.
#[derive(Clone)]
pub struct AzureSpeechToText {
    account: Account,
    http: HttpClient,
    defaults: Defaults,
    tasks: TaskTracker,
    clock: Arc<dyn Clock>,
    patience: Duration,
}

impl AzureSpeechToText {
    /// Listens in tasks of `tasks`; `defaults` name the model of sessions that name none. Every message says when it was
    /// sent, by `clock`.
    pub fn new(
        account: Account,
        http: HttpClient,
        defaults: Defaults,
        tasks: TaskTracker,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            account,
            http,
            defaults,
            tasks,
            clock,
            patience: PATIENCE,
        }
    }

    fn settings(&self, config: &ProviderConfig) -> Result<Settings, ProviderError> {
        Settings::of(config, &self.defaults)
            .map_err(|message| errors::invalid_config(&self.account.provider, message))
    }
}

#[async_trait]
impl SpeechToText for AzureSpeechToText {
    fn capabilities(&self, _config: &ProviderConfig) -> SpeechToTextCapabilities {
        SpeechToTextCapabilities {
            detects_turns: false,
            streams: true,
            input_rate: RATE.hz(),
            answers_within: ANSWERS_WITHIN,
        }
    }

    fn resolve(&self, config: &ProviderConfig) -> Result<ProviderConfig, ProviderError> {
        let settings = self.settings(config)?;
        Ok(ProviderConfig {
            model: Some(settings.mode.to_owned()),
            ..config.clone()
        })
    }

    #[instrument(name = "provider.azure_speech.connect", skip_all)]
    async fn connect(&self, config: ProviderConfig) -> Result<SpeechToTextSession, ProviderError> {
        let settings = self.settings(&config)?;
        let key = key(&self.account)?;
        let path = format!("speech/recognition/{}/cognitiveservices/v1", settings.mode);
        let mut url = Half::Hearing.url(&self.account, &path);
        url.query_pairs_mut().extend_pairs(settings.query());
        let dialing = Dialing::new(&self.account, &self.http, url).with(KEY, key);
        let clock = Arc::clone(&self.clock);
        let recognition = Recognition::new(dialing, clock, settings.context(), self.patience);
        listen(recognition, &self.tasks, KEEP_ALIVE).await
    }
}

impl fmt::Debug for AzureSpeechToText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AzureSpeechToText")
            .field("account", &self.account)
            .field("defaults", &self.defaults)
            .finish_non_exhaustive()
    }
}

/// How it listens, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(in crate::providers) fn fuzzed(dialing: Dialing) -> impl crate::providers::ears::Dialect {
    let clock = Arc::new(crate::system::SystemClock);
    Recognition::new(dialing, clock, wire::Context::of(&[]).json(), PATIENCE)
}

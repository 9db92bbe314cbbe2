//! Speech to text of `ElevenLabs`: Scribe in real time, `/v1/speech-to-text/realtime`.
//!
//! The session finds the turns, and commits each. It is sent speech only. `config.rs` lists the options.

mod config;
mod dialect;
#[cfg(test)]
mod tests;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use tokio_util::task::TaskTracker;
use tracing::instrument;
use viva_domain::ports::{ProviderError, SpeechToText, SpeechToTextCapabilities, SpeechToTextSession};
use viva_domain::sessions::ProviderConfig;

use self::config::Settings;
use self::dialect::Scribe;
use super::{DOMAIN, KEY};
use crate::providers::Defaults;
use crate::providers::ears::{ANSWERS_WITHIN, Dialing, KEEP_ALIVE, listen};
use crate::providers::transport::{Account, HttpClient, errors};

/// Sample rate of the audio that is sent, in Hz, and the format's name.
const RATE: u32 = 16_000;
const FORMAT: &str = "pcm_16000";
/// How long the vendor may take to write down an utterance.
const PATIENCE: Duration = Duration::from_secs(3);

/// `ElevenLabs` as a speech-to-text provider.
#[derive(Debug, Clone)]
pub struct ElevenLabsSpeechToText {
    account: Account,
    http: HttpClient,
    defaults: Defaults,
    tasks: TaskTracker,
    keep_alive: Duration,
    patience: Duration,
}

impl ElevenLabsSpeechToText {
    /// Listens in tasks of `tasks`, with this account, whose base ends with `/v1`; `defaults` name the model of sessions that
    /// name none.
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
impl SpeechToText for ElevenLabsSpeechToText {
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

    #[instrument(name = "provider.elevenlabs.stt.connect", skip_all)]
    async fn connect(&self, config: ProviderConfig) -> Result<SpeechToTextSession, ProviderError> {
        let settings = self.settings(&config)?;
        let key = self.account.header_beyond(DOMAIN, "")?;
        let mut url = self.account.url("speech-to-text/realtime");
        url.query_pairs_mut().extend_pairs(settings.query());
        let dialing = Dialing::new(&self.account, &self.http, url).with(KEY, key);
        let scribe = Scribe::new(dialing, self.patience);
        listen(scribe, &self.tasks, self.keep_alive).await
    }
}

/// How it listens, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(in crate::providers) fn fuzzed(dialing: Dialing) -> impl crate::providers::ears::Dialect {
    Scribe::new(dialing, PATIENCE)
}

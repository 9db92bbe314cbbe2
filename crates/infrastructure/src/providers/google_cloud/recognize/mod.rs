//! Speech to text by `POST /v1/speech:recognize`: every utterance is sent when it is over. The second version of it takes no
//! API keys, and hearing while somebody speaks is for gRPC only. `config.rs` lists the options, `language.rs` the languages.

mod config;
mod desk;
mod language;
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
use self::desk::Desk;
use super::key::key;
use crate::providers::Defaults;
use crate::providers::ears::{FILE_RATE, FileLimits, listen_to_files};
use crate::providers::transport::{Account, HttpClient, errors};

/// How long a transcript may take when the next one is there.
const OVERTAKEN: Duration = Duration::from_secs(5);
/// What an answer may take beyond its limit, on its way to who waits for it.
const MARGIN: Duration = Duration::from_secs(1);

/// Google Cloud as a speech-to-text provider.
#[derive(Debug, Clone)]
pub struct GoogleCloudSpeechToText {
    account: Account,
    http: HttpClient,
    defaults: Defaults,
    tasks: TaskTracker,
}

impl GoogleCloudSpeechToText {
    /// Listens in tasks of `tasks`; `defaults` name the model of sessions that name none.
    pub fn new(account: Account, http: HttpClient, defaults: Defaults, tasks: TaskTracker) -> Self {
        Self {
            account,
            http,
            defaults,
            tasks,
        }
    }

    fn settings(&self, config: &ProviderConfig) -> Result<Settings, ProviderError> {
        Settings::of(config, &self.defaults)
            .map_err(|message| errors::invalid_config(&self.account.provider, message))
    }
}

#[async_trait]
impl SpeechToText for GoogleCloudSpeechToText {
    fn capabilities(&self, _config: &ProviderConfig) -> SpeechToTextCapabilities {
        SpeechToTextCapabilities {
            detects_turns: false,
            streams: false,
            input_rate: FILE_RATE.hz(),
            answers_within: self.http.limits().answer + MARGIN,
        }
    }

    fn resolve(&self, config: &ProviderConfig) -> Result<ProviderConfig, ProviderError> {
        let settings = self.settings(config)?;
        Ok(ProviderConfig {
            model: Some(settings.model),
            ..config.clone()
        })
    }

    #[instrument(name = "provider.google_cloud.stt.connect", skip_all)]
    async fn connect(&self, config: ProviderConfig) -> Result<SpeechToTextSession, ProviderError> {
        let settings = self.settings(&config)?;
        let key = key(&self.account)?;
        let desk = Desk::new(self.account.clone(), self.http.clone(), key, settings);
        let limits = FileLimits {
            answer: self.http.limits().answer,
            overtaken: OVERTAKEN,
        };
        Ok(listen_to_files(desk, limits, &self.tasks))
    }
}

/// The transcript in an answer, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(in crate::providers) fn fuzzed(body: &[u8]) -> Option<String> {
    let answer: wire::Response = serde_json::from_slice(body).ok()?;
    Some(answer.text())
}

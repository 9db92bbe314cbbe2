//! OpenAI's two ways to write down what is said, and the servers that speak as it does.
//!
//! *Files*, `POST /audio/transcriptions`: every utterance is sent when it is over, from 300 ms before its first voiced
//! sample; compatible servers know this way, without a key and without streaming too. *Realtime*, a transcription session
//! on `/realtime?intent=transcription`: the utterance is sent while it is spoken. A model whose name says `live` or
//! `realtime` is spoken to in realtime, every other one is sent files; the option `api` decides otherwise. The base URL ends
//! before the operation, as in `https://api.openai.com/v1`. `config.rs` lists the options.

mod config;
mod realtime;
#[cfg(test)]
mod tests;
mod upload;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use tokio_util::task::TaskTracker;
use tracing::instrument;
use viva_domain::ports::{ProviderError, SpeechToText, SpeechToTextCapabilities, SpeechToTextSession};
use viva_domain::sessions::ProviderConfig;

use self::config::{Api, Settings};
use self::realtime::Realtime;
#[cfg(feature = "fuzzing")]
pub(in crate::providers) use self::upload::{fuzzed as fuzzed_file, fuzzed_events};
use super::{DOMAIN, OWN_SERVER_LIMIT};
use crate::providers::Defaults;
use crate::providers::ears::{ANSWERS_WITHIN, FileLimits, KEEP_ALIVE, listen, listen_to_files};
use crate::providers::transport::{Account, HttpClient, HttpLimits, errors};

/// How long a realtime transcript may take, and that of a file when the next one is there.
const PATIENCE: Duration = Duration::from_secs(5);
/// What an answer may take beyond its limit, on its way to who waits for it.
const MARGIN: Duration = Duration::from_secs(1);

/// OpenAI as a speech-to-text provider.
#[derive(Debug, Clone)]
pub struct OpenAiSpeechToText {
    account: Account,
    http: HttpClient,
    defaults: Defaults,
    tasks: TaskTracker,
    patience: Duration,
}

impl OpenAiSpeechToText {
    /// Listens in tasks of `tasks`; `defaults` name the model of sessions that name none.
    pub fn new(account: Account, http: &HttpClient, defaults: Defaults, tasks: TaskTracker) -> Self {
        let limits = HttpLimits {
            // Also the vendor takes its time for a whole file.
            answer: OWN_SERVER_LIMIT,
            ..http.limits()
        };
        Self {
            account,
            http: http.with_limits(limits),
            defaults,
            tasks,
            patience: PATIENCE,
        }
    }

    fn settings(&self, config: &ProviderConfig) -> Result<Settings, ProviderError> {
        Settings::of(config, &self.defaults)
            .map_err(|message| errors::invalid_config(&self.account.provider, message))
    }
}

#[async_trait]
impl SpeechToText for OpenAiSpeechToText {
    fn capabilities(&self, config: &ProviderConfig) -> SpeechToTextCapabilities {
        // What cannot be configured so is refused elsewhere.
        let api = self.settings(config).map_or(Api::Files, |settings| settings.api);
        SpeechToTextCapabilities {
            detects_turns: false,
            streams: api == Api::Realtime,
            input_rate: api.rate().hz(),
            answers_within: match api {
                Api::Files => self.http.limits().answer + MARGIN,
                Api::Realtime => ANSWERS_WITHIN,
            },
        }
    }

    fn resolve(&self, config: &ProviderConfig) -> Result<ProviderConfig, ProviderError> {
        let settings = self.settings(config)?;
        Ok(ProviderConfig {
            model: Some(settings.model),
            ..config.clone()
        })
    }

    #[instrument(name = "provider.openai.stt.connect", skip_all)]
    async fn connect(&self, config: ProviderConfig) -> Result<SpeechToTextSession, ProviderError> {
        let settings = self.settings(&config)?;
        let authorization = self.account.header_beyond(DOMAIN, "Bearer ")?;
        match settings.api {
            Api::Files => {
                let desk =
                    upload::Desk::new(self.account.clone(), self.http.clone(), authorization, settings);
                let limits = FileLimits {
                    answer: self.http.limits().answer,
                    overtaken: self.patience,
                };
                Ok(listen_to_files(desk, limits, &self.tasks))
            }
            Api::Realtime => {
                let realtime =
                    Realtime::new(&self.account, &self.http, authorization, &settings, self.patience);
                listen(realtime, &self.tasks, KEEP_ALIVE).await
            }
        }
    }
}

/// How a session in realtime listens, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(in crate::providers) fn fuzzed(
    account: &Account,
    http: &HttpClient,
) -> impl crate::providers::ears::Dialect + use<> {
    let config = ProviderConfig {
        model: Some("gpt-realtime-transcribe".to_owned()),
        ..ProviderConfig::of("openai")
    };
    let settings = Settings::of(&config, &Defaults::default()).expect("it names all that is needed");
    Realtime::new(account, http, None, &settings, PATIENCE)
}

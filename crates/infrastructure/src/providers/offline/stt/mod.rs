//! The `offline` speech-to-text: understands nothing, so it writes down what its options say, or how much it heard.

mod config;
mod listener;
#[cfg(test)]
mod tests;

use std::time::Duration;

use async_trait::async_trait;
use futures_channel::mpsc;
use tokio_util::task::TaskTracker;
use tracing::{Instrument as _, instrument};
use viva_domain::ports::{
    ProviderError, SpeechToText, SpeechToTextCapabilities, SpeechToTextSession, WAITING_COMMANDS,
};
use viva_domain::providers::ProviderInfo;
use viva_domain::sessions::ProviderConfig;

use self::config::Options;
use self::listener::Listener;
use super::hearing::INPUT_RATE;
use super::script::{LANGUAGES, Lines, Script};
use super::{failure, info, invalid, language, refuse_model, refuse_voice};

/// How long an order is waited for; a longer delay is a fault to try out.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
/// Events that wait. When it is full the listener waits.
const EVENTS: usize = 16;

/// The `offline` speech-to-text.
#[derive(Debug, Clone)]
pub struct OfflineSpeechToText {
    tasks: TaskTracker,
}

/// A session's configuration, checked.
struct Settings {
    lines: &'static Lines,
    language: String,
    options: Options,
}

impl OfflineSpeechToText {
    /// Every conversation is a task of `tasks`.
    pub fn new(tasks: TaskTracker) -> Self {
        Self { tasks }
    }

    /// What a person chooses from: the languages in which it tells how much it heard.
    pub fn info(&self) -> ProviderInfo {
        info(LANGUAGES.iter())
    }
}

impl Settings {
    fn of(config: &ProviderConfig) -> Result<Self, ProviderError> {
        let parse = || {
            refuse_model(config)?;
            refuse_voice(config)?;
            let (language, lines) = language(config)?;
            Ok(Self {
                lines,
                language,
                options: Options::parse(&config.options)?,
            })
        };
        parse().map_err(invalid)
    }
}

#[async_trait]
impl SpeechToText for OfflineSpeechToText {
    fn capabilities(&self, _config: &ProviderConfig) -> SpeechToTextCapabilities {
        SpeechToTextCapabilities {
            detects_turns: false,
            streams: true,
            input_rate: INPUT_RATE.hz(),
            answers_within: ANSWERS_WITHIN,
        }
    }

    fn resolve(&self, config: &ProviderConfig) -> Result<ProviderConfig, ProviderError> {
        let settings = Settings::of(config)?;
        Ok(ProviderConfig {
            language: Some(settings.language),
            ..config.clone()
        })
    }

    #[instrument(name = "provider.offline.stt.connect", skip_all)]
    async fn connect(&self, config: ProviderConfig) -> Result<SpeechToTextSession, ProviderError> {
        let Settings { lines, options, .. } = Settings::of(&config)?;
        if let Some(kind) = options.fail_connect {
            return Err(failure(kind, None));
        }
        let script = Script::new(lines, Vec::new(), options.transcripts.clone(), None, "");
        let (commands, commands_rx) = mpsc::channel(WAITING_COMMANDS);
        let (events_tx, events) = mpsc::channel(EVENTS);
        let listener = Listener::new(commands_rx, events_tx, options, script);
        self.tasks.spawn(listener.run().in_current_span());
        Ok(SpeechToTextSession { commands, events })
    }
}

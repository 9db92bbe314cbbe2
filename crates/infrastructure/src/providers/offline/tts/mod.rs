//! The `offline` text-to-speech: speaks with what is installed, else with the built-in voice.

mod config;
mod telling;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use tracing::instrument;
use viva_domain::ports::{
    ProviderError, SpeechStream, TextToSpeech, TextToSpeechCapabilities, TextToSpeechRequest,
};
use viva_domain::providers::ProviderInfo;
use viva_domain::sessions::ProviderConfig;

use self::config::Options;
use self::telling::Telling;
use super::voice::{Voice, speaker, spoken_info};
use super::{failure, invalid, refuse_model};
use crate::providers::offline::script::LANGUAGES;
use crate::providers::speech::{SPEECH_RATE, Speaker, SpeechSynthesizer};

/// The `offline` text-to-speech.
#[derive(Debug, Clone)]
pub struct OfflineTextToSpeech {
    speech: SpeechSynthesizer,
    tasks: TaskTracker,
}

/// A session's configuration, checked.
struct Settings {
    language: String,
    speaker: Speaker,
    options: Options,
}

impl OfflineTextToSpeech {
    /// Speaks with `speech`; every text that is being spoken is a task of `tasks`.
    pub fn new(speech: SpeechSynthesizer, tasks: TaskTracker) -> Self {
        Self { speech, tasks }
    }

    /// What a person chooses from: the installed speakers, and the script's languages that somebody can be understood
    /// in, besides English and Chinese. It takes any language that a speaker speaks.
    pub fn info(&self) -> ProviderInfo {
        spoken_info(&self.speech)
    }

    fn settings(&self, config: &ProviderConfig) -> Result<Settings, ProviderError> {
        let parse = || {
            refuse_model(config)?;
            let language = config.language.as_deref().unwrap_or(LANGUAGES[0].tag);
            Ok(Settings {
                speaker: speaker(&self.speech, config.voice.as_deref(), language)?,
                language: language.to_owned(),
                options: Options::parse(&config.options)?,
            })
        };
        parse().map_err(invalid)
    }
}

#[async_trait]
impl TextToSpeech for OfflineTextToSpeech {
    fn capabilities(&self, _config: &ProviderConfig) -> TextToSpeechCapabilities {
        TextToSpeechCapabilities {
            output_rate: SPEECH_RATE.hz(),
        }
    }

    fn resolve(&self, config: &ProviderConfig) -> Result<ProviderConfig, ProviderError> {
        let settings = self.settings(config)?;
        Ok(ProviderConfig {
            voice: Some(settings.speaker.as_str().to_owned()),
            language: Some(settings.language),
            ..config.clone()
        })
    }

    #[instrument(name = "provider.offline.tts.speak", skip_all)]
    async fn speak(&self, request: TextToSpeechRequest) -> Result<SpeechStream, ProviderError> {
        let asked = Instant::now();
        let settings = self.settings(&request.config)?;
        if let Some(kind) = settings.options.fail_connect {
            return Err(failure(kind, None));
        }
        let voice = Voice {
            speech: self.speech.clone(),
            speaker: settings.speaker,
            language: settings.language,
            tasks: self.tasks.clone(),
        };
        let prepared = voice.prepare(request.text);
        Ok(Telling::new(prepared, settings.options, asked).stream())
    }
}

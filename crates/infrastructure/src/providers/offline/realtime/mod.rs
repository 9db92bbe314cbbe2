//! The `offline` realtime provider: answers in speech from a small script.

mod config;
mod conversation;
mod delivery;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use futures_channel::mpsc;
use tokio_util::task::TaskTracker;
use tracing::{Instrument as _, instrument};
use viva_domain::ports::{
    ProviderError, RealtimeCapabilities, RealtimeRequest, RealtimeSession, RealtimeVoice, WAITING_COMMANDS,
};
use viva_domain::providers::ProviderInfo;
use viva_domain::sessions::ProviderConfig;

use self::config::Options;
use self::conversation::Conversation;
use super::hearing::INPUT_RATE;
use super::script::{Lines, Script};
use super::voice::{Voice, speaker, spoken_info};
use super::{failure, invalid, language, refuse_model};
use crate::providers::speech::{SPEECH_RATE, Speaker, SpeechSynthesizer};

/// Events that wait: 1.3 s of speech in pieces of 40 ms. When it is full the conversation waits.
const EVENTS: usize = 32;

/// The `offline` realtime provider.
#[derive(Debug, Clone)]
pub struct OfflineRealtimeVoice {
    speech: SpeechSynthesizer,
    tasks: TaskTracker,
}

/// A session's configuration, checked.
struct Settings {
    lines: &'static Lines,
    language: String,
    speaker: Speaker,
    options: Options,
}

impl OfflineRealtimeVoice {
    /// Speaks with `speech`; every conversation is a task of `tasks`.
    pub fn new(speech: SpeechSynthesizer, tasks: TaskTracker) -> Self {
        Self { speech, tasks }
    }

    /// What a person chooses from: the installed speakers, and the script's languages that somebody can be understood
    /// in, besides English and Chinese.
    pub fn info(&self) -> ProviderInfo {
        spoken_info(&self.speech)
    }

    fn settings(&self, config: &ProviderConfig) -> Result<Settings, String> {
        refuse_model(config)?;
        let (language, lines) = language(config)?;
        Ok(Settings {
            lines,
            speaker: speaker(&self.speech, config.voice.as_deref(), &language)?,
            language,
            options: Options::parse(&config.options)?,
        })
    }
}

#[async_trait]
impl RealtimeVoice for OfflineRealtimeVoice {
    fn capabilities(&self, _config: &ProviderConfig) -> RealtimeCapabilities {
        RealtimeCapabilities {
            detects_turns: false,
            greets: true,
            input_rate: INPUT_RATE.hz(),
            output_rate: SPEECH_RATE.hz(),
        }
    }

    fn resolve(&self, config: &ProviderConfig) -> Result<ProviderConfig, ProviderError> {
        let settings = self.settings(config).map_err(invalid)?;
        Ok(ProviderConfig {
            voice: Some(settings.speaker.as_str().to_owned()),
            language: Some(settings.language),
            ..config.clone()
        })
    }

    #[instrument(name = "provider.offline.connect", skip_all)]
    async fn connect(&self, request: RealtimeRequest) -> Result<RealtimeSession, ProviderError> {
        let settings = self.settings(&request.config).map_err(invalid)?;
        if let Some(kind) = settings.options.fail_connect {
            return Err(failure(kind, None));
        }
        let script = Script::new(
            settings.lines,
            settings.options.answers.clone(),
            settings.options.transcripts.clone(),
            request.ai_role.as_deref(),
            &request.instructions,
        );
        let (commands, commands_rx) = mpsc::channel(WAITING_COMMANDS);
        let (events_tx, events) = mpsc::channel(EVENTS);
        let voice = Voice {
            speech: self.speech.clone(),
            speaker: settings.speaker,
            language: settings.language,
            tasks: self.tasks.clone(),
        };
        let conversation = Conversation::new(commands_rx, events_tx, voice, settings.options, script);
        self.tasks.spawn(conversation.run().in_current_span());
        Ok(RealtimeSession { commands, events })
    }
}

//! The `offline` realtime provider: answers in speech from a small script, on this machine alone, without a key, a model
//! or a download, the same way every time. Delays and faults are configured per session, so that latency and the
//! handling of failures can be tested against known truth: `config.rs` lists the options.

mod config;
mod conversation;
mod delivery;
mod hearing;
mod script;
#[cfg(test)]
mod tests;

use std::time::Duration;

use async_trait::async_trait;
use futures_channel::mpsc;
use tokio_util::task::TaskTracker;
use tracing::instrument;
use viva_domain::ports::{
    ProviderError, ProviderErrorKind, RealtimeCapabilities, RealtimeRequest, RealtimeSession, RealtimeVoice,
    Source,
};
use viva_domain::providers::{CredentialStatus, Language, ProviderInfo, ProviderVoice};
use viva_domain::sessions::ProviderConfig;

use self::config::Options;
use self::conversation::{Conversation, Voice};
use self::script::{LANGUAGES, Lines, Script};
use super::speech::{SPEECH_RATE, Speaker, SpeechSynthesizer};

const ID: &str = "offline";

/// Commands that wait: 1.3 s of user audio in frames of 20 ms. When it is full the caller drops audio.
const COMMANDS: usize = 64;
/// Events that wait: 1.3 s of speech in pieces of 40 ms. When it is full the conversation waits.
const EVENTS: usize = 32;
/// When a simulated rate limit wants to be asked again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

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
        let always = ["en", "zh-TW"];
        let is_spoken = |tag| always.contains(&tag) || self.speech.speaks(Speaker::Espeak, tag);
        ProviderInfo {
            id: ID.to_owned(),
            name: "Offline".to_owned(),
            models: Vec::new(),
            voices: self.speech.speakers().map(voice_info).collect(),
            languages: LANGUAGES
                .iter()
                .filter(|lines| is_spoken(lines.tag))
                .map(|lines| Language {
                    tag: lines.tag.to_owned(),
                    name: lines.name.to_owned(),
                })
                .collect(),
            credential: CredentialStatus::NotNeeded,
        }
    }

    fn settings(&self, config: &ProviderConfig) -> Result<Settings, String> {
        if let Some(model) = &config.model {
            return Err(format!(
                "model {model:?} is unknown; the offline provider has no models"
            ));
        }
        let language = config
            .language
            .clone()
            .unwrap_or_else(|| LANGUAGES[0].tag.to_owned());
        let lines = Lines::in_language(&language).ok_or_else(|| {
            let tags = LANGUAGES.iter().map(|lines| lines.tag).collect::<Vec<_>>();
            format!(
                "language {language:?} is not spoken; use one of {}",
                tags.join(", ")
            )
        })?;
        Ok(Settings {
            lines,
            speaker: self.speaker(config.voice.as_deref(), &language)?,
            language,
            options: Options::parse(&config.options)?,
        })
    }

    /// The speaker of this name, or the best one that speaks the language.
    fn speaker(&self, voice: Option<&str>, language: &str) -> Result<Speaker, String> {
        let mut speakers = self
            .speech
            .speakers()
            .filter(|speaker| self.speech.speaks(*speaker, language));
        match voice {
            None => speakers.next(),
            Some(name) => speakers.find(|speaker| speaker.as_str() == name),
        }
        .ok_or_else(|| {
            let names: Vec<&str> = self.speech.speakers().map(Speaker::as_str).collect();
            format!(
                "voice {:?} does not speak {language} here; there are {}",
                voice.unwrap_or_default(),
                names.join(", ")
            )
        })
    }
}

#[async_trait]
impl RealtimeVoice for OfflineRealtimeVoice {
    fn capabilities(&self, _config: &ProviderConfig) -> RealtimeCapabilities {
        RealtimeCapabilities {
            detects_turns: false,
            greets: true,
            input_rate: hearing::INPUT_RATE.hz(),
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

    #[instrument(name = "provider.offline.connect", skip_all, err(level = "debug"))]
    async fn connect(&self, request: RealtimeRequest) -> Result<RealtimeSession, ProviderError> {
        let settings = self.settings(&request.config).map_err(invalid)?;
        if let Some(kind) = settings.options.fail_connect {
            return Err(failure(kind, None));
        }
        let script = Script::new(
            settings.lines,
            &settings.options,
            request.ai_role.as_deref(),
            &request.instructions,
        );
        let (commands, commands_rx) = mpsc::channel(COMMANDS);
        let (events_tx, events) = mpsc::channel(EVENTS);
        let voice = Voice {
            speech: self.speech.clone(),
            speaker: settings.speaker,
            language: settings.language,
            tasks: self.tasks.clone(),
        };
        let conversation = Conversation::new(commands_rx, events_tx, voice, settings.options, script);
        self.tasks.spawn(conversation.run());
        Ok(RealtimeSession { commands, events })
    }
}

fn voice_info(speaker: Speaker) -> ProviderVoice {
    let name = match speaker {
        Speaker::Espeak => "eSpeak NG",
        Speaker::Synthetic => "Synthetic (no words)",
    };
    ProviderVoice {
        id: speaker.as_str().to_owned(),
        name: name.to_owned(),
    }
}

fn invalid(message: String) -> ProviderError {
    failure(ProviderErrorKind::InvalidConfig(message), None)
}

fn failure(kind: ProviderErrorKind, source: Option<Source>) -> ProviderError {
    ProviderError {
        retry_after: (kind == ProviderErrorKind::RateLimited).then_some(RETRY_AFTER),
        kind,
        provider: ID.to_owned(),
        source,
    }
}

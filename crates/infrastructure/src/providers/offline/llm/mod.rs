//! The `offline` language model: answers from a small script, word by word.

mod answer;
mod config;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use tokio::time::Instant;
use tracing::instrument;
use viva_domain::ports::{
    LanguageModel, LanguageModelRequest, LanguageModelStream, Message, MessageRole, ProviderError,
};
use viva_domain::providers::ProviderInfo;
use viva_domain::sessions::ProviderConfig;

use self::answer::Answer;
use self::config::Options;
use super::script::{LANGUAGES, Lines, Script};
use super::{failure, info, invalid, language, refuse_model, refuse_voice};

/// The `offline` language model.
#[derive(Debug, Clone, Copy, Default)]
pub struct OfflineLanguageModel;

/// A session's configuration, checked.
struct Settings {
    lines: &'static Lines,
    language: String,
    options: Options,
}

impl OfflineLanguageModel {
    /// It needs nothing.
    pub const fn new() -> Self {
        Self
    }

    /// What a person chooses from: the script's languages.
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
impl LanguageModel for OfflineLanguageModel {
    fn resolve(&self, config: &ProviderConfig) -> Result<ProviderConfig, ProviderError> {
        let settings = Settings::of(config)?;
        Ok(ProviderConfig {
            language: Some(settings.language),
            ..config.clone()
        })
    }

    #[instrument(name = "provider.offline.llm.respond", skip_all)]
    async fn respond(&self, request: LanguageModelRequest) -> Result<LanguageModelStream, ProviderError> {
        let asked = Instant::now();
        let Settings { lines, options, .. } = Settings::of(&request.config)?;
        if let Some(kind) = options.fail_connect {
            return Err(failure(kind, None));
        }
        let turn = turn(&request.messages);
        let mut script = Script::new(
            lines,
            options.answers.clone(),
            Vec::new(),
            None,
            &request.instructions,
        );
        if request.messages.iter().any(is_answer) {
            script.acknowledged();
        }
        let text = match turn {
            0 => script.greeting(),
            turn => script.answer(turn),
        };
        Ok(Answer::new(&text, options, turn, asked).stream())
    }
}

/// Which answer is asked for, from 1; 0 is the greeting.
fn turn(messages: &[Message]) -> u16 {
    let asked = messages.iter().filter(|message| !is_answer(message)).count();
    let goes_on = messages.last().is_some_and(is_answer);
    u16::try_from(asked + usize::from(goes_on)).unwrap_or(u16::MAX)
}

fn is_answer(message: &Message) -> bool {
    message.role == MessageRole::Assistant
}

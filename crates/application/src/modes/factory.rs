use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use viva_audio::SampleRate;
use viva_domain::ports::{ProviderError, ProviderErrorKind, RealtimeRequest};
use viva_domain::providers::ProviderCatalogue;
use viva_domain::sessions::{Interaction, Prompt, ProviderConfig};

use super::InteractionMode;
use super::realtime::RealtimeMode;

/// How long a provider may take to open a conversation.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Picks the stack from a session's configuration.
#[derive(Debug, Clone)]
pub struct ModeFactory {
    catalogue: ProviderCatalogue,
}

/// What a conversation is opened with.
#[derive(Debug, Clone, Copy)]
pub struct OpenMode<'a> {
    /// The effective configuration, from [`ModeFactory::resolve`].
    pub interaction: &'a Interaction,
    /// What the AI is told.
    pub prompt: &'a Prompt,
    /// Sample rate of the user's audio.
    pub input_rate: SampleRate,
    /// Sample rate of the AI's audio.
    pub output_rate: SampleRate,
}

/// Why no conversation could be opened.
#[derive(Debug, Clone, Error)]
pub enum OpenModeError {
    /// No provider fills this mode.
    #[error("no provider for cascade mode is installed; use realtime mode")]
    ModeUnavailable,
    /// The provider refused or cannot be reached.
    #[error(transparent)]
    Provider(#[from] Arc<ProviderError>),
}

impl ModeFactory {
    /// Chooses among these providers.
    pub fn new(catalogue: ProviderCatalogue) -> Self {
        Self { catalogue }
    }

    /// The providers to choose from.
    pub fn catalogue(&self) -> &ProviderCatalogue {
        &self.catalogue
    }

    /// Checks a configuration and fills in what was left open.
    ///
    /// # Errors
    /// [`OpenModeError`] when the mode or the provider does not exist, or a setting is wrong.
    pub fn resolve(&self, interaction: &Interaction) -> Result<Interaction, OpenModeError> {
        match interaction {
            Interaction::Realtime(config) => {
                let provider = self.provider(config)?;
                Ok(Interaction::Realtime(provider.resolve(config).map_err(Arc::new)?))
            }
            Interaction::Cascade(_) => Err(OpenModeError::ModeUnavailable),
        }
    }

    /// Opens a conversation, in at most 5 s.
    ///
    /// # Errors
    /// [`OpenModeError`] when the provider refuses or cannot be reached.
    pub async fn open(&self, request: OpenMode<'_>) -> Result<Box<dyn InteractionMode>, OpenModeError> {
        let Interaction::Realtime(config) = request.interaction else {
            return Err(OpenModeError::ModeUnavailable);
        };
        let provider = self.provider(config)?;
        let connecting = provider.connect(RealtimeRequest {
            config: config.clone(),
            instructions: request.prompt.compose(),
            ai_role: request.prompt.ai_role().map(str::to_owned),
            history: Vec::new(),
        });
        let session = match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
            Ok(session) => session.map_err(Arc::new)?,
            Err(_) => return Err(failed(config, ProviderErrorKind::Unavailable)),
        };
        let mode = RealtimeMode::new(
            session,
            provider.capabilities(config),
            request.input_rate,
            request.output_rate,
        )
        .map_err(|err| failed(config, ProviderErrorKind::Failed(err.to_string())))?;
        Ok(Box::new(mode))
    }

    fn provider(
        &self,
        config: &ProviderConfig,
    ) -> Result<&Arc<dyn viva_domain::ports::RealtimeVoice>, OpenModeError> {
        self.catalogue
            .realtime
            .get(&config.provider)
            .ok_or_else(|| failed(config, ProviderErrorKind::Unknown))
    }
}

fn failed(config: &ProviderConfig, kind: ProviderErrorKind) -> OpenModeError {
    OpenModeError::Provider(Arc::new(ProviderError {
        kind,
        provider: config.provider.clone(),
        retry_after: None,
        source: None,
    }))
}

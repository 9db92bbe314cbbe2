use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use thiserror::Error;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use viva_audio::{SampleRate, UnsupportedSampleRate};
use viva_domain::ports::{
    LanguageModel, Message, ProviderError, ProviderErrorKind, RealtimeRequest, SpeechToText, TextToSpeech,
};
use viva_domain::providers::{CredentialStatus, OwnKey, ProviderCatalogue, ProviderInfo, Providers};
use viva_domain::sessions::{CascadeConfig, Interaction, ProviderConfig};
use viva_domain::turns::SessionFailure;

use super::InteractionMode;
use super::cascade::{CascadeMode, CascadeSetup};
use super::realtime::RealtimeMode;

/// How long a provider may take to open a conversation.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The provider that needs nothing and understands little: what there is when there is nobody else.
const OFFLINE: &str = "offline";

/// Picks the stack from a session's configuration.
#[derive(Debug, Clone)]
pub struct ModeFactory {
    catalogue: Arc<ProviderCatalogue>,
}

/// What a conversation is opened with.
#[derive(Debug, Clone)]
pub struct OpenMode<'a> {
    /// The effective configuration, from [`ModeFactory::resolve`].
    pub interaction: &'a Interaction,
    /// What the AI is told, in one text.
    pub instructions: &'a str,
    /// Who the AI plays, which is among that.
    pub ai_role: Option<&'a str>,
    /// What was said before, in another mode.
    pub history: Vec<Message>,
    /// Sample rate of the user's audio.
    pub input_rate: SampleRate,
    /// Sample rate of the AI's audio.
    pub output_rate: SampleRate,
    /// What the conversation may run on.
    pub tasks: &'a TaskTracker,
}

/// Why no conversation could be opened.
#[derive(Debug, Clone, Error)]
#[error(transparent)]
pub struct OpenModeError(#[from] pub Arc<ProviderError>);

impl ModeFactory {
    /// Chooses among these providers.
    pub fn new(catalogue: impl Into<Arc<ProviderCatalogue>>) -> Self {
        Self {
            catalogue: catalogue.into(),
        }
    }

    /// The user's own key for a provider, when it is used with one.
    pub(crate) fn own_key(&self, provider: &str) -> Option<&OwnKey> {
        self.catalogue.own_keys.get(provider)
    }

    /// A failure, which is the user's to mend when a provider refused a key of theirs.
    pub(crate) fn explained(&self, failure: SessionFailure) -> SessionFailure {
        match &failure.provider {
            Some(provider) if self.refused_own_key(&failure.kind, provider) => SessionFailure {
                message: own_key_refused(provider).to_string(),
                kind: ProviderErrorKind::OwnCredentialInvalid,
                ..failure
            },
            _ => failure,
        }
    }

    fn refused_own_key(&self, kind: &ProviderErrorKind, provider: &str) -> bool {
        *kind == ProviderErrorKind::CredentialInvalid && self.own_key(provider).is_some()
    }

    /// Whether one of a configuration's models is no longer served, as far as the catalogue knows.
    pub fn has_retired_model(&self, interaction: &Interaction, today: NaiveDate) -> bool {
        let providers = &self.catalogue;
        match interaction {
            Interaction::Realtime(config) => is_retired(&providers.realtime, config, today),
            Interaction::Cascade(config) => {
                is_retired(&providers.stt, &config.stt, today)
                    || is_retired(&providers.llm, &config.llm, today)
                    || is_retired(&providers.tts, &config.tts, today)
            }
        }
    }

    /// Checks a configuration and fills in what was left open.
    ///
    /// # Errors
    /// [`OpenModeError`] when a provider does not exist or is not set up, or a setting is wrong.
    pub fn resolve(&self, interaction: &Interaction) -> Result<Interaction, OpenModeError> {
        let providers = &self.catalogue;
        match interaction {
            Interaction::Realtime(config) => usable(&providers.realtime, config)?
                .resolve(config)
                .map(Interaction::Realtime)
                .map_err(|err| named(config, err)),
            Interaction::Cascade(config) => {
                let CascadeConfig { stt, llm, tts } = config.as_ref();
                let (ears, model, voice) = (
                    usable(&providers.stt, stt)?,
                    usable(&providers.llm, llm)?,
                    usable(&providers.tts, tts)?,
                );
                let resolved = CascadeConfig {
                    stt: ears.resolve(stt).map_err(|err| named(stt, err))?,
                    llm: model.resolve(llm).map_err(|err| named(llm, err))?,
                    tts: voice.resolve(tts).map_err(|err| named(tts, err))?,
                };
                Ok(Interaction::Cascade(Box::new(resolved)))
            }
        }
    }

    /// The cascade that is there when a realtime provider is not, in the language of the conversation: of each role the
    /// first provider that takes the configuration. The one that failed comes after all others, and nothing but `offline`
    /// after it; models that are no longer served on this day are not chosen. `None` when a role has nobody.
    pub fn fallback(&self, failed: &ProviderConfig, today: NaiveDate) -> Option<Interaction> {
        let providers = &self.catalogue;
        Some(Interaction::Cascade(Box::new(CascadeConfig {
            stt: substitute(&providers.stt, failed, today, SpeechToText::resolve)?,
            llm: substitute(&providers.llm, failed, today, LanguageModel::resolve)?,
            tts: substitute(&providers.tts, failed, today, TextToSpeech::resolve)?,
        })))
    }

    /// Opens a conversation, in at most 5 s.
    ///
    /// # Errors
    /// [`OpenModeError`] when a provider refuses or cannot be reached.
    pub async fn open(&self, request: OpenMode<'_>) -> Result<Box<dyn InteractionMode>, OpenModeError> {
        let opened = match request.interaction {
            Interaction::Realtime(config) => self.open_realtime(config, &request).await,
            Interaction::Cascade(config) => self.open_cascade(config, &request).await,
        };
        opened.map_err(|OpenModeError(err)| {
            if self.refused_own_key(&err.kind, &err.provider) {
                let explained = own_key_refused(&err.provider);
                // Nobody else holds it yet; if somebody did, only the cause for the log would be lost.
                let source = Arc::into_inner(err).and_then(|err| err.source);
                return OpenModeError(Arc::new(ProviderError { source, ..explained }));
            }
            OpenModeError(err)
        })
    }

    async fn open_realtime(
        &self,
        config: &ProviderConfig,
        request: &OpenMode<'_>,
    ) -> Result<Box<dyn InteractionMode>, OpenModeError> {
        let provider = adapter(&self.catalogue.realtime, config)?;
        let connecting = provider.connect(RealtimeRequest {
            config: config.clone(),
            instructions: request.instructions.to_owned(),
            ai_role: request.ai_role.map(str::to_owned),
            history: request.history.clone(),
        });
        let session = in_time(config, connecting).await?;
        let capabilities = provider.capabilities(config);
        let mode = RealtimeMode::new(session, capabilities, request.input_rate, request.output_rate);
        boxed(mode, config)
    }

    async fn open_cascade(
        &self,
        config: &CascadeConfig,
        request: &OpenMode<'_>,
    ) -> Result<Box<dyn InteractionMode>, OpenModeError> {
        let ears = adapter(&self.catalogue.stt, &config.stt)?;
        let llm = Arc::clone(adapter(&self.catalogue.llm, &config.llm)?);
        let tts = Arc::clone(adapter(&self.catalogue.tts, &config.tts)?);
        let setup = CascadeSetup {
            config: config.clone(),
            ears: in_time(&config.stt, ears.connect(config.stt.clone())).await?,
            ears_can: ears.capabilities(&config.stt),
            llm,
            tts,
            instructions: request.instructions.to_owned(),
            history: request.history.clone(),
            input_rate: request.input_rate,
            output_rate: request.output_rate,
        };
        boxed(CascadeMode::new(setup, request.tasks), &config.stt)
    }
}

fn adapter<'a, P: ?Sized>(
    providers: &'a Providers<P>,
    config: &ProviderConfig,
) -> Result<&'a Arc<P>, OpenModeError> {
    providers
        .get(&config.provider)
        .ok_or_else(|| failed(config, ProviderErrorKind::Unknown))
}

/// The adapter of a provider that is set up, with a key that it has not refused.
fn usable<'a, P: ?Sized>(
    providers: &'a Providers<P>,
    config: &ProviderConfig,
) -> Result<&'a Arc<P>, OpenModeError> {
    let known = providers.find(&config.provider);
    let kind = match known.map(|(info, _)| (info.credential, &info.needs)) {
        Some((CredentialStatus::Missing, needs)) if needs.is_empty() => ProviderErrorKind::CredentialMissing,
        Some((CredentialStatus::Missing, needs)) => ProviderErrorKind::NotSetUp(needs.join(" and ")),
        // Nobody notes of the server's own that it was refused.
        Some((CredentialStatus::Invalid, _)) => ProviderErrorKind::OwnCredentialInvalid,
        Some(_) | None => return adapter(providers, config),
    };
    Err(failed(config, kind))
}

fn is_retired<P: ?Sized>(providers: &Providers<P>, config: &ProviderConfig, today: NaiveDate) -> bool {
    let Some((info, _)) = providers.find(&config.provider) else {
        return false;
    };
    let mut models = info.models.iter();
    models.any(|model| config.model.as_ref() == Some(&model.id) && model.is_retired(today))
}

/// The first provider that takes the place of one that failed.
fn substitute<P: ?Sized>(
    providers: &Providers<P>,
    failed: &ProviderConfig,
    today: NaiveDate,
    resolve: impl Fn(&P, &ProviderConfig) -> Result<ProviderConfig, ProviderError>,
) -> Option<ProviderConfig> {
    let usable = providers.iter().filter(|(info, _)| info.credential.is_usable());
    let mut candidates: Vec<_> = usable.collect();
    candidates.sort_by_key(|(info, _)| (info.id == OFFLINE, info.id == failed.provider));
    candidates.into_iter().find_map(|(info, adapter)| {
        let config = candidate(info, failed, today)?;
        resolve(adapter, &config).ok()
    })
}

/// A provider in the place of one that failed, with a model that is still served; `None` when it has none.
fn candidate(info: &ProviderInfo, failed: &ProviderConfig, today: NaiveDate) -> Option<ProviderConfig> {
    let mut config = ProviderConfig {
        language: failed.language.clone(),
        ..ProviderConfig::of(&info.id)
    };
    if info
        .models
        .first()
        .is_some_and(|default| default.is_retired(today))
    {
        let served = info.models.iter().find(|model| !model.is_retired(today))?;
        config.model = Some(served.id.clone());
    }
    Some(config)
}

async fn in_time<T>(
    config: &ProviderConfig,
    connecting: impl Future<Output = Result<T, ProviderError>>,
) -> Result<T, OpenModeError> {
    match timeout(CONNECT_TIMEOUT, connecting).await {
        Ok(connected) => connected.map_err(|err| named(config, err)),
        Err(_) => Err(failed(config, ProviderErrorKind::Unavailable)),
    }
}

/// The failure under the name by which the provider was asked for: several may share an adapter.
fn named(config: &ProviderConfig, err: ProviderError) -> OpenModeError {
    OpenModeError(Arc::new(ProviderError {
        provider: config.provider.clone(),
        ..err
    }))
}

fn own_key_refused(provider: &str) -> ProviderError {
    ProviderError {
        kind: ProviderErrorKind::OwnCredentialInvalid,
        provider: provider.to_owned(),
        retry_after: None,
        source: None,
    }
}

/// A mode, unless its provider speaks at a rate that nobody can convert.
fn boxed<M: InteractionMode + 'static>(
    mode: Result<M, UnsupportedSampleRate>,
    config: &ProviderConfig,
) -> Result<Box<dyn InteractionMode>, OpenModeError> {
    match mode {
        Ok(mode) => Ok(Box::new(mode)),
        Err(err) => Err(failed(config, ProviderErrorKind::Failed(err.to_string()))),
    }
}

fn failed(config: &ProviderConfig, kind: ProviderErrorKind) -> OpenModeError {
    OpenModeError(Arc::new(ProviderError {
        kind,
        provider: config.provider.clone(),
        retry_after: None,
        source: None,
    }))
}

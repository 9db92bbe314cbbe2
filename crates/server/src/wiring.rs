//! Picks the adapters: the only place that names them.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use chrono::NaiveDate;
use tokio_util::task::TaskTracker;
use tracing::warn;
use viva_application::access::Access;
use viva_application::history::History;
use viva_application::modes::ModeFactory;
use viva_application::sessions::{Sessions, SessionsPorts};
use viva_application::templates::Templates;
use viva_domain::ports::{
    Clock, LanguageModel, RealtimeVoice, SpeechToText, TemplateStore, TextToSpeech, TokenStore,
};
use viva_domain::providers::{ProviderCatalogue, ProviderInfo};
use viva_infrastructure::blobs::ObjectBlobStore;
use viva_infrastructure::catalogue::{
    LanguageModelAdapter, RealtimeVoiceAdapter, SpeechToTextAdapter, TextToSpeechAdapter,
};
use viva_infrastructure::db::{
    Database, DatabaseConfig, DatabaseLock, SqlSessionStore, SqlTemplateStore, SqlTokenStore,
};
use viva_infrastructure::journal::FileTurnJournal;
use viva_infrastructure::providers::anthropic::AnthropicLanguageModel;
use viva_infrastructure::providers::azure_openai;
use viva_infrastructure::providers::deepgram::DeepgramSpeechToText;
use viva_infrastructure::providers::elevenlabs::ElevenLabsTextToSpeech;
use viva_infrastructure::providers::gemini::{GeminiLanguageModel, GeminiRealtimeVoice};
use viva_infrastructure::providers::offline::{
    OfflineLanguageModel, OfflineRealtimeVoice, OfflineSpeechToText, OfflineTextToSpeech,
};
use viva_infrastructure::providers::openai::realtime::{OpenAiRealtimeVoice, RealtimeSettings};
use viva_infrastructure::providers::openai::{OpenAiLanguageModel, OpenAiSpeechToText, OpenAiTextToSpeech};
use viva_infrastructure::providers::speech::SpeechSynthesizer;
use viva_infrastructure::providers::transport::HttpClient;
use viva_infrastructure::spool::LocalAudioSpool;
use viva_infrastructure::system::{SystemClock, SystemIds};
use viva_presentation::{AppState, Connections, Limiter, SignIn, Site};

use crate::config::{AuthMode, DatabaseSettings, ProviderSetup, Settings, StorageSettings};
use crate::failure::Failure;
use crate::selftest::SelfTestRunner;

/// The program that speaks for the offline provider, where it is installed.
const ESPEAK: &str = "espeak-ng";
/// The file in the storage that a server holds while it runs.
const LOCK: &str = ".lock";

/// A database that is up to date.
pub(crate) async fn database(settings: &DatabaseSettings) -> Result<Database> {
    let database = Database::connect(&DatabaseConfig::new(settings.url().clone()))
        .await
        .context(Failure::Database)?;
    database.migrate().await.context(Failure::Database)?;
    Ok(database)
}

/// Takes the storage for this process for as long as the file lives. The system lets go of it however the process ends.
///
/// A second server would take the recordings of the first one's live sessions for what an earlier process left behind.
pub(crate) fn lock(storage: &StorageSettings) -> Result<File> {
    let path = storage.folder().join(LOCK);
    let locked = std::fs::create_dir_all(storage.folder())
        .and_then(|()| File::create(&path))
        .with_context(|| path.display().to_string())
        .context(Failure::Storage)?;
    match locked.try_lock() {
        Ok(()) => Ok(locked),
        Err(TryLockError::WouldBlock) => {
            Err(anyhow!("another server uses {}", storage.folder().display()).context(Failure::Storage))
        }
        Err(TryLockError::Error(err)) => {
            warn!(error = %err, "The storage cannot be locked; take care that no other server uses it");
            Ok(locked)
        }
    }
}

/// Takes the database for this process for as long as the lock lives.
pub(crate) async fn lock_database(settings: &DatabaseSettings) -> Result<DatabaseLock> {
    Database::lock(&DatabaseConfig::new(settings.url().clone()))
        .await
        .context(Failure::Database)
}

/// Tokens in this database.
pub(crate) fn access(database: &Database) -> Access {
    let token_store: Arc<dyn TokenStore> = Arc::new(SqlTokenStore::new(database.clone()));
    Access::new(token_store, Arc::new(SystemClock), Arc::new(SystemIds))
}

/// The server's state, with everything that an earlier process left behind brought in order.
pub(crate) async fn state(settings: &Settings, tasks: &TaskTracker) -> Result<AppState> {
    let storage = settings.storage.folder();
    let (ports, database) = ports(&storage, &settings.database).await?;
    let sign_in = match settings.auth.mode {
        AuthMode::None => SignIn::NotNeeded,
        AuthMode::Token => SignIn::ByToken(access(&database)),
    };
    let providers = providers(&settings.provider_setups, tasks).await;
    warn_of_retired_defaults(&providers, ports.clock.now().date_naive());
    let history = History::new(Arc::clone(&ports.session_store), Arc::clone(&ports.blob_store));
    let clock = Arc::clone(&ports.clock);
    let template_store: Arc<dyn TemplateStore> = Arc::new(SqlTemplateStore::new(database));
    let templates = Templates::new(template_store, Arc::clone(&clock), Arc::clone(&ports.ids));
    let modes = ModeFactory::new(providers.clone());
    let sessions = Sessions::new(ports, settings.sessions.to_application(), modes, tasks.clone());
    sessions
        .recover()
        .await
        .context("cannot bring in order what an earlier run left behind")?;
    let connections = Connections::default();
    let self_tests = SelfTestRunner::new(storage, tasks.clone(), connections.stopping());
    Ok(AppState {
        sign_in,
        exposure: settings.server.exposure(),
        limiter: Limiter::new(settings.limits.to_presentation()),
        sessions,
        history,
        templates,
        providers: Arc::new(providers),
        clock,
        site: Site::open(&settings.web.site)?,
        connections,
        self_tests: Arc::new(self_tests),
    })
}

async fn ports(storage: &Path, database_settings: &DatabaseSettings) -> Result<(SessionsPorts, Database)> {
    let blob_store = ObjectBlobStore::open_folder(storage)
        .await
        .context(Failure::Storage)?;
    let audio_spool = LocalAudioSpool::open(storage.join("spool"))
        .await
        .context(Failure::Storage)?;
    let turn_journal = FileTurnJournal::open(storage.join("journal"))
        .await
        .context(Failure::Storage)?;
    let database = database(database_settings).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ports = SessionsPorts {
        session_store: Arc::new(SqlSessionStore::new(database.clone())),
        blob_store: Arc::new(blob_store),
        audio_spool: Arc::new(audio_spool),
        turn_journal: Arc::new(turn_journal),
        clock,
        ids: Arc::new(SystemIds),
    };
    Ok((ports, database))
}

/// Every provider, in the order in which they are shown: first those that can be used, the offline one last of them.
async fn providers(setups: &[ProviderSetup], tasks: &TaskTracker) -> ProviderCatalogue {
    let mut providers = ProviderCatalogue::default();
    match HttpClient::new() {
        Ok(http) => {
            for setup in setups {
                add_vendor(&mut providers, setup, &http, tasks);
            }
        }
        Err(err) => {
            let error: &dyn std::error::Error = &err;
            warn!(error, "Only the offline provider can be used: {err}");
        }
    }
    add_offline(&mut providers, tasks).await;
    providers.realtime.usable_first();
    providers.stt.usable_first();
    providers.llm.usable_first();
    providers.tts.usable_first();
    providers
}

/// A provider in each of its roles: one line per adapter.
fn add_vendor(
    providers: &mut ProviderCatalogue,
    setup: &ProviderSetup,
    http: &HttpClient,
    tasks: &TaskTracker,
) {
    let provider = &setup.provider;
    let (account, http, tasks) = (|| setup.account.clone(), || http.clone(), || tasks.clone());
    if let Some(role) = &provider.realtime {
        let defaults = role.defaults();
        let settings = RealtimeSettings {
            defaults: defaults.clone(),
            transcription_model: role.transcription_model.clone(),
            ..RealtimeSettings::default()
        };
        let adapter: Arc<dyn RealtimeVoice> = match role.adapter {
            RealtimeVoiceAdapter::AzureOpenAi => {
                Arc::new(azure_openai::realtime_voice(account(), http(), settings, tasks()))
            }
            RealtimeVoiceAdapter::Gemini => {
                Arc::new(GeminiRealtimeVoice::new(account(), http(), defaults, tasks()))
            }
            RealtimeVoiceAdapter::OpenAi => {
                Arc::new(OpenAiRealtimeVoice::new(account(), http(), settings, tasks()))
            }
        };
        providers.realtime.insert(setup.info(role), adapter);
    }
    if let Some(role) = &provider.stt {
        let defaults = role.defaults();
        let adapter: Arc<dyn SpeechToText> = match role.adapter {
            SpeechToTextAdapter::Deepgram => {
                Arc::new(DeepgramSpeechToText::new(account(), http(), defaults, tasks()))
            }
            SpeechToTextAdapter::OpenAi => {
                Arc::new(OpenAiSpeechToText::new(account(), &http(), defaults, tasks()))
            }
        };
        providers.stt.insert(setup.info(role), adapter);
    }
    if let Some(role) = &provider.llm {
        let defaults = role.defaults();
        // Whether a key is needed was decided with the settings.
        let adapter: Arc<dyn LanguageModel> = match role.adapter {
            LanguageModelAdapter::Anthropic => {
                Arc::new(AnthropicLanguageModel::new(account(), http(), defaults).with_optional_key())
            }
            LanguageModelAdapter::Gemini => {
                Arc::new(GeminiLanguageModel::new(account(), http(), defaults).with_optional_key())
            }
            LanguageModelAdapter::OpenAi => {
                Arc::new(OpenAiLanguageModel::new(account(), http(), defaults).with_optional_key())
            }
        };
        providers.llm.insert(setup.info(role), adapter);
    }
    if let Some(role) = &provider.tts {
        let defaults = role.defaults();
        let adapter: Arc<dyn TextToSpeech> = match role.adapter {
            TextToSpeechAdapter::ElevenLabs => {
                Arc::new(ElevenLabsTextToSpeech::new(account(), http(), defaults))
            }
            TextToSpeechAdapter::OpenAi => Arc::new(OpenAiTextToSpeech::new(account(), http(), defaults)),
        };
        providers.tts.insert(setup.info(role), adapter);
    }
}

async fn add_offline(providers: &mut ProviderCatalogue, tasks: &TaskTracker) {
    let speech = SpeechSynthesizer::find(ESPEAK).await;
    let realtime = OfflineRealtimeVoice::new(speech.clone(), tasks.clone());
    let stt = OfflineSpeechToText::new(tasks.clone());
    let llm = OfflineLanguageModel::new();
    let tts = OfflineTextToSpeech::new(speech, tasks.clone());
    providers.realtime.insert(realtime.info(), Arc::new(realtime));
    providers.stt.insert(stt.info(), Arc::new(stt));
    providers.llm.insert(llm.info(), Arc::new(llm));
    providers.tts.insert(tts.info(), Arc::new(tts));
}

/// Sessions that name no model get these. A provider that nobody can use is nobody's trouble.
fn warn_of_retired_defaults(providers: &ProviderCatalogue, today: NaiveDate) {
    let warn_of = |role: &str, info: &ProviderInfo| {
        let default = info.models.first().filter(|model| model.is_retired(today));
        if let Some(model) = default.filter(|_| info.credential.is_usable()) {
            warn!(provider.name = %info.id, "The last day of {}, the {role} model that {} uses by default, is over; name \
                another one in catalogue.file", model.id, info.name);
        }
    };
    providers
        .realtime
        .iter()
        .for_each(|(info, _)| warn_of("realtime", info));
    providers.stt.iter().for_each(|(info, _)| warn_of("stt", info));
    providers.llm.iter().for_each(|(info, _)| warn_of("llm", info));
    providers.tts.iter().for_each(|(info, _)| warn_of("tts", info));
}

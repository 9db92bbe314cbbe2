//! Picks the adapters: the only place that names them.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use tokio_util::task::TaskTracker;
use tracing::warn;
use viva_application::history::History;
use viva_application::modes::ModeFactory;
use viva_application::sessions::{Sessions, SessionsPorts};
use viva_domain::ports::Clock;
use viva_domain::providers::ProviderCatalogue;
use viva_infrastructure::blobs::ObjectBlobStore;
use viva_infrastructure::db::{Database, DatabaseConfig, SqlSessionStore};
use viva_infrastructure::journal::FileTurnJournal;
use viva_infrastructure::providers::offline::{
    OfflineLanguageModel, OfflineRealtimeVoice, OfflineSpeechToText, OfflineTextToSpeech,
};
use viva_infrastructure::providers::speech::SpeechSynthesizer;
use viva_infrastructure::spool::LocalAudioSpool;
use viva_infrastructure::system::{SystemClock, SystemIds};
use viva_presentation::{AppState, Connections, Site};

use crate::config::{DatabaseSettings, Settings, StorageSettings};
use crate::failure::Failure;

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

/// The server's state, with everything that an earlier process left behind brought in order.
pub(crate) async fn state(settings: &Settings, tasks: &TaskTracker) -> Result<AppState> {
    let storage = settings.storage.folder();
    let ports = ports(&storage, &settings.database).await?;
    let providers = providers(tasks).await;
    let history = History::new(Arc::clone(&ports.session_store), Arc::clone(&ports.blob_store));
    let clock = Arc::clone(&ports.clock);
    let modes = ModeFactory::new(providers.clone());
    let sessions = Sessions::new(ports, settings.sessions.to_application(), modes, tasks.clone());
    sessions
        .recover()
        .await
        .context("cannot bring in order what an earlier run left behind")?;
    Ok(AppState {
        sessions,
        history,
        providers: Arc::new(providers),
        clock,
        site: Site::open(&settings.web.site)?,
        connections: Connections::default(),
    })
}

async fn ports(storage: &Path, database_settings: &DatabaseSettings) -> Result<SessionsPorts> {
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
    Ok(SessionsPorts {
        session_store: Arc::new(SqlSessionStore::new(database)),
        blob_store: Arc::new(blob_store),
        audio_spool: Arc::new(audio_spool),
        turn_journal: Arc::new(turn_journal),
        clock,
        ids: Arc::new(SystemIds),
    })
}

/// Providers in the order in which they are shown: one line each.
async fn providers(tasks: &TaskTracker) -> ProviderCatalogue {
    let mut providers = ProviderCatalogue::default();
    let speech = SpeechSynthesizer::find(ESPEAK).await;
    let realtime = OfflineRealtimeVoice::new(speech.clone(), tasks.clone());
    let stt = OfflineSpeechToText::new(tasks.clone());
    let llm = OfflineLanguageModel::new();
    let tts = OfflineTextToSpeech::new(speech, tasks.clone());
    providers.realtime.insert(realtime.info(), Arc::new(realtime));
    providers.stt.insert(stt.info(), Arc::new(stt));
    providers.llm.insert(llm.info(), Arc::new(llm));
    providers.tts.insert(tts.info(), Arc::new(tts));
    providers
}

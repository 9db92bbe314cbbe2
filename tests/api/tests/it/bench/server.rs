use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use viva_application::access::Access;
use viva_application::credentials::{Credentials, CredentialsPorts};
use viva_application::deletion::{Deletions, DeletionsPorts};
use viva_application::history::History;
use viva_application::meters::{Meters, Registry};
use viva_application::sessions::{SessionSettings, Sessions, SessionsPorts};
use viva_application::templates::Templates;
use viva_application::traces::Traces;
use viva_application::voices::Voices;
use viva_contract::samples;
use viva_domain::credentials::{CredentialField, CredentialForm, FieldNeed, FormField};
use viva_domain::ids::UserId;
use viva_domain::ports::{
    BlobKey, BlobStore, CredentialStore, RealtimeCapabilities, RealtimeEventKind, RetentionStore,
    SessionStore, SpeechToTextCapabilities, TemplateStore, TokenStore,
};
use viva_domain::providers::{
    CredentialStatus, Language, Model, ProviderCatalogue, ProviderInfo, ProviderVoice,
};
use viva_domain::sessions::{EndStatus, Session};
use viva_fakes::{
    FixedProviderDirectory, ManualClock, MemoryAudioSpool, MemoryBlobStore, MemoryCredentialStore,
    MemoryFigures, MemorySessionStore, MemoryTemplateStore, MemoryTokenStore, MemoryTurnJournal,
    ScriptedCredentialCheck, ScriptedLanguageModel, ScriptedRealtimeVoice, ScriptedSpeechToText,
    ScriptedTextToSpeech, SequentialIds,
};
use viva_infrastructure::db::{
    Database, DatabaseConfig, SqlCredentialStore, SqlRetentionStore, SqlSessionStore, SqlTemplateStore,
    SqlTokenStore,
};
use viva_infrastructure::vault::{MasterKey, XChaChaVault};
use viva_presentation::{AppState, Connections, Exposure, HttpMeters, Limiter, RateLimits, SignIn, Site};

use super::ScriptedSelfTests;

pub(crate) const RATE: u32 = 24_000;

/// A server on a port of its own, with a database of its own.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) state: AppState,
    pub(crate) session_store: Arc<dyn SessionStore>,
    pub(crate) template_store: Arc<dyn TemplateStore>,
    pub(crate) credential_store: Arc<dyn CredentialStore>,
    pub(crate) credential_check: Arc<ScriptedCredentialCheck>,
    pub(crate) provider_directory: Arc<FixedProviderDirectory>,
    pub(crate) blob_store: Arc<MemoryBlobStore>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) voice: Arc<ScriptedRealtimeVoice>,
    /// Of the cascade, where there is one.
    pub(crate) ears: Arc<ScriptedSpeechToText>,
    pub(crate) self_tests: Arc<ScriptedSelfTests>,
    pub(crate) figures: MemoryFigures,
    folder: TempDir,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// Where rows are kept.
struct Stores {
    sessions: Arc<dyn SessionStore>,
    retention: Arc<dyn RetentionStore>,
    templates: Arc<dyn TemplateStore>,
    credentials: Arc<dyn CredentialStore>,
    tokens: Arc<dyn TokenStore>,
}

/// What a server is started with, beside its stores.
pub(crate) struct Setup {
    pub(crate) sessions: SessionSettings,
    pub(crate) site: Site,
    /// Beside the realtime one.
    pub(crate) providers: ProviderCatalogue,
    pub(crate) auth: Auth,
    pub(crate) exposure: Exposure,
    pub(crate) limits: RateLimits,
}

/// Whether somebody has to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Auth {
    None,
    Token,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            sessions: SessionSettings::default(),
            site: Site::not_built(),
            providers: ProviderCatalogue::default(),
            auth: Auth::None,
            exposure: Exposure::Direct,
            limits: RateLimits::default(),
        }
    }
}

impl Stores {
    fn in_memory() -> Self {
        Self::with_sessions(Arc::default())
    }

    fn with_sessions(store: Arc<MemorySessionStore>) -> Self {
        Self {
            sessions: store.clone(),
            retention: store,
            templates: Arc::new(MemoryTemplateStore::default()),
            credentials: Arc::new(MemoryCredentialStore::default()),
            tokens: Arc::new(MemoryTokenStore::default()),
        }
    }

    async fn on_sqlite(folder: &Path) -> Self {
        let url = format!("sqlite://{}", folder.join("viva.db").display());
        // A machine that builds and tests at the same time may be slow.
        let config = DatabaseConfig {
            timeout: Duration::from_mins(1),
            ..DatabaseConfig::new(url)
        };
        let database = Database::connect(&config).await.unwrap();
        database.migrate().await.unwrap();
        Self {
            sessions: Arc::new(SqlSessionStore::new(database.clone())),
            retention: Arc::new(SqlRetentionStore::new(database.clone())),
            templates: Arc::new(SqlTemplateStore::new(database.clone())),
            credentials: Arc::new(SqlCredentialStore::new(database.clone())),
            tokens: Arc::new(SqlTokenStore::new(database)),
        }
    }
}

impl Server {
    /// On SQLite.
    pub(crate) async fn start() -> Self {
        Self::start_with(Setup::default()).await
    }

    /// On SQLite, set up in another way.
    pub(crate) async fn start_with(setup: Setup) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stores = Stores::on_sqlite(folder.path()).await;
        Self::with(stores, folder, setup).await
    }

    /// On a store that fails when it is told to.
    pub(crate) async fn on_fakes() -> (Self, Arc<MemorySessionStore>) {
        let store = Arc::new(MemorySessionStore::default());
        let stores = Stores::with_sessions(store.clone());
        (Self::on(stores, Setup::default()).await, store)
    }

    /// On a store of templates that fails when it is told to.
    pub(crate) async fn on_fake_templates() -> (Self, Arc<MemoryTemplateStore>) {
        let store = Arc::new(MemoryTemplateStore::default());
        let stores = Stores {
            templates: store.clone(),
            ..Stores::in_memory()
        };
        (Self::on(stores, Setup::default()).await, store)
    }

    /// On a store of tokens that fails when it is told to; everybody has to sign in.
    pub(crate) async fn on_fake_tokens(limits: RateLimits) -> (Self, Arc<MemoryTokenStore>) {
        let store = Arc::new(MemoryTokenStore::default());
        let stores = Stores {
            tokens: store.clone(),
            ..Stores::in_memory()
        };
        let setup = Setup {
            auth: Auth::Token,
            limits,
            ..Setup::default()
        };
        (Self::on(stores, setup).await, store)
    }

    async fn on(stores: Stores, setup: Setup) -> Self {
        Self::with(stores, tempfile::tempdir().unwrap(), setup).await
    }

    /// A lost client has this long to come back.
    pub(crate) async fn resumable_for(resume: Duration) -> Self {
        let mut setup = Setup::default();
        setup.sessions.limits.resume = resume;
        Self::on(Stores::in_memory(), setup).await
    }

    /// With a cascade that hears "Hello." and says "Hello there." Its ears find turns, and hear what the user says to the
    /// sample.
    pub(crate) async fn with_cascade() -> Self {
        let ears = Arc::new(ScriptedSpeechToText::with_capabilities(
            SpeechToTextCapabilities {
                detects_turns: true,
                streams: true,
                input_rate: RATE,
                answers_within: Duration::from_secs(10),
            },
        ));
        let mut providers = ProviderCatalogue::default();
        providers.stt.insert(info(), ears.clone());
        providers
            .llm
            .insert(info(), Arc::new(ScriptedLanguageModel::new()));
        providers
            .tts
            .insert(info(), Arc::new(ScriptedTextToSpeech::new()));
        let mut server = Self::with_providers(providers).await;
        server.ears = ears;
        server
    }

    /// With these providers beside the realtime one.
    pub(crate) async fn with_providers(providers: ProviderCatalogue) -> Self {
        let setup = Setup {
            providers,
            ..Setup::default()
        };
        Self::on(Stores::in_memory(), setup).await
    }

    /// With a page.
    pub(crate) async fn with_site(site: Site) -> Self {
        let setup = Setup {
            site,
            ..Setup::default()
        };
        Self::on(Stores::in_memory(), setup).await
    }

    async fn with(stores: Stores, folder: TempDir, setup: Setup) -> Self {
        let voice = Arc::new(ScriptedRealtimeVoice::with_capabilities(RealtimeCapabilities {
            detects_turns: true,
            greets: true,
            input_rate: RATE,
            output_rate: RATE,
        }));
        let mut providers = setup.providers;
        providers.realtime.insert(info(), voice.clone());
        let (session_store, template_store) = (stores.sessions, stores.templates);
        let credential_store = stores.credentials;
        let credential_check = Arc::new(ScriptedCredentialCheck::default());
        let provider_directory = Arc::new(FixedProviderDirectory::new(providers));
        let audio_spool = MemoryAudioSpool::default();
        let blob_store = Arc::new(MemoryBlobStore::new(audio_spool.clone()));
        let turn_journal = Arc::new(MemoryTurnJournal::default());
        let clock = Arc::new(ManualClock::default());
        let ids = Arc::new(SequentialIds::default());
        let deletions = DeletionsPorts {
            session_store: session_store.clone(),
            retention_store: stores.retention,
            blob_store: blob_store.clone(),
            audio_spool: Arc::new(audio_spool.clone()),
            turn_journal: turn_journal.clone(),
        };
        let figures = MemoryFigures::default();
        let registry = Registry::new(Arc::new(figures.clone()));
        let meters = HttpMeters::new(registry.clone());
        let ports = SessionsPorts {
            session_store: session_store.clone(),
            blob_store: blob_store.clone(),
            audio_spool: Arc::new(audio_spool),
            turn_journal,
            provider_directory: provider_directory.clone(),
            credential_store: credential_store.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            meters: Meters::new(registry, ["offline"]),
            traces: Traces::default(),
        };
        let credentials = CredentialsPorts {
            credential_store: credential_store.clone(),
            credential_vault: Arc::new(XChaChaVault::new(&MasterKey::generate())),
            credential_check: credential_check.clone(),
            provider_directory: provider_directory.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
        };
        let self_tests = Arc::new(ScriptedSelfTests::new());
        let sign_in = match setup.auth {
            Auth::None => SignIn::NotNeeded,
            Auth::Token => SignIn::ByToken(Access::new(stores.tokens, clock.clone(), ids.clone())),
        };
        let state = AppState {
            sign_in,
            exposure: setup.exposure,
            limiter: Limiter::new(setup.limits, meters.clone()),
            sessions: Sessions::new(ports, setup.sessions, TaskTracker::new()),
            history: History::new(session_store.clone(), blob_store.clone()),
            deletions: Deletions::new(deletions, TaskTracker::new()),
            templates: Templates::new(template_store.clone(), clock.clone(), ids),
            credentials: Credentials::new(credentials, forms(), TaskTracker::new()),
            providers: provider_directory.clone(),
            voices: Voices::new(provider_directory.clone(), clock.clone()),
            clock: clock.clone(),
            meters,
            site: setup.site,
            connections: Connections::default(),
            self_tests: self_tests.clone(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let serving = viva_presentation::serve(listener, state.clone(), stop.clone().cancelled_owned());
        tasks.spawn(async { serving.await.unwrap() });
        tasks.close();
        Self {
            address,
            state,
            session_store,
            template_store,
            credential_store,
            credential_check,
            provider_directory,
            blob_store,
            clock,
            voice,
            ears: Arc::default(),
            self_tests,
            figures,
            folder,
            stop,
            tasks,
        }
    }

    /// Tells the server to stop.
    pub(crate) fn stop(&self) {
        self.stop.cancel();
    }

    /// Waits until the server has stopped.
    pub(crate) async fn stopped(&self) {
        self.tasks.wait().await;
    }

    /// A place for files, which goes with the server.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Stores the `n`th sample session as the local user's, with this many turns.
    pub(crate) async fn keep_session(&self, n: u16, turns: u16) -> Session {
        self.keep_session_of(UserId::LOCAL, n, turns).await
    }

    /// Stores the `n`th sample session as this user's, with this many turns.
    pub(crate) async fn keep_session_of(&self, owner: UserId, n: u16, turns: u16) -> Session {
        let session = Session {
            user_id: owner,
            ..samples::session(n)
        };
        self.session_store.insert(&session).await.unwrap();
        for number in 1..=turns {
            self.session_store
                .save_turn(owner, &samples::turn(n, number))
                .await
                .unwrap();
        }
        session
    }

    /// As [`Self::keep_session_of`], and it is over.
    pub(crate) async fn keep_ended_session_of(&self, owner: UserId, n: u16, turns: u16) {
        let session = self.keep_session_of(owner, n, turns).await;
        let (at, status) = (samples::at(1), EndStatus::Completed);
        self.session_store
            .end(owner, session.id, at, status)
            .await
            .unwrap();
    }

    /// Stores the bytes of a recording.
    pub(crate) async fn keep_recording(&self, key: &BlobKey, bytes: &[u8]) {
        let file = self.folder().join("recording.wav");
        tokio::fs::write(&file, bytes).await.unwrap();
        self.blob_store.put_file(key, &file).await.unwrap();
        let kept = self.blob_store.read(key, 0, bytes.len() as u64).await.unwrap();
        assert_eq!(kept, Some(Bytes::copy_from_slice(bytes)));
    }

    /// The user speaks, and the AI answers with this many samples.
    pub(crate) fn exchange(&self, samples: usize) {
        for kind in [
            RealtimeEventKind::SpeechStarted,
            RealtimeEventKind::SpeechEnded,
            RealtimeEventKind::UserTranscript {
                text: "What time is it?".to_owned(),
                is_final: true,
            },
            RealtimeEventKind::ResponseStarted,
            RealtimeEventKind::TextDelta("Noon.".to_owned()),
            RealtimeEventKind::Audio(vec![5; samples]),
            RealtimeEventKind::ResponseDone { usage: None },
        ] {
            self.voice.say(kind);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A provider whose address may be given, and one whose address has to be.
fn forms() -> Vec<CredentialForm> {
    let address = |need, example: &str| FormField {
        field: CredentialField::BaseUrl,
        need,
        example: Some(example.to_owned()),
    };
    let organization = FormField {
        field: CredentialField::Organization,
        need: FieldNeed::Optional,
        example: None,
    };
    let form = |provider: &str, name: &str, key_url: Option<&str>, fields| CredentialForm {
        provider: provider.to_owned(),
        name: name.to_owned(),
        key_url: key_url.map(str::to_owned),
        fields,
    };
    let usual = address(FieldNeed::Optional, "https://api.acme.example");
    let own = address(FieldNeed::Needed, "https://your-resource.example");
    vec![
        form(
            "acme",
            "Acme",
            Some("https://acme.example/keys"),
            vec![usual, organization],
        ),
        form("resource", "Resource", None, vec![own]),
    ]
}

fn info() -> ProviderInfo {
    let named = |id: &str, name: &str| (id.to_owned(), name.to_owned());
    let (id, name) = named("offline", "Offline");
    let (model_id, model_name) = named("script", "Script");
    let (voice_id, voice_name) = named("calm", "Calm");
    let (tag, language) = named("en", "English");
    ProviderInfo {
        id,
        name,
        models: vec![Model {
            id: model_id,
            name: model_name,
            retires: None,
        }],
        voices: vec![ProviderVoice {
            id: voice_id,
            name: voice_name,
            language: None,
            gender: None,
        }],
        languages: vec![Language { tag, name: language }],
        custom_names: false,
        credential: CredentialStatus::NotNeeded,
        needs: Vec::new(),
    }
}

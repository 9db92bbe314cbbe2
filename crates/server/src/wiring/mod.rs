//! Puts the server together, and picks the adapters: this and `adapters.rs` are the only places that name them.

mod kept;
mod locks;
mod site;

use std::sync::Arc;

use anyhow::{Context as _, Result};
use chrono::NaiveDate;
use tokio::task::spawn_blocking;
use tokio_util::task::TaskTracker;
use tracing::warn;
use viva_application::access::Access;
use viva_application::credentials::{Credentials, CredentialsPorts};
use viva_application::deletion::Deletions;
use viva_application::history::History;
use viva_application::meters::{Meters, Registry};
use viva_application::retention::Retention;
use viva_application::sessions::{Sessions, SessionsPorts};
use viva_application::templates::Templates;
use viva_application::voices::Voices;
use viva_domain::credentials::{KeyId, StoredCredential};
use viva_domain::ports::{Clock, CredentialStore, CredentialVault, Ids};
use viva_domain::providers::{ProviderCatalogue, ProviderInfo};
use viva_infrastructure::credentials::{self, HttpClients, ProviderChecks};
use viva_infrastructure::db::{Database, ResealError, SqlCredentialStore, SqlTemplateStore, SqlTokenStore};
use viva_infrastructure::providers::speech::SpeechSynthesizer;
use viva_infrastructure::providers::transport::HttpClient;
use viva_infrastructure::system::{SystemClock, SystemIds};
use viva_infrastructure::vault::{MasterKey, MasterKeyPlace, XChaChaVault};
use viva_presentation::{AppState, Connections, HttpMeters, Limiter, SignIn};

use self::kept::{Kept, retention_of};
use crate::adapters::{Adapters, OFFLINE, add_offline, add_vendor, find_voice};
use crate::config::{AuthMode, ProviderSetup, Settings};
use crate::directory::OwnProviders;
use crate::failure::Failure;
use crate::selftest::SelfTestRunner;
use crate::traces;

pub(crate) use self::kept::{beside_a_server, retention};
pub(crate) use self::locks::{RetentionLock, ServerLock, lock, lock_retention};

/// Tokens in this database.
pub(crate) fn access(database: &Database) -> Access {
    let token_store = Arc::new(SqlTokenStore::new(database.clone()));
    Access::new(token_store, Arc::new(SystemClock), Arc::new(SystemIds))
}

/// The key that opens the provider keys which are stored.
pub(crate) async fn master_key(place: &MasterKeyPlace, store: &SqlCredentialStore) -> Result<MasterKey> {
    let stored = store.key_ids().await.context(Failure::Database)?;
    place.settle(&stored).context(Failure::MasterKey)
}

/// How a change of the master key went.
#[derive(Debug)]
pub(crate) struct Rotated {
    pub(crate) count: usize,
    pub(crate) old: KeyId,
    pub(crate) new: KeyId,
    /// The keys are settings, which only the operator can change.
    pub(crate) by_setting: bool,
}

/// Encrypts every stored provider key with a new master key. That one is ready before anything is encrypted with it, and
/// takes the place of the old one after everything is: a start in between finds both, and takes the one that opens what is
/// stored.
pub(crate) async fn rotate_master_key(settings: &Settings, lock: &ServerLock) -> Result<Rotated> {
    let database = kept::of_a_server(settings, lock).await?;
    let store = SqlCredentialStore::new(database.clone());
    let place = settings.credentials.place(&settings.storage.folder())?;
    let old = master_key(&place, &store).await?;
    let new = place.prepare(&old).context(Failure::MasterKey)?;
    let (from, to) = (XChaChaVault::new(&old), XChaChaVault::new(&new));
    let reseal = |stored: &StoredCredential| {
        let credential = from.open(stored.owner, &stored.provider, &stored.sealed)?;
        to.seal(stored.owner, &stored.provider, &credential)
    };
    let count = match store.reseal(reseal).await {
        Err(err @ ResealError::Vault { .. }) => return Err(err).context(Failure::MasterKey),
        resealed => resealed.context(Failure::Database)?,
    };
    place.finish().context(Failure::MasterKey)?;
    database.close().await.context(Failure::Database)?;
    Ok(Rotated {
        count,
        old: old.id(),
        new: new.id(),
        by_setting: matches!(place, MasterKeyPlace::Setting { .. }),
    })
}

/// What a server serves, and what it does besides.
pub(crate) struct Wired {
    pub(crate) state: AppState,
    pub(crate) retention: Retention,
    pub(crate) meters: Meters,
    pub(crate) traces: traces::Exporter,
}

/// The server's state, with everything that an earlier process left behind brought in order. What happens is counted in
/// the registry.
pub(crate) async fn wire(
    settings: &Settings,
    lock: &ServerLock,
    tasks: &TaskTracker,
    registry: Registry,
) -> Result<Wired> {
    // Neither waits for the other: each of them takes as long as everything else together.
    let (database, outside) = tokio::join!(kept::of_a_server(settings, lock), Outside::find(settings));
    let Kept {
        ports: mut kept,
        database,
    } = kept::open(settings, database?).await?;
    let providers = settings
        .provider_setups
        .iter()
        .map(|setup| setup.provider.id.as_str());
    let meters = Meters::new(registry.clone(), providers.chain([OFFLINE]));
    kept.turn_journal = meters.journal(kept.turn_journal);
    let (exporter, traces) = traces::Exporter::open(&settings.traces, &meters)?;
    let sign_in = match settings.auth.mode {
        AuthMode::None => SignIn::NotNeeded,
        AuthMode::Token => SignIn::ByToken(access(&database)),
    };
    let (clock, ids): (Arc<dyn Clock>, Arc<dyn Ids>) = (Arc::new(SystemClock), Arc::new(SystemIds));
    let template_store = Arc::new(SqlTemplateStore::new(database.clone()));
    let credentials = credentials_ports(settings, &database, tasks, &clock, &ids, &meters, outside).await?;
    let directory = Arc::clone(&credentials.provider_directory);
    let ports = SessionsPorts {
        session_store: Arc::clone(&kept.session_store),
        blob_store: Arc::clone(&kept.blob_store),
        audio_spool: Arc::clone(&kept.audio_spool),
        turn_journal: Arc::clone(&kept.turn_journal),
        provider_directory: Arc::clone(&directory),
        credential_store: Arc::clone(&credentials.credential_store),
        clock: Arc::clone(&clock),
        ids: Arc::clone(&ids),
        meters: meters.clone(),
        traces,
    };
    let history = History::new(Arc::clone(&ports.session_store), Arc::clone(&ports.blob_store));
    let templates = Templates::new(template_store, Arc::clone(&clock), ids);
    let deletions = Deletions::new(kept, tasks.clone());
    let sessions = Sessions::new(ports, settings.sessions.to_application(), tasks.clone());
    recover(&deletions, &sessions).await?;
    let connections = Connections::default();
    let http_meters = HttpMeters::new(registry);
    let self_tests = SelfTestRunner::new(settings.storage.folder(), tasks.clone(), connections.stopping());
    let setups = settings.provider_setups.iter();
    let forms: Vec<_> = setups.map(|setup| credentials::form(&setup.provider)).collect();
    let retention = retention_of(settings, deletions.clone());
    let state = AppState {
        sign_in,
        exposure: settings.server.exposure(),
        limiter: Limiter::new(settings.limits.to_presentation(), http_meters.clone()),
        meters: http_meters,
        sessions,
        history,
        deletions,
        templates,
        credentials: Credentials::new(credentials, forms, tasks.clone()),
        voices: Voices::new(Arc::clone(&directory), Arc::clone(&clock)),
        providers: directory,
        clock,
        site: site::open(settings.web.site())?,
        connections,
        self_tests: Arc::new(self_tests),
    };
    Ok(Wired {
        state,
        retention,
        meters,
        traces: exporter,
    })
}

/// First goes what was being deleted: what is left of it in the spool and the journal must not come back.
async fn recover(deletions: &Deletions, sessions: &Sessions) -> Result<()> {
    const FAILED: &str = "cannot bring in order what an earlier run left behind";
    deletions.finish_begun().await.context(FAILED)?;
    sessions.recover().await.context(FAILED)?;
    Ok(())
}

async fn credentials_ports(
    settings: &Settings,
    database: &Database,
    tasks: &TaskTracker,
    clock: &Arc<dyn Clock>,
    ids: &Arc<dyn Ids>,
    meters: &Meters,
    Outside { clients, speech }: Outside,
) -> Result<CredentialsPorts> {
    let store = SqlCredentialStore::new(database.clone());
    let place = settings.credentials.place(&settings.storage.folder())?;
    let vault = XChaChaVault::new(&master_key(&place, &store).await?);
    let (store, vault): (Arc<dyn CredentialStore>, Arc<dyn CredentialVault>) =
        (Arc::new(store), Arc::new(vault));
    let setups = settings.provider_setups.iter();
    let known = setups.map(|setup| setup.provider.clone()).collect();
    let checks = ProviderChecks::new(known, clients.clone());
    let adapters = Adapters {
        tasks: tasks.clone(),
        meters: meters.clone(),
    };
    let http = clients.as_ref().map(HttpClients::operators);
    let everybody = providers(&settings.provider_setups, http, speech, &adapters);
    warn_of_retired_defaults(&everybody, clock.now().date_naive());
    let setups = settings.provider_setups.clone();
    let (own_store, own_vault) = (Arc::clone(&store), Arc::clone(&vault));
    let directory = OwnProviders::new(everybody, setups, clients, adapters, own_store, own_vault);
    Ok(CredentialsPorts {
        credential_store: store,
        credential_vault: vault,
        credential_check: meters.key_checks(Arc::new(checks)),
        provider_directory: Arc::new(directory),
        clock: Arc::clone(clock),
        ids: Arc::clone(ids),
    })
}

/// What a machine has that Viva does not bring along.
struct Outside {
    /// What vendors are asked with; `None` where there is no TLS.
    clients: Option<HttpClients>,
    speech: SpeechSynthesizer,
}

impl Outside {
    async fn find(settings: &Settings) -> Self {
        let addresses = settings.user_addresses();
        // Each client reads all certificates of the system.
        let clients = spawn_blocking(move || HttpClients::new(addresses));
        let (clients, speech) = tokio::join!(clients, find_voice());
        let clients = match clients {
            Ok(Ok(clients)) => Some(clients),
            Ok(Err(err)) => without_vendors(&err),
            Err(err) => without_vendors(&err),
        };
        Self { clients, speech }
    }
}

fn without_vendors(err: &(dyn std::error::Error + 'static)) -> Option<HttpClients> {
    warn!(
        event = "provider.no_tls",
        error = err,
        "Only the offline provider can be used"
    );
    None
}

/// Every provider, in the order in which they are shown: first those that can be used, the offline one last of them.
fn providers(
    setups: &[ProviderSetup],
    http: Option<&HttpClient>,
    speech: SpeechSynthesizer,
    adapters: &Adapters,
) -> ProviderCatalogue {
    let mut providers = ProviderCatalogue::default();
    if let Some(http) = http {
        for setup in setups {
            add_vendor(&mut providers, setup, http, adapters);
        }
    }
    add_offline(&mut providers, speech, adapters);
    providers.usable_first();
    providers
}

/// Sessions that name no model get these. A provider that nobody can use is nobody's trouble.
fn warn_of_retired_defaults(providers: &ProviderCatalogue, today: NaiveDate) {
    let warn_of = |role: &str, info: &ProviderInfo| {
        let default = info.models.first().filter(|model| model.is_retired(today));
        if let Some(model) = default.filter(|_| info.credential.is_usable()) {
            warn!(event = "provider.model_retired", provider.name = %info.id, "The last day of {}, the {role} model that {} uses by default, is over; name \
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

//! Keys of users: which one a session uses, what becomes of one that is refused, where their addresses may lead, how the
//! master key changes, and that no key is anywhere to be read.

mod addresses;
mod master_key;
mod unread;
mod using;

use std::fs;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use uuid::Uuid;
use viva_client::{ClientError, Conversation};
use viva_domain::credentials::{
    AuditAction, AuditEntry, AuditOutcome, Credential, CredentialState, RawCredential, StoredCredential,
};
use viva_domain::ids::{AuditEntryId, CredentialId, UserId};
use viva_domain::ports::{CredentialStore as _, CredentialVault as _};
use viva_fakes::vendors::openai::realtime::{OpenAiRealtimeScript, OpenAiRealtimeServer};
use viva_infrastructure::db::{Database, DatabaseConfig, SqlCredentialStore};
use viva_infrastructure::vault::{MasterKey, MasterKeyPlace, XChaChaVault};
use viva_protocol::rest;
use viva_protocol::ws::{ErrorMessage, FallbackPolicy, Interaction, RealtimeConfig, StartSession};

use crate::bench::{Folder, PATIENCE, Server};

/// What the vendor takes.
const OWN: &str = "sk-own-key-of-the-user-0123";
const SERVERS: &str = "sk-key-of-the-server-4567";
const WRONG: &str = "sk-wrong-key-of-the-user-89ab";
const OPENAI: &str = "openai";

async fn vendor() -> OpenAiRealtimeServer {
    let script = OpenAiRealtimeScript {
        api_key: Some(OWN.to_owned()),
        ..OpenAiRealtimeScript::default()
    };
    OpenAiRealtimeServer::start(script).await.expect("it starts")
}

/// Serves with a key of the server's own, and says everything.
async fn serve(folder: &Folder, vendor: &OpenAiRealtimeServer) -> Server {
    serve_with(folder, vendor, &[]).await
}

async fn serve_with(folder: &Folder, vendor: &OpenAiRealtimeServer, variables: &[(&str, &str)]) -> Server {
    let mut all = vec![
        ("VIVA__PROVIDERS__OPENAI__BASE_URL", vendor.base_url()),
        ("VIVA__PROVIDERS__OPENAI__API_KEY", SERVERS.to_owned()),
        ("VIVA__LOG__FILTER", "trace".to_owned()),
    ];
    all.extend(variables.iter().map(|(name, value)| (*name, (*value).to_owned())));
    folder.serve_with(&all).await
}

/// Gives a key for `openai`, of which the vendor is asked.
async fn give(server: &Server, key: &str, base_url: Option<String>) -> Result<rest::Credential, ClientError> {
    let content = rest::CredentialContent {
        api_key: key.into(),
        base_url,
        organization: None,
    };
    server.client().put_credential(OPENAI, &content).await
}

/// The problem that the server answered with: its status, and what it says.
fn problem<T: std::fmt::Debug>(res: Result<T, ClientError>) -> (u16, String) {
    match res {
        Err(ClientError::Problem(problem)) => (problem.status, problem.detail.unwrap_or_default()),
        other => panic!("it is refused with a problem: {other:?}"),
    }
}

fn master_key_file(folder: &Folder) -> PathBuf {
    folder.storage().join("master.key")
}

async fn store(folder: &Folder) -> SqlCredentialStore {
    let database = Database::connect(&DatabaseConfig::new(folder.database_url())).await;
    let database = database.expect("it can be opened");
    database.migrate().await.expect("it is brought up to date");
    SqlCredentialStore::new(database)
}

/// Stores a key of the local user, sealed by this one, as if its vendor had accepted it.
async fn keep_sealed(folder: &Folder, master: &MasterKey, key: &str) {
    let credential = Credential::parse(RawCredential {
        api_key: &SecretString::from(key),
        base_url: None,
        organization: None,
    });
    let vault = XChaChaVault::new(master);
    let sealed = vault.seal(UserId::LOCAL, OPENAI, &credential.expect("it is a key"));
    let at = DateTime::<Utc>::UNIX_EPOCH;
    let stored = StoredCredential {
        id: CredentialId::from_uuid(Uuid::from_u128(1)),
        owner: UserId::LOCAL,
        provider: OPENAI.to_owned(),
        sealed: sealed.expect("it can be sealed"),
        state: CredentialState::Valid,
        checked_at: at,
    };
    let entry = AuditEntry {
        id: AuditEntryId::from_uuid(Uuid::from_u128(1)),
        owner: UserId::LOCAL,
        at,
        action: AuditAction::Create,
        provider: OPENAI.to_owned(),
        session: None,
        outcome: AuditOutcome::Done,
    };
    store(folder)
        .await
        .put(&stored, &entry)
        .await
        .expect("it is stored");
}

/// The same with the master key of the storage, which is made.
async fn keep(folder: &Folder, key: &str) -> MasterKey {
    fs::create_dir_all(folder.storage()).expect("a folder can be made");
    let place = MasterKeyPlace::Storage(master_key_file(folder));
    let master = place.settle(&[]).expect("a key is made");
    keep_sealed(folder, &master, key).await;
    master
}

async fn start(server: &Server) -> Result<Conversation, ErrorMessage> {
    let config = RealtimeConfig {
        realtime_provider: OPENAI.to_owned(),
        ..RealtimeConfig::default()
    };
    let request = StartSession {
        fallback: FallbackPolicy::Off,
        ..StartSession::new(&Interaction::Realtime(config))
    };
    let connection = server
        .client()
        .connect()
        .await
        .expect("the server takes connections");
    match connection.start(request).await {
        Ok(conversation) => Ok(conversation),
        Err(ClientError::Refused(error)) => Err(*error),
        Err(err) => panic!("{err}"),
    }
}

async fn refused(server: &Server) -> ErrorMessage {
    match start(server).await {
        Ok(_) => panic!("it is refused"),
        Err(error) => error,
    }
}

/// `openai` among those that hear and speak.
async fn listed(server: &Server) -> rest::Provider {
    let list = server.client().providers().await.expect("they are listed");
    let mut realtime = list.realtime.into_iter();
    realtime
        .find(|provider| provider.id == OPENAI)
        .expect("it is listed")
}

/// The user's key for `openai`, as it is shown.
async fn shown(server: &Server) -> rest::Credential {
    let list = server.client().credentials().await.expect("they are listed");
    let mut items = list.items.into_iter();
    let openai = items.find(|item| item.provider == OPENAI).expect("it is listed");
    openai.credential.expect("there is a key")
}

/// What was done with keys, newest first, once there is so much. Nobody waits for what a session writes.
async fn audit(server: &Server, count: usize) -> Vec<rest::AuditEntry> {
    let reading = async {
        loop {
            let entries = server.client().audit().await.expect("it is listed");
            if entries.len() >= count {
                return entries;
            }
        }
    };
    tokio::time::timeout(PATIENCE, reading)
        .await
        .expect("it is written soon")
}

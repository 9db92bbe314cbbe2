//! Where everything about sessions is kept.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use tokio_util::task::TaskTracker;
use viva_application::deletion::{Deletions, DeletionsPorts};
use viva_application::retention::Retention;
use viva_infrastructure::blobs::ObjectBlobStore;
use viva_infrastructure::db::{Database, DatabaseConfig, SqlRetentionStore, SqlSessionStore};
use viva_infrastructure::journal::FileTurnJournal;
use viva_infrastructure::spool::LocalAudioSpool;
use viva_infrastructure::system::{SystemClock, SystemIds};

use super::locks::{self, ServerLock};
use crate::config::{Recordings, Settings};
use crate::failure::Failure;

pub(super) struct Kept {
    pub(super) ports: DeletionsPorts,
    pub(super) database: Database,
}

/// The server's database, brought up to date.
pub(super) async fn of_a_server(settings: &Settings, _: &ServerLock) -> Result<Database> {
    let database = connect(settings).await?;
    database.migrate().await.context(Failure::Database)?;
    Ok(database)
}

/// The same for a command that may run beside a server. It does not change the schema under a server of an older version;
/// what older versions did not keep may be added at any time.
pub(crate) async fn beside_a_server(settings: &Settings) -> Result<Database> {
    let database = connect(settings).await?;
    let is_older = database.is_older().await.context(Failure::Database)?;
    let _lock = if is_older {
        let lock = locks::lock(settings).await.context(
            "the database is of an older version, and a server may be using it: stop that server, or start it again with \
             this version",
        )?;
        Some(lock)
    } else {
        None
    };
    database.migrate().await.context(Failure::Database)?;
    Ok(database)
}

async fn connect(settings: &Settings) -> Result<Database> {
    let config = DatabaseConfig::new(settings.database.url().clone());
    Database::connect(&config).await.context(Failure::Database)
}

pub(super) async fn open(settings: &Settings, database: Database) -> Result<Kept> {
    let blob_store = match settings.storage.recordings() {
        Recordings::Folder(folder) => ObjectBlobStore::open_folder(folder).await,
        Recordings::Bucket(bucket) => ObjectBlobStore::open_bucket(&bucket).await,
    };
    let blob_store = blob_store.context(Failure::Storage)?;
    let folder = settings.storage.folder();
    let audio_spool = LocalAudioSpool::open(folder.join("spool"))
        .await
        .context(Failure::Storage)?;
    let turn_journal = FileTurnJournal::open(folder.join("journal"))
        .await
        .context(Failure::Storage)?;
    let ports = DeletionsPorts {
        session_store: Arc::new(SqlSessionStore::new(database.clone())),
        retention_store: Arc::new(SqlRetentionStore::new(database.clone())),
        blob_store: Arc::new(blob_store),
        audio_spool: Arc::new(audio_spool),
        turn_journal: Arc::new(turn_journal),
    };
    Ok(Kept { ports, database })
}

/// What removes what is no longer kept, beside a server or without one.
pub(crate) async fn retention(settings: &Settings, tasks: &TaskTracker) -> Result<Retention> {
    let Kept { ports, .. } = open(settings, beside_a_server(settings).await?).await?;
    Ok(retention_of(settings, Deletions::new(ports, tasks.clone())))
}

pub(super) fn retention_of(settings: &Settings, deletions: Deletions) -> Retention {
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds));
    Retention::new(deletions, clock, ids, settings.retention.keep_for())
}

//! Whether the storage is that of the database: each knows the other by an id that was made once.
//!
//! What is in the one and not in the other is removed, and a storage that belongs to another database looks like one in which
//! nothing is where it should be.

use bytes::Bytes;
use thiserror::Error;
use tracing::info;
use viva_domain::ids::StorageId;
use viva_domain::ports::{BlobError, BlobKey, KnownStorage};

use super::{Deletions, RemovalError};

/// An id is shorter, and more is none.
const MOST_BYTES: u64 = 64;

/// How database and storage belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pairing {
    /// Each knows the other.
    Paired,
    /// Neither was ever taken; the database may have made an id before.
    Unpaired(Option<StorageId>),
}

/// The storage belongs to another database, or the database to another storage.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{0}, so nothing is removed; look at database.url and storage.url. If both are right, `viva retention adopt` says that \
     they belong together"
)]
pub struct ForeignStorage(Difference);

/// What does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
enum Difference {
    #[error("the storage does not have the mark {0} that the database knows it by")]
    Unmarked(StorageId),
    #[error("the storage has the mark of another database, and this one knows no storage")]
    Unknown,
    #[error("the storage has the mark of another one than {0}, which the database knows")]
    Another(StorageId),
}

impl Deletions {
    /// How they belong together.
    pub(crate) async fn pairing(&self) -> Result<Pairing, RemovalError> {
        let known = self.ports.retention_store.storage().await?;
        let mark = self.mark().await?;
        let difference = match (known, mark) {
            (None, None) => return Ok(Pairing::Unpaired(None)),
            (Some(known), None) if !known.is_marked => return Ok(Pairing::Unpaired(Some(known.id))),
            (Some(known), Some(mark)) if known.id.to_string() == mark => {
                if !known.is_marked {
                    // Whoever wrote the mark died before the database knew.
                    let confirmed = KnownStorage {
                        is_marked: true,
                        ..known
                    };
                    self.ports.retention_store.keep_storage(confirmed).await?;
                }
                return Ok(Pairing::Paired);
            }
            (Some(known), None) => Difference::Unmarked(known.id),
            (None, Some(_)) => Difference::Unknown,
            (Some(known), Some(_)) => Difference::Another(known.id),
        };
        Err(ForeignStorage(difference).into())
    }

    /// Says that this storage is the database's from now on. A process that dies in between
    /// leaves them unpaired, paired, or, where there was another mark, foreign.
    pub(crate) async fn pair(&self, id: StorageId) -> Result<(), RemovalError> {
        let ports = &self.ports;
        let known = |is_marked| KnownStorage { id, is_marked };
        ports.retention_store.keep_storage(known(false)).await?;
        let mark = Bytes::from(id.to_string());
        ports.blob_store.put(&BlobKey::of_mark(), mark).await?;
        ports.retention_store.keep_storage(known(true)).await?;
        info!(event = "storage.marked", storage.id = %id, "The storage is marked as that of this database from now on");
        Ok(())
    }

    async fn mark(&self) -> Result<Option<String>, BlobError> {
        let (store, key) = (&self.ports.blob_store, BlobKey::of_mark());
        let Some(len) = store.len(&key).await? else {
            return Ok(None);
        };
        if len == 0 {
            return Ok(Some(String::new()));
        }
        let content = store.read(&key, 0, len.min(MOST_BYTES)).await?;
        Ok(content.map(|content| String::from_utf8_lossy(&content).trim().to_owned()))
    }
}

use thiserror::Error;
use tokio::task::JoinError;
use viva_domain::ids::SessionId;
use viva_domain::ports::{BlobError, SpoolError, StoreError};

use super::pairing::ForeignStorage;

/// Why a session was not deleted, or not wholly.
#[derive(Debug, Error)]
pub enum DeleteError {
    /// There is no such session, or it is somebody else's.
    #[error("there is no session {0}")]
    Unknown(SessionId),
    /// It goes on.
    #[error("session {0} goes on; end it first")]
    Active(SessionId),
    /// It is begun, or may be: then nobody knows whether the storage did what it was told. It comes to its end if it is. The
    /// session may be seen until then.
    #[error(
        "the deletion of session {id} is not at its end; try again, or leave it to the server, which goes on at its next \
         start and once a day with what is begun"
    )]
    Unfinished {
        /// The session.
        id: SessionId,
        /// What failed.
        #[source]
        cause: RemovalError,
    },
    /// Another one of the selection failed before.
    #[error("session {0} was not deleted, because one before it could not be; try again")]
    NotTried(SessionId),
    /// A fault of ours; what was begun is finished later.
    #[error("deleting broke off")]
    BrokenOff(#[from] JoinError),
    /// The database. Nothing has changed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The storage. Nothing has changed.
    #[error(transparent)]
    Blob(#[from] BlobError),
}

impl DeleteError {
    /// Whether something does not work that should, so that the next one would fail as well.
    pub(super) fn is_failure(&self) -> bool {
        match self {
            Self::Unknown(_) | Self::Active(_) => false,
            Self::Unfinished { .. }
            | Self::NotTried(_)
            | Self::BrokenOff(_)
            | Self::Store(_)
            | Self::Blob(_) => true,
        }
    }
}

/// Why something could not be removed.
#[derive(Debug, Error)]
pub enum RemovalError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The storage.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// The spool or the journal.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The database has it as one that goes on: it is older than the deletion, as after its restoration. Its files stay until
    /// it is over, which it is after the next start.
    #[error("the database says that session {0} goes on")]
    Active(SessionId),
    /// The storage is not the database's, so nothing is removed.
    #[error(transparent)]
    Foreign(#[from] ForeignStorage),
}

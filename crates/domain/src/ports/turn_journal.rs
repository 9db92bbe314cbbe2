use async_trait::async_trait;

use super::audio_spool::SpoolError;
use crate::ids::{SessionId, UserId};
use crate::turns::Turn;

/// Keeps finished turns locally while the database is away, across restarts. Every implementation passes
/// `contract::turn_journal`.
#[async_trait]
pub trait TurnJournal: Send + Sync {
    /// Writes a turn of this user down durably; a turn with the same id is replaced.
    ///
    /// # Errors
    /// [`SpoolError`] when it cannot be written.
    async fn keep(&self, owner: UserId, turn: &Turn) -> Result<(), SpoolError>;

    /// Turns that were kept and not removed with their owners, oldest first, at most 1,000. An entry that cannot be read is set aside and
    /// logged, not returned.
    ///
    /// # Errors
    /// [`SpoolError`] when the journal cannot be read.
    async fn kept(&self) -> Result<Vec<(UserId, Turn)>, SpoolError>;

    /// Forgets a turn, after the database has it.
    ///
    /// # Errors
    /// [`SpoolError`] when it cannot be removed.
    async fn remove(&self, turn: &Turn) -> Result<(), SpoolError>;

    /// Whether a turn of this session is kept, or an entry was set aside that may be one.
    ///
    /// # Errors
    /// [`SpoolError`] when the journal cannot be read.
    async fn has_session(&self, session: SessionId) -> Result<bool, SpoolError>;

    /// Forgets all turns of a session, also what was set aside of it.
    ///
    /// # Errors
    /// [`SpoolError`] when the journal cannot be read, or a turn not be removed.
    async fn remove_session(&self, session: SessionId) -> Result<(), SpoolError>;
}

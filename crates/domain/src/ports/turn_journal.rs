use async_trait::async_trait;

use super::audio_spool::SpoolError;
use crate::ids::UserId;
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
}

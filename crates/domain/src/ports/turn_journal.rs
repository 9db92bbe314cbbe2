use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::audio_spool::SpoolError;
use crate::ids::{SessionId, TurnId, UserId};
use crate::sessions::EndStatus;
use crate::turns::Turn;

/// How a session ended, which the database does not know yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptEnd {
    /// Whose session it is.
    pub owner: UserId,
    /// The session.
    pub session: SessionId,
    /// When, UTC, to the microsecond.
    pub at: DateTime<Utc>,
    /// How.
    pub status: EndStatus,
}

/// Keeps finished turns and ends of sessions locally until the database has them, across restarts. Every implementation passes
/// `contract::turn_journal`.
#[async_trait]
pub trait TurnJournal: Send + Sync {
    /// Writes a turn of this user down durably; a turn with the same id is replaced.
    ///
    /// # Errors
    /// [`SpoolError`] when it cannot be written.
    async fn keep(&self, owner: UserId, turn: &Turn) -> Result<(), SpoolError>;

    /// Turns that were kept and not removed with their owners, oldest first, at most 1,000, and only those after this one. An entry
    /// that cannot be read is set aside and logged, not returned.
    ///
    /// # Errors
    /// [`SpoolError`] when the journal cannot be read.
    async fn kept_after(&self, after: Option<TurnId>) -> Result<Vec<(UserId, Turn)>, SpoolError>;

    /// The first of them.
    ///
    /// # Errors
    /// [`SpoolError`] when the journal cannot be read.
    async fn kept(&self) -> Result<Vec<(UserId, Turn)>, SpoolError> {
        self.kept_after(None).await
    }

    /// Forgets a turn, after the database has it.
    ///
    /// # Errors
    /// [`SpoolError`] when it cannot be removed.
    async fn remove(&self, turn: &Turn) -> Result<(), SpoolError>;

    /// Writes down durably how a session ended; what was kept of its end before is replaced.
    ///
    /// # Errors
    /// [`SpoolError`] when it cannot be written.
    async fn keep_end(&self, end: KeptEnd) -> Result<(), SpoolError>;

    /// Ends that were kept and not removed, in the order of their sessions, at most 1,000, and only those after that of this session.
    /// An entry that cannot be read is set aside and logged, not returned.
    ///
    /// # Errors
    /// [`SpoolError`] when the journal cannot be read.
    async fn ends_after(&self, after: Option<SessionId>) -> Result<Vec<KeptEnd>, SpoolError>;

    /// The first of them.
    ///
    /// # Errors
    /// [`SpoolError`] when the journal cannot be read.
    async fn ends(&self) -> Result<Vec<KeptEnd>, SpoolError> {
        self.ends_after(None).await
    }

    /// Forgets how a session ended, after the database has it.
    ///
    /// # Errors
    /// [`SpoolError`] when it cannot be removed.
    async fn remove_end(&self, session: SessionId) -> Result<(), SpoolError>;

    /// Whether a turn or the end of this session is kept, or an entry was set aside that may be one.
    ///
    /// # Errors
    /// [`SpoolError`] when the journal cannot be read.
    async fn has_session(&self, session: SessionId) -> Result<bool, SpoolError>;

    /// Forgets all turns of a session and its end, also what was set aside of it.
    ///
    /// # Errors
    /// [`SpoolError`] when the journal cannot be read, or a turn not be removed.
    async fn remove_session(&self, session: SessionId) -> Result<(), SpoolError>;
}
